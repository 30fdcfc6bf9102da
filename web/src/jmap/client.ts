// A thin JMAP client: calls made in the same tick travel in one request (RFC 8620, section 3.3), errors become values of one kind.
// The session is a cookie that scripts cannot read; the header X-Posthorn proves that our own page made the request.
import type { Id, Session, SetError, SetResponse } from "./types.ts";

export class JmapError extends Error {
  readonly type: string;
  constructor(type: string, description: string) {
    super(description);
    this.type = type;
  }
}

export type Arguments = Record<string, unknown>;
type Answer = Record<string, unknown>;
type ApiAnswer = { methodResponses?: [string, Answer, string][]; detail?: string; limit?: string };
type Waiting = { tag: string; name: string; args: Arguments; resolve: (value: never) => void; reject: (why: Error) => void };

const USING = [
  "urn:ietf:params:jmap:core",
  "urn:ietf:params:jmap:mail",
  "urn:ietf:params:jmap:submission",
  "urn:ietf:params:jmap:vacationresponse",
  "urn:ietf:params:jmap:quota",
  "urn:ietf:params:jmap:contacts",
  "urn:posthorn:journey",
  "urn:posthorn:snooze",
  "urn:posthorn:unsubscribe",
];
const SAME_PAGE = { "X-Posthorn": "1" };

/** Stands for a value that an earlier call of the same batch will give (RFC 8620, section 3.7). */
class Reference {
  readonly call: number;
  readonly name: string;
  readonly path: string;
  constructor(call: number, name: string, path: string) {
    this.call = call;
    this.name = name;
    this.path = path;
  }
}
export const from = (call: number, name: string, path: string) => new Reference(call, name, path);

export class Client {
  session!: Session;
  #waiting: Waiting[][] = [];
  #tags = 0;
  #using: string[] = [];
  #underWay = 0;
  #turns: (() => void)[] = [];
  /** Called once when the server no longer knows our session. */
  onSignedOut: () => void = () => {};

  async open(): Promise<boolean> {
    const response = await fetch("/jmap/session", { headers: SAME_PAGE });
    if (response.status === 401 || response.status === 403) return false;
    if (!response.ok) throw new JmapError("serverUnavailable", `The server answered ${response.status}.`);
    this.session = (await response.json()) as Session;
    this.#using = USING.filter((name) => name in this.session.capabilities);
    return true;
  }

  get accountId(): Id {
    return this.session.primaryAccounts["urn:ietf:params:jmap:mail"] ?? Object.keys(this.session.accounts)[0]!;
  }

  can(capability: string): boolean {
    return this.#using.includes(capability);
  }

  /** One method call. Calls made before the next tick go out together. */
  call<T = Answer>(name: string, args: Arguments): Promise<T> {
    return this.#enqueue([[name, args]])[0] as Promise<T>;
  }

