// One JMAP request without the page's client around it: the service worker has no page.
export type Call = [string, Record<string, unknown>];
type Answer = Record<string, unknown>;

/** The answers in order, null for a call that was refused; nothing at all if nobody is signed in. */
export async function ask(calls: Call[]): Promise<(Answer | null)[] | null> {
  const response = await fetch("/jmap/api", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Posthorn": "1" },
    body: JSON.stringify({
      using: ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
      methodCalls: calls.map(([name, args], i) => [name, args, String(i)]),
    }),
  });
  if (response.status === 401) return null;
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const { methodResponses } = (await response.json()) as { methodResponses: [string, Answer, string][] };
  return calls.map((_, i) => {
    const mine = methodResponses.find(([, , tag]) => tag === String(i));
    return mine && mine[0] !== "error" ? mine[1] : null;
  });
}
