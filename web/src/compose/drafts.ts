// The open drafts: saved on this device at once and on the server soon.
import { signal } from "@preact/signals";
import { shortDate, t } from "../i18n/t.ts";
import { client, JmapError } from "../jmap/client.ts";
import type { Address, Email, Id, Identity } from "../jmap/types.ts";
import { forget, email as known, loadBodies } from "../state/emails.ts";
import { createMailbox, withRole } from "../state/mailboxes.ts";
import { presence } from "../state/presence.ts";
import { settings } from "../state/settings.ts";
import { say, sayFailed } from "../state/toast.ts";
import { blank, forwardedText, fromMailto, quoted, recipients, references, subject, textToHtml } from "./answer.ts";
import { type Attachment, type Content, drop, keep, keptDrafts } from "./kept.ts";
import { rebuilt } from "./markup.ts";
import { signatureHtml, swapSignature } from "./signature.ts";
import { fromWire, htmlToText, toWire } from "./text.ts";

export type Saved = "clean" | "device" | "saving" | "server" | "failed";

export interface Draft {
  content: Content;
  saved: ReturnType<typeof signal<Saved>>;
  /** Whether this device has what was written last. */
  kept: boolean;
  savedAt: ReturnType<typeof signal<string>>;
  /** Goes up when the content changes from outside the fields (attachments, identity). */
  version: ReturnType<typeof signal<number>>;
  uploads: Map<string, { share: ReturnType<typeof signal<number>>; stop: AbortController; done: Promise<void>; file: File }>;
  /** Files that are not up: why, and the file, if it can be tried again. */
  failures: Map<string, { why: string; file: File | null }>;
  state: ReturnType<typeof signal<"open" | "folded" | "full">>;
}

export const drafts = signal<readonly Draft[]>([]);
export const identities = signal<readonly Identity[]>([]);
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const saves = new Map<string, Promise<void>>();

export function draftOf(content: Content): Draft {
  return {
    content,
    saved: signal<Saved>("clean"),
    kept: true,
    savedAt: signal(""),
    version: signal(0),
    uploads: new Map(),
    // A file whose upload was cut off is gone with the page that read it.
    failures: new Map(
      content.attachments.filter((file) => !file.blobId).map(({ key }) => [key, { why: t().fileGone, file: null }]),
    ),
    state: signal("open"),
  };
}

export const touch = (one: Draft): void => void (one.version.value = (one.version.peek() ?? 0) + 1);

export const failedNames = ({ content, failures }: Draft): string =>
  content.attachments
    .filter((file) => failures.has(file.key))
    .map((file) => file.name)
    .join(", ");

export async function loadIdentities(anew = false): Promise<void> {
  if (identities.peek().length && !anew) return;
  const answer = await client.call<{ list: Identity[] }>("Identity/get", { ids: null });
  identities.value = answer.list;
}

export const identityOf = (one: Content): Identity | undefined =>
  identities.value.find((identity) => identity.id === one.identityId) ?? identities.value[0];

const own = (): Address[] => [
  ...identities.peek().map((one) => ({ name: one.name, email: one.email })),
  { name: null, email: client.session.username },
];

const signature = (one: Identity | undefined): string => signatureHtml(one?.textSignature ?? "");

/** Who writes it now; the signature goes along. */
export function writeAs(one: Draft, identityId: Id): void {
  const before = identityOf(one.content)?.textSignature ?? "";
  const after = identities.peek().find((identity) => identity.id === identityId)?.textSignature ?? "";
  changed(one, { identityId, html: swapSignature(one.content.html, before, after) });
  touch(one);
}

