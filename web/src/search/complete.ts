// What may be meant by the word that is being typed into the search box: names of operators, their values, mailboxes and labels, people. Pure.
import { OPERATORS } from "./parse.ts";

export interface Completion {
  /** What stands in the box in place of the word. */
  text: string;
  label: string;
  kind: "operator" | "value" | "mailbox" | "person";
}

const VALUES: Record<string, readonly string[]> = {
  is: ["unread", "read", "starred", "unstarred", "answered", "draft", "muted"],
  has: ["attachment"],
  auth: ["pass", "fail"],
  dmarc: ["pass", "fail", "none"],
  spf: ["pass", "fail", "softfail", "neutral", "none"],
  dkim: ["pass", "fail", "none"],
  via: ["list"],
  tls: ["yes", "none"],
  altered: ["yes", "no"],
  older_than: ["7d", "1m", "1y"],
  newer_than: ["7d", "1m", "1y"],
  larger: ["1M", "10M"],
  smaller: ["100k", "1M"],
};
const OF_PLACES = ["in", "label"];
export const MOST_SHOWN = 8;

/** The word at the end, without a minus or a bracket before it; nothing within quotes. */
export function lastWord(text: string): string {
  if ((text.match(/"/g)?.length ?? 0) % 2) return "";
  return (text.split(/\s/).at(-1) ?? "").replace(/^[-(]+/, "");
}

/** The part of the word that names a person, if it may. */
export function personIn(word: string): string {
  const m = /^(from|to|cc|bcc):(.+)$/i.exec(word);
  if (m) return m[2]!;
  return word.includes(":") || word.length < 2 ? "" : word;
}

/** As `in:` reads it: spaces are hyphens. */
const asWord = (name: string) => name.replaceAll(/\s+/g, "-");

export function complete(word: string, boxes: readonly string[]): Completion[] {
  if (!word) return [];
  const colon = word.indexOf(":");
  if (colon < 0)
    return /^[a-z_]+$/.test(word)
      ? Object.keys(OPERATORS)
          .filter((name) => name.startsWith(word) && name !== word)
          .slice(0, 6)
          .map((name) => ({ text: `${name}:`, label: `${name}:`, kind: "operator" as const }))
      : [];
  const name = word.slice(0, colon).toLowerCase();
  const begun = word.slice(colon + 1).toLowerCase();
  if (OF_PLACES.includes(name))
    return [...boxes, ...(name === "in" ? ["anywhere"] : [])]
      .filter((one) => !/[()"]/.test(one) && asWord(one).toLowerCase().includes(asWord(begun)))
      .filter((one) => asWord(one).toLowerCase() !== begun)
      .slice(0, MOST_SHOWN)
      .map((one) => ({ text: `${name}:${asWord(one)}`, label: one, kind: "mailbox" as const }));
  return (Object.hasOwn(VALUES, name) ? VALUES[name]! : [])
    .filter((one) => one.startsWith(begun) && one !== begun)
    .map((one) => ({ text: `${name}:${one}`, label: `${name}:${one}`, kind: "value" as const }));
}

/** People whose address the search finds them by. A bare word means letters from them. */
export function people(word: string, found: readonly { name: string | null; email: string }[]): Completion[] {
  const name = /^(from|to|cc|bcc):/i.exec(word)?.[1]?.toLowerCase() ?? "from";
  return found
    .filter((one) => !/[\s()"]/.test(one.email) && word.toLowerCase() !== `${name}:${one.email.toLowerCase()}`)
    .map((one) => ({
      text: `${name}:${one.email}`,
      label: `${name}: ${one.name ? `${one.name} <${one.email}>` : one.email}`,
      kind: "person" as const,
    }));
}

/** The box with the word at its end replaced; ready for more, unless a value is still to come. */
export function replaced(text: string, word: string, one: Completion): string {
  return `${text.slice(0, text.length - word.length)}${one.text}${one.kind === "operator" ? "" : " "}`;
}
