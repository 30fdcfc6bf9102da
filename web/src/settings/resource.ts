// The account's own resources, which stand beside JMAP (src/jmap/web): asking for them, and the proof that it is the owner who changes them.
import { t } from "../i18n/t.ts";
import { askAll, type Field } from "../ui/dialog.tsx";

export class Refused extends Error {
  /** The last word of the problem's type: "codeWrong", "proofWrong"...; empty where there is none. */
  readonly kind: string;
  constructor(kind: string, detail: string) {
    super(detail);
    this.kind = kind;
  }
}

export async function request<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: { "X-Posthorn": "1", "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Refused("", t().unreachable);
  });
  const answer = (await response.json().catch(() => ({}))) as T & { detail?: string; type?: string };
  if (response.ok) return answer;
  const kind = answer.type?.split(":").pop() ?? "";
  const words: Record<string, string> = { codeWrong: t().codeRefused, proofWrong: t().wrongPassword };
  throw new Refused(kind, words[kind] ?? answer.detail ?? `The server answered ${response.status}.`);
}

const password = (): Field => ({ label: t().currentPassword, type: "password", autocomplete: "current-password" });

/** Asks for the current password, and for more with it; nothing: the user thought better of it. */
export async function proved(
  title: string,
  act: string,
  more: Field[] = [],
  help?: string,
): Promise<{ current: string; values: string[] } | null> {
  const values = await askAll(title, [...more, password()], act, help);
  return values && { current: values.at(-1)!, values: values.slice(0, -1) };
}
