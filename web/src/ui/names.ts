// How mailboxes and people are named on screen.
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Address, Email, Mailbox } from "../jmap/types.ts";
import type { IconName } from "./icons.ts";

export function mailboxLabel(one: Mailbox): string {
  const known: Record<string, string> = {
    inbox: t().inbox,
    sent: t().sent,
    drafts: t().drafts,
    trash: t().trash,
    junk: t().junk,
    archive: t().archiveBox,
    snoozed: t().snoozedBox,
    flagged: t().starredBox,
  };
  return (one.role && known[one.role]) || one.name;
}

const OF_ROLE: Record<string, IconName> = {
  inbox: "inbox",
  sent: "send",
  drafts: "file-pen-line",
  trash: "trash-2",
  junk: "shield-alert",
  archive: "archive",
  snoozed: "alarm-clock",
  flagged: "star",
};
export const mailboxIcon = (role: string | null): IconName => (role && OF_ROLE[role]) || "tag";

export const isMe = (one: Address): boolean => one.email.toLowerCase() === client.session.username.toLowerCase();

export function person(one: Address): string {
  return isMe(one) ? t().me : one.name || one.email;
}

const SHORT = 3;

/** The people of a row: senders, or for our own mail those it went to. */
export function people(one: Email, sentBox: boolean): string {
  const own = sentBox || (one.from?.every(isMe) && !one.from.some((who) => one.to?.some((to) => to.email === who.email)));
  const list = own ? [...(one.to ?? []), ...(one.cc ?? [])] : (one.from ?? []);
  if (!list.length) return own ? t().toWhom("—") : t().noSender;
  const names = list.slice(0, SHORT).map(person).join(", ") + (list.length > SHORT ? "…" : "");
  return own ? t().toWhom(names) : names;
}

/** Who wrote in a conversation, first the one who began it; the last one is always told. */
export function threadPeople(letters: readonly Email[]): string {
  const names = [...new Set(letters.flatMap((one) => (one.from?.[0] ? [short(one.from[0])] : [])))];
  const last = letters.at(-1)?.from?.[0];
  if (names.length <= SHORT) return names.join(", ");
  return [names[0], "…", last ? short(last) : ""].join(" ");
}

/** In a conversation people are called by their first name. */
const short = (one: Address): string => (isMe(one) ? t().me : (one.name?.split(/[\s,]+/)[0] ?? "") || one.email);

export const subjectOf = (one: Email): string => one.subject?.trim() || t().noSubject;

export function initials(one: Address | undefined): string {
  const words = (one?.name || one?.email || "?")
    .replace(/["'<>()]/g, "")
    .split(/[\s.@_-]+/)
    .filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (one?.name ? (words[1]?.[0] ?? "") : "")).toUpperCase();
}
