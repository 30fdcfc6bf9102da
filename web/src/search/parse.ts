// What people type into the search box, as a JMAP filter: words, "phrases", from:ana, is:unread, -x, OR, ( ). What is not understood is
// searched as text and said so, never silently dropped. Pure; the table of operators is the help's text as well.
import type { Filter } from "../jmap/types.ts";

export interface Chip {
  text: string;
  /** false: taken as text, because the operator or its value is unknown. */
  understood: boolean;
}

export interface Parsed {
  filter: Filter | null;
  chips: Chip[];
  /** The query names where to look, so Trash and Junk are not left out. */
  saysWhere: boolean;
}

export interface Places {
  mailbox(name: string): string | undefined;
  now: Date;
}

interface Token {
  kind: "word" | "(" | ")" | "or" | "not";
  /** As it was typed. */
  text: string;
  /** Of a word: what stands before the colon, small; empty where there is none. */
  name: string;
  /** What stands behind it, without quotes. */
  value: string;
  /** The value as the server's language of words has it: what was typed in quotes is a phrase (RFC 8621, section 4.4.1). */
  words: string;
}

const sign = (kind: Token["kind"], text: string): Token => ({ kind, text, name: "", value: "", words: "" });

function word(text: string): Token {
  const colon = text.indexOf(":");
  const value = text.slice(colon + 1);
  return { kind: "word", text, name: text.slice(0, Math.max(0, colon)).toLowerCase(), value, words: value };
}

/** `"two words"` or `subject:"two words"`; the last quote may not be typed yet. What stands in quotes names no operator. */
function quoted(text: string): Token {
  const open = text.indexOf('"');
  const value = text.slice(open + 1).replace(/"$/, "");
  const words = `"${value.replaceAll("\\", "\\\\")}"`;
  return { kind: "word", text, name: text.slice(0, Math.max(0, open - 1)).toLowerCase(), value, words };
}

const MOST_TOKENS = 100;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern = /\s+|([()])|(-)(?=[^\s])|((?:[a-z_0-9]+:)?"[^"]*"?)|([^\s()"]+)/giy;
  for (let m = pattern.exec(text); m && found.length < MOST_TOKENS; m = pattern.exec(text)) {
    if (m[1]) found.push(sign(m[1] as "(" | ")", m[1]));
    else if (m[2]) found.push(sign("not", "-"));
    else if (m[3]) found.push(quoted(m[3]));
    else if (m[4] === "OR") found.push(sign("or", "OR"));
    else if (m[4]) found.push(word(m[4]));
  }
  return found;
}

const UNITS: Record<string, number> = { d: 1, w: 7, m: 30, y: 365 };

function ago(value: string, now: Date): string | null {
  const m = /^(\d{1,5})([dwmy])$/i.exec(value);
  return m ? iso(new Date(now.getTime() - Number(m[1]) * UNITS[m[2]!.toLowerCase()]! * 86_400_000)) : null;
}

