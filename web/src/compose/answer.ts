// What a reply or a forward starts with: to whom, subject, quoted text, references (RFC 5322, section 3.6.4). Pure.
import { fullDate, t } from "../i18n/t.ts";
import type { Address, Email } from "../jmap/types.ts";
import { unique } from "./addresses.ts";
import type { Content } from "./kept.ts";
import { wordsOf } from "./markup.ts";

const PREFIX = /^\s*(?:(?:re|aw|sv|antw|fwd?|wg)(?:\[\d+\])?\s*:\s*)+/i;

/** Reply-To counts before From (RFC 5322, section 3.6.2); an answer to our own letter goes to whom that went. */
export function recipients(one: Email, all: boolean, own: readonly Address[]): { to: Address[]; cc: Address[] } {
  const isOwn = (who: Address) => own.some((mine) => mine.email.toLowerCase() === who.email.toLowerCase());
  const fromMe = (one.from ?? []).length > 0 && one.from!.every(isOwn);
  const author = one.replyTo?.length ? one.replyTo : (one.from ?? []);
  const to = unique(fromMe ? (one.to ?? []) : author);
  if (!all) return { to, cc: [] };
  const others = fromMe ? (one.cc ?? []) : [...(one.to ?? []), ...(one.cc ?? [])];
  return {
    to,
    cc: unique(
      others.filter((who) => !isOwn(who)),
      to,
    ),
  };
}

export function references(one: Email): string[] {
  const before = one.references?.length ? one.references : (one.inReplyTo ?? []);
  return [...before, ...(one.messageId ?? [])].slice(-50);
}

const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

export function textToHtml(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .map((line) => `<div>${escaped(line) || "<br>"}</div>`)
    .join("");
}

/** The words of a message as text; its markup is not taken over, so nothing foreign gets into our letter. */
export function textOf(one: Email): string {
  return (one.textBody ?? [])
    .map((part) => {
      const value = one.bodyValues?.[part.partId ?? ""]?.value ?? "";
      return part.type === "text/html" ? wordsOf(value) : value;
    })
    .join("\n");
}

export function quoted(one: Email): string {
  const who = one.from?.[0];
  const head = t().wrote(one.sentAt ? fullDate(one.sentAt) : fullDate(one.receivedAt), who?.name || who?.email || "");
  return `<div><br></div><div>${escaped(head)}</div><blockquote>${textToHtml(textOf(one).trimEnd())}</blockquote>`;
}

export function forwardedText(one: Email): string {
  const line = (name: string, list: Address[] | null) =>
    list?.length
      ? `<div>${escaped(name)}: ${escaped(list.map((who) => (who.name ? `${who.name} <${who.email}>` : who.email)).join(", "))}</div>`
      : "";
  return `<div><br></div><div>—— ${escaped(t().forwarded)} ——</div>${line(t().from, one.from)}${line(t().to, one.to)}${line(t().cc, one.cc)}<div>${escaped(t().date)}: ${escaped(fullDate(one.sentAt ?? one.receivedAt))}</div><div>${escaped(t().subject)}: ${escaped(one.subject ?? "")}</div><div><br></div>${textToHtml(textOf(one).trimEnd())}`;
}

export function subject(one: Email, prefix: "Re" | "Fwd"): string {
  return `${prefix}: ${(one.subject ?? "").replace(PREFIX, "")}`.trimEnd();
}

export function blank(): Content {
  return {
    key: crypto.randomUUID(),
    emailId: null,
    identityId: null,
    to: [],
    cc: [],
    bcc: [],
    subject: "",
    html: "",
    plain: false,
    attachments: [],
    inReplyTo: null,
    references: null,
    about: null,
    changed: Date.now(),
  };
}

export function fromMailto(url: string): Partial<Content> {
  const { pathname, searchParams } = new URL(url);
  const list = (text: string | null) =>
    text ? text.split(",").map((email) => ({ name: null, email: decodeURIComponent(email).trim() })) : [];
  return {
    to: list(pathname),
    cc: list(searchParams.get("cc")),
    subject: (searchParams.get("subject") ?? "").replace(/[\r\n]+/g, " "),
    html: textToHtml(searchParams.get("body") ?? ""),
  };
}

const WORDS = /\b(attach(?:ed|ment|ments|ing)?|enclosed|anhang|angeh[äa]ngt|anbei|beigef[üu]gt|im anhang)\b/i;

/** Words of an attachment in what was written now; what is quoted does not count. */
export function speaksOfAttachment(html: string): boolean {
  const own = html.replace(/<blockquote[\s\S]*$/i, "").replace(/<[^>]*>/g, " ");
  return WORDS.test(own);
}