export async function open(kind: "new" | "mailto" | "reply" | "replyAll" | "forward" | "edit", id?: Id): Promise<void> {
  await loadIdentities();
  const content = blank();
  content.plain = settings.peek().plainText;
  if (kind === "new" || kind === "mailto") {
    if (kind === "mailto" && id) Object.assign(content, fromMailto(id));
    content.html = `${content.html || "<div><br></div>"}${signature(identities.peek()[0])}`;
    content.identityId = identities.peek()[0]?.id ?? null;
    return show(draftOf(content));
  }
  if (drafts.peek().some((one) => one.content.emailId === id)) return;
  await loadBodies([id!]);
  const one = known(id!).peek();
  if (!one) throw new Error(t().bodyFailed);
  if (kind === "edit") return show(draftOf(fromServer(content, one)));
  const mine = identities
    .peek()
    .find((identity) =>
      [...(one.to ?? []), ...(one.cc ?? [])].some((who) => who.email.toLowerCase() === identity.email.toLowerCase()),
    );
  content.identityId = (mine ?? identities.peek()[0])?.id ?? null;
  const start = `<div><br></div>${signature(mine ?? identities.peek()[0])}`;
  if (kind === "forward") {
    content.subject = subject(one, "Fwd");
    content.html = start + forwardedText(one);
    content.attachments = attachmentsOf(one);
    content.about = { id: one.id, keyword: "$forwarded" };
  } else {
    Object.assign(content, recipients(one, kind === "replyAll", own()));
    content.subject = subject(one, "Re");
    content.html = start + quoted(one);
    content.inReplyTo = one.messageId;
    content.about = { id: one.id, keyword: "$answered" };
  }
  content.references = references(one);
  show(draftOf(content));
}

function attachmentsOf(one: Email): Attachment[] {
  return (one.attachments ?? [])
    .filter((part) => part.blobId)
    .map((part) => ({
      key: crypto.randomUUID(),
      name: part.name ?? "attachment",
      type: part.type,
      size: part.size,
      blobId: part.blobId,
      cid: part.cid,
    }));
}

function urlOf(one: Email, cid: string): string | null {
  const part = one.attachments?.find((other) => other.cid === cid);
  return part?.blobId ? client.downloadUrl(part.blobId, part.name ?? "image", part.type) : null;
}

function fromServer(content: Content, one: Email): Content {
  const part = one.htmlBody?.find((body) => body.type === "text/html") ?? one.textBody?.[0];
  const value = one.bodyValues?.[part?.partId ?? ""]?.value ?? "";
  return {
    ...content,
    emailId: one.id,
    identityId: identities.peek().find((identity) => identity.email === one.from?.[0]?.email)?.id ?? null,
    to: one.to ?? [],
    cc: one.cc ?? [],
    bcc: one.bcc ?? [],
    subject: one.subject ?? "",
    html: part?.type === "text/html" ? fromWire(rebuilt(value), (cid) => urlOf(one, cid)) : textToHtml(value),
    plain: part?.type !== "text/html",
    attachments: attachmentsOf(one),
    inReplyTo: one.inReplyTo,
    references: one.references,
  };
}

export function show(one: Draft): void {
  for (const other of drafts.peek()) if (other.state.peek() !== "folded") other.state.value = "folded";
  drafts.value = [...drafts.peek(), one];
}

/** Drafts that this device kept and that are not open. Their text is newer than the server's. Answers how many. */
export function restore(): number {
  let count = 0;
  void loadIdentities().catch(() => {});
  for (const content of keptDrafts()) {
    if (drafts.peek().some((one) => one.content.key === content.key)) continue;
    const draft = draftOf(content);
    draft.saved.value = "device";
    show(draft);
    saveSoon(draft);
    count += 1;
  }
  return count;
}

/** Called on each change of a field. */
export function changed(one: Draft, some: Partial<Content>): void {
  Object.assign(one.content, some, { changed: Date.now() });
  one.kept = keep(one.content);
  one.saved.value = one.kept ? "device" : "failed";
  saveSoon(one);
}

function saveSoon(one: Draft): void {
  clearTimeout(timers.get(one.content.key));
  timers.set(
    one.content.key,
    setTimeout(() => void save(one).catch(() => {}), 2000),
  );
}

function bodyOf(content: Content): Record<string, unknown> {
  const text = htmlToText(content.html);
  const html = toWire(content.html);
  const inline = content.attachments.filter((one) => one.cid && html.includes(`cid:${one.cid}`));
  return {
    bodyValues: content.plain ? { text: { value: text } } : { text: { value: text }, html: { value: html } },
    textBody: [{ partId: "text", type: "text/plain" }],
    ...(content.plain ? {} : { htmlBody: [{ partId: "html", type: "text/html" }] }),
    attachments: content.attachments
      .filter((one) => one.blobId)
      .map((one) => ({
        blobId: one.blobId,
        type: one.type || "application/octet-stream",
        name: one.name,
        disposition: inline.includes(one) ? "inline" : "attachment",
        ...(inline.includes(one) ? { cid: one.cid } : {}),
      })),
  };
}