function day(value: string): string | null {
  const m = /^(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?$/.exec(value);
  if (!m) return null;
  const date = new Date(Number(m[1]), Number(m[2]) - 1, Number(m[3] ?? 1));
  return date.getMonth() === Number(m[2]) - 1 ? iso(date) : null;
}

function octets(value: string): number | null {
  const m = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(value);
  return m ? Math.round(Number(m[1]) * { "": 1, k: 1e3, m: 1e6, g: 1e9 }[m[2]!.toLowerCase() as "" | "k" | "m" | "g"]!) : null;
}

const iso = (date: Date) => date.toISOString().replace(/\.\d+Z$/, "Z");
const not = (filter: Filter): Filter => ({ operator: "NOT", conditions: [filter] });

const IS: Record<string, Filter> = {
  unread: { notKeyword: "$seen" },
  read: { hasKeyword: "$seen" },
  starred: { hasKeyword: "$flagged" },
  unstarred: { notKeyword: "$flagged" },
  answered: { hasKeyword: "$answered" },
  draft: { hasKeyword: "$draft" },
  muted: { hasKeyword: "$muted" },
};

const YES_NO: Record<string, boolean> = { yes: true, no: false, none: false };

type Operator = (value: string, places: Places, words: string) => Filter | null | "anywhere";

export const OPERATORS: Record<string, Operator> = {
  from: (_, __, words) => ({ from: words }),
  to: (_, __, words) => ({ to: words }),
  cc: (_, __, words) => ({ cc: words }),
  bcc: (_, __, words) => ({ bcc: words }),
  subject: (_, __, words) => ({ subject: words }),
  body: (_, __, words) => ({ body: words }),
  has: (value) => (value === "attachment" ? { hasAttachment: true } : null),
  is: (value) => IS[value.toLowerCase()] ?? null,
  in: (value, places) => {
    if (value === "anywhere") return "anywhere";
    const id = places.mailbox(value);
    return id ? { inMailbox: id } : null;
  },
  label: (value, places) => {
    const id = places.mailbox(value);
    return id ? { inMailbox: id } : null;
  },
  before: (value) => (day(value) ? { before: day(value) } : null),
  after: (value) => (day(value) ? { after: day(value) } : null),
  older_than: (value, { now }) => (ago(value, now) ? { before: ago(value, now) } : null),
  newer_than: (value, { now }) => (ago(value, now) ? { after: ago(value, now) } : null),
  larger: (value) => (octets(value) !== null ? { minSize: octets(value) } : null),
  smaller: (value) => (octets(value) !== null ? { maxSize: octets(value) } : null),
  filename: (_, __, words) => ({ attachmentName: words }),
  tls: (value) => (Object.hasOwn(YES_NO, value) ? { arrivedEncrypted: YES_NO[value] } : null),
  altered: (value) => (Object.hasOwn(YES_NO, value) ? { altered: YES_NO[value] } : null),
  country: (value) => (/^[a-z]{2}$/i.test(value) ? { country: value.toUpperCase() } : null),
  list: (_, __, words) => ({ header: ["List-Id", words] }),
  rfc822msgid: (value) => ({ header: ["Message-ID", value] }),
  auth: (value) => (value === "fail" || value === "pass" ? { header: ["Authentication-Results", `dmarc=${value}`] } : null),
  dmarc: (value) => ({ header: ["Authentication-Results", `dmarc=${value}`] }),
  spf: (value) => ({ header: ["Authentication-Results", `spf=${value}`] }),
  dkim: (value) => ({ header: ["Authentication-Results", `dkim=${value}`] }),
  hop: (_, __, words) => ({ header: ["Received", words] }),
  via: (value) => (value === "list" ? { header: ["List-Id"] } : null),
};

interface Frame {
  alternatives: Filter[][];
  negated: boolean;
}

const join = (operator: "AND" | "OR", conditions: Filter[]): Filter | null =>
  conditions.length > 1 ? { operator, conditions } : (conditions[0] ?? null);

const close = (frame: Frame): Filter | null => {
  const any = join(
    "OR",
    frame.alternatives.map((all) => join("AND", all)).filter((one) => one !== null),
  );
  return any && frame.negated ? not(any) : any;
};

export function parseSearch(text: string, places: Places): Parsed {
  const chips: Chip[] = [];
  let saysWhere = false;
  const stack: Frame[] = [{ alternatives: [[]], negated: false }];
  let negate = false;
  const add = (filter: Filter | null) => {
    if (filter) stack[stack.length - 1]!.alternatives.at(-1)!.push(negate ? not(filter) : filter);
    negate = false;
  };
  for (const token of tokens(text)) {
    if (token.kind === "or") stack[stack.length - 1]!.alternatives.push([]);
    else if (token.kind === "not") negate = !negate;
    else if (token.kind === "(") {
      stack.push({ alternatives: [[]], negated: negate });
      negate = false;
    } else if (token.kind === ")") {
      if (stack.length > 1) add(close(stack.pop()!));
    } else {
      const { name, value } = token;
      const operator = Object.hasOwn(OPERATORS, name) && value ? OPERATORS[name] : undefined;
      const filter = operator?.(value, places, token.words) ?? null;
      if (filter === "anywhere" || (filter && (name === "in" || name === "label"))) saysWhere = true;
      chips.push({ text: (negate ? "-" : "") + token.text, understood: !name || filter !== null });
      // What is searched as text keeps all that was typed; an empty pair of quotes is nothing.
      const text = token.text.startsWith('"') ? token.words : token.text;
      if (filter === "anywhere") negate = false;
      else if (filter || text !== '""') add(filter ?? { text });
    }
  }
  while (stack.length > 1) add(close(stack.pop()!));
  return { filter: close(stack[0]!), chips, saysWhere };
}
