// The JMAP client keeps to what the server takes at once (RFC 8620, section 2).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../src/jmap/client.ts";

const tick = () => new Promise((done) => setTimeout(done));

function clientOf(
  answer: (calls: [string, unknown, string][]) => { status: number; body: unknown } | Promise<{ status: number; body: unknown }>,
) {
  const one = new Client();
  one.session = {
    capabilities: { "urn:ietf:params:jmap:core": { maxConcurrentRequests: 2 } },
    primaryAccounts: { "urn:ietf:params:jmap:mail": "A1" },
    apiUrl: "/jmap/api",
  } as never;
  globalThis.fetch = (async (_: string, { body }: { body: string }) => {
    const { methodCalls } = JSON.parse(body) as { methodCalls: [string, unknown, string][] };
    const { status, body: told } = await answer(methodCalls);
    return new Response(JSON.stringify(told), { status });
  }) as never;
  return one;
}

const echo = (calls: [string, unknown, string][]) => ({
  status: 200,
  body: { methodResponses: calls.map(([name, args, tag]) => [name, args, tag]) },
});

test("more requests than the server takes wait for their turn, in order", async () => {
  let underWay = 0;
  let most = 0;
  const order: unknown[] = [];
  const client = clientOf(async (calls) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await tick();
    underWay -= 1;
    order.push((calls[0]![1] as { n: number }).n);
    return echo(calls);
  });
  const all: Promise<unknown>[] = [];
  for (let n = 0; n < 9; n += 1) {
    all.push(client.call("Core/echo", { n }));
    await Promise.resolve().then(() => {});
  }
  await Promise.all(all);
  assert.equal(most, 2);
  assert.deepEqual(order, [...order].sort());
});

test("a place that another browser took is asked for again, another refusal is not", async () => {
  let tries = 0;
  const client = clientOf((calls) => {
    tries += 1;
    return tries < 3
      ? { status: 400, body: { type: "urn:ietf:params:jmap:error:limit", limit: "maxConcurrentRequests" } }
      : echo(calls);
  });
  await client.call("Core/echo", {});
  assert.equal(tries, 3);
  tries = 0;
  const refused = clientOf(() => {
    tries += 1;
    return { status: 400, body: { type: "urn:ietf:params:jmap:error:limit", limit: "maxSizeRequest", detail: "too large" } };
  });
  await assert.rejects(refused.call("Core/echo", {}), /too large/);
  assert.equal(tries, 1);
});