export async function boxes(): Promise<{ draftsId: Id; sentId: Id }> {
  return {
    draftsId: withRole("drafts")?.id ?? (await createMailbox("Drafts")),
    sentId: withRole("sent")?.id ?? (await createMailbox("Sent")),
  };
}

/** Puts the draft on the server: the new one is made and the old one goes in one call, so there is never none. */
export function save(one: Draft): Promise<void> {
  clearTimeout(timers.get(one.content.key));
  const before = saves.get(one.content.key) ?? Promise.resolve();
  const mine = before.catch(() => {}).then(() => saveNow(one));
  saves.set(one.content.key, mine);
  return mine;
}

async function saveNow(one: Draft): Promise<void> {
  const { content } = one;
  if (one.saved.peek() === "server" || one.saved.peek() === "clean") return;
  const at = content.changed;
  one.saved.value = "saving";
  try {
    const { draftsId } = await boxes();
    const identity = identityOf(content);
    const answer = await client.set("Email", {
      create: {
        draft: {
          mailboxIds: { [draftsId]: true },
          keywords: { $draft: true, $seen: true },
          from: [{ name: identity?.name || null, email: identity?.email ?? client.session.username }],
          to: clean(content.to),
          cc: clean(content.cc),
          bcc: clean(content.bcc),
          subject: content.subject,
          ...(identity?.replyTo?.length ? { replyTo: identity.replyTo } : {}),
          ...(content.inReplyTo ? { inReplyTo: content.inReplyTo } : {}),
          ...(content.references ? { references: content.references } : {}),
          ...bodyOf(content),
        },
      },
      ...(content.emailId ? { destroy: [content.emailId] } : {}),
    });
    if (content.emailId) forget(content.emailId);
    content.emailId = answer.created!.draft!.id;
    one.savedAt.value = shortDate(new Date().toISOString());
    if (content.changed === at) {
      one.saved.value = "server";
      // Still open, so still kept: a crash brings the window back with what is on the server.
      keep(content);
    } else {
      one.saved.value = "device";
      saveSoon(one);
    }
  } catch (error) {
    one.saved.value = "failed";
    if (error instanceof JmapError && error.type === "notFound") content.emailId = null;
    timers.set(
      content.key,
      setTimeout(() => void save(one).catch(() => {}), 10_000),
    );
    throw error;
  }
}

const clean = (list: Address[]): Address[] | null => (list.length ? list.map(({ name, email }) => ({ name, email })) : null);

export function close(one: Draft): void {
  drafts.value = drafts.peek().filter((other) => other !== one);
  clearTimeout(timers.get(one.content.key));
  if (one.saved.peek() === "clean" || one.saved.peek() === "server") drop(one.content.key);
  else
    void save(one).then(
      () => drop(one.content.key),
      () => {},
    );
}

/** For who signs out: all that is open is on the server and no longer here. Answers the subjects of those that only this device has. */
export async function saveAll(): Promise<string[]> {
  const left: string[] = [];
  for (const one of [...drafts.peek()]) {
    const there = await save(one).then(
      () => !one.uploads.size && !one.failures.size,
      () => false,
    );
    if (there) close(one);
    else left.push(one.content.subject || t().newMessage);
  }
  return left;
}

// What neither the server nor this device has would go with the page: files on their way up, all where the device keeps nothing.
addEventListener("beforeunload", (event) => {
  const lost = (one: Draft) =>
    one.uploads.size > 0 ||
    [...one.failures.values()].some(({ file }) => file) ||
    (!one.kept && !["clean", "server"].includes(one.saved.peek() ?? "") && !keep(one.content));
  if (presence.peek() === "in" && drafts.peek().some(lost)) event.preventDefault();
});

export async function discard(one: Draft): Promise<void> {
  drafts.value = drafts.peek().filter((other) => other !== one);
  clearTimeout(timers.get(one.content.key));
  for (const [key, { stop, file }] of one.uploads) {
    stop.abort();
    one.failures.set(key, { why: t().stopped, file });
  }
  await saves.get(one.content.key)?.catch(() => {});
  drop(one.content.key);
  const { emailId } = one.content;
  const content = { ...one.content, emailId: null };
  if (emailId) await client.set("Email", { destroy: [emailId] }).catch(sayFailed);
  say(t().discarded, {
    undo: () => {
      const again = draftOf(content);
      again.failures = one.failures;
      show(again);
      changed(again, {});
    },
  });
}