  /** Calls that may take a result of an earlier one: `from(0, "Email/query", "/ids")`. Any method's error rejects. */
  async batch(calls: [string, Arguments][]): Promise<Answer[]> {
    return Promise.all(this.#enqueue(calls));
  }

  #enqueue(calls: [string, Arguments][]): Promise<Answer>[] {
    const first = this.#tags;
    this.#tags += calls.length;
    const group: Waiting[] = [];
    const answers = calls.map(
      ([name, args], i) =>
        new Promise<Answer>((resolve, reject) => {
          const mine: Arguments = { accountId: this.accountId };
          for (const [key, value] of Object.entries(args))
            mine[key] =
              value instanceof Reference ? { resultOf: String(first + value.call), name: value.name, path: value.path } : value;
          group.push({ tag: String(first + i), name, args: mine, resolve: resolve as (value: never) => void, reject });
        }),
    );
    this.#waiting.push(group);
    if (this.#waiting.length === 1) queueMicrotask(() => this.#flush());
    return answers;
  }

  async #flush(): Promise<void> {
    const limit = Number(this.session.capabilities["urn:ietf:params:jmap:core"]?.maxCallsInRequest ?? 16);
    const sent = this.#waiting.shift() ?? [];
    while (this.#waiting[0] && sent.length + this.#waiting[0].length <= limit) sent.push(...this.#waiting.shift()!);
    if (this.#waiting.length) queueMicrotask(() => this.#flush());
    try {
      const { status, answer } = await this.#post(
        JSON.stringify({ using: this.#using, methodCalls: sent.map((one) => [one.name, one.args, one.tag]) }),
      );
      if (status === 401) {
        this.onSignedOut();
        throw new JmapError("signedOut", "Your session has ended. Sign in again; your drafts are kept on this device.");
      }
      if (status !== 200) throw new JmapError("serverFail", answer.detail ?? `The server answered ${status}.`);
      const methodResponses = answer.methodResponses ?? [];
      for (const one of sent) {
        const mine = methodResponses.find(([name, , tag]) => tag === one.tag && (name === one.name || name === "error"));
        if (!mine) one.reject(new JmapError("serverFail", `No answer to ${one.name}.`));
        else if (mine[0] === "error")
          one.reject(new JmapError(String(mine[1].type), String(mine[1].description ?? mine[1].type)));
        else one.resolve(mine[1] as never);
      }
    } catch (error) {
      const why = error instanceof JmapError ? error : new JmapError("offline", "The server cannot be reached.");
      for (const one of sent) one.reject(why);
    }
  }

  /** No more requests at once than the server takes (RFC 8620, section 2): more wait for their turn here, and try again where another
   * browser of the account took the places. */
  async #post(body: string): Promise<{ status: number; answer: ApiAnswer }> {
    const most = Number(this.session.capabilities["urn:ietf:params:jmap:core"]?.maxConcurrentRequests ?? 4);
    if (this.#underWay < most) this.#underWay += 1;
    else await new Promise<void>((turn) => this.#turns.push(turn));
    try {
      for (let tries = 0; ; tries += 1) {
        const response = await fetch(this.session.apiUrl, {
          method: "POST",
          headers: { "Content-Type": "application/json", ...SAME_PAGE },
          body,
        });
        const answer = (await response.json().catch(() => ({}))) as ApiAnswer;
        if (response.status === 200 || answer.limit !== "maxConcurrentRequests" || tries === 6)
          return { status: response.status, answer };
        await new Promise((done) => setTimeout(done, 50 * 2 ** tries * (1 + Math.random())));
      }
    } finally {
      const turn = this.#turns.shift();
      if (turn) turn();
      else this.#underWay -= 1;
    }
  }

  /** A /set whose refusal of any object is an error. */
  async set(name: string, args: Arguments): Promise<SetResponse> {
    const answer = await this.call<SetResponse>(`${name}/set`, args);
    const refused: SetError | undefined = [answer.notCreated, answer.notUpdated, answer.notDestroyed].flatMap((one) =>
      Object.values(one ?? {}),
    )[0];
    if (refused) throw new JmapError(refused.type, refused.description ?? refused.type);
    return answer;
  }

  /** Sends a file up; progress tells the share done, from 0 to 1. */
  upload(
    data: Blob,
    type: string,
    progress: (share: number) => void,
    abort?: AbortSignal,
  ): Promise<{ blobId: Id; size: number; type: string }> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.session.uploadUrl.replace("{accountId}", encodeURIComponent(this.accountId)));
      request.setRequestHeader("Content-Type", type || "application/octet-stream");
      request.setRequestHeader("X-Posthorn", "1");
      request.responseType = "json";
      request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
      request.onload = () =>
        request.status < 300
          ? resolve(request.response)
          : reject(
              new JmapError(
                request.status === 413 ? "tooLarge" : "uploadFailed",
                request.response?.detail ?? `The server answered ${request.status}.`,
              ),
            );
      request.onerror = () => reject(new JmapError("offline", "The server cannot be reached."));
      request.onabort = () => reject(new JmapError("aborted", "Stopped."));
      abort?.addEventListener("abort", () => request.abort());
      request.send(data);
    });
  }

  downloadUrl(blobId: Id, name: string, type: string): string {
    return this.session.downloadUrl
      .replace("{accountId}", encodeURIComponent(this.accountId))
      .replace("{blobId}", encodeURIComponent(blobId))
      .replace("{name}", encodeURIComponent(name))
      .replace("{type}", encodeURIComponent(type));
  }
}

export type SignInAnswer = "ok" | "codeNeeded" | "codeWrong" | "refused" | "slow";

export async function signIn(username: string, password: string, code?: string): Promise<SignInAnswer> {
  const response = await fetch("/auth/login", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...SAME_PAGE },
    body: JSON.stringify(code ? { username, password, code } : { username, password }),
  });
  if (response.ok) return "ok";
  if (response.status === 429) return "slow";
  const kind = ((await response.json().catch(() => ({}))) as { type?: string }).type?.split(":").pop();
  return kind === "codeNeeded" || kind === "codeWrong" ? kind : "refused";
}

/** Throws if the session goes on. One that was over already is no failure. */
export async function signOut(): Promise<void> {
  const answer = await fetch("/auth/logout", { method: "POST", headers: SAME_PAGE });
  if (!answer.ok && answer.status !== 401) throw new JmapError("serverFail", `The server answered ${answer.status}.`);
}

export const client = new Client();
