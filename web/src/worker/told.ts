// Which letters are told of, and in what words. Pure.
export interface Told {
  id: string;
  threadId: string;
  mailboxIds: Record<string, boolean>;
  keywords: Record<string, boolean>;
  from: { name: string | null; email: string }[] | null;
  subject: string | null;
  preview: string;
  receivedAt: string;
}

export interface Notice extends NotificationOptions {
  title: string;
  timestamp?: number;
  data: { path: string };
}

interface Words {
  newMail: (n: number) => string;
  noSubject: string;
  signIn: string;
}

const EN: Words = {
  newMail: (n) => (n === 1 ? "New mail" : `${n} new messages`),
  noSubject: "(no subject)",
  signIn: "Sign in to read it.",
};
const DE: Words = {
  newMail: (n) => (n === 1 ? "Neue Mail" : `${n} neue Nachrichten`),
  noSubject: "(kein Betreff)",
  signIn: "Melden Sie sich an, um sie zu lesen.",
};

export const letterWords = (language: string): Words => (language.startsWith("de") ? DE : EN);

const SINGLY = 3;
const short = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** New letters of the inbox that nobody has read; more than a few are one notice. */
export function noticesOf(letters: Told[], mailboxes: { id: string; role: string | null }[], words: Words): Notice[] {
  const inbox = mailboxes.find((one) => one.role === "inbox")?.id ?? "";
  const fresh = letters
    .filter((one) => one.mailboxIds[inbox] && !one.keywords.$seen && !one.keywords.$draft)
    .sort((a, b) => a.receivedAt.localeCompare(b.receivedAt));
  if (fresh.length > SINGLY)
    return [{ title: words.newMail(fresh.length), tag: "new", icon: "/icon-192.png", data: { path: "/mail/inbox" } }];
  return fresh.map((one) => ({
    title: short(one.from?.[0]?.name || one.from?.[0]?.email || words.newMail(1), 100),
    body: short(`${one.subject || words.noSubject}\n${one.preview}`, 300),
    tag: one.id,
    icon: "/icon-192.png",
    timestamp: Date.parse(one.receivedAt),
    data: { path: `/mail/inbox/${encodeURIComponent(one.threadId)}` },
  }));
}
