// Emails that were seen, each a signal, so that one changed flag redraws one row. Bodies are fetched when a message is opened.
import { type Signal, signal } from "@preact/signals";
import { client, from } from "../jmap/client.ts";
import type { Email, Id } from "../jmap/types.ts";

export const LIST_PROPERTIES = [
  "id",
  "blobId",
  "threadId",
  "mailboxIds",
  "keywords",
  "size",
  "receivedAt",
  "from",
  "to",
  "subject",
  "hasAttachment",
  "preview",
];
const BODY_PROPERTIES = [
  ...LIST_PROPERTIES,
  "sentAt",
  "messageId",
  "inReplyTo",
  "references",
  "cc",
  "bcc",
  "replyTo",
  "sender",
  "textBody",
  "htmlBody",
  "attachments",
  "bodyValues",
  "header:List-Id:asText",
  "header:List-Unsubscribe:asURLs",
  "header:List-Unsubscribe-Post:asText",
  "header:Return-Path",
  "header:Authentication-Results:asText",
];

const MOST_KEPT = 5000;
const kept = new Map<Id, Signal<Email | undefined>>();

export function email(id: Id): Signal<Email | undefined> {
  let one = kept.get(id);
  if (!one) {
    one = signal<Email | undefined>(undefined);
    kept.set(id, one);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  }
  return one;
}

export function learn(list: Email[]): void {
  for (const one of list) {
    const place = email(one.id);
    place.value = { ...place.peek(), ...one };
  }
}

/** Changes what we show before the server has said so; answers how to take it back. */
export function pretend(id: Id, some: Partial<Email>): () => void {
  const place = email(id);
  const before = place.peek();
  if (before) place.value = { ...before, ...some };
  return () => {
    if (before) place.value = before;
  };
}

export function forget(id: Id): void {
  const one = kept.get(id);
  if (one) one.value = undefined;
}

export const isKnown = (id: Id): boolean => kept.get(id)?.peek() !== undefined;
export const hasBody = (id: Id): boolean => kept.get(id)?.peek()?.bodyValues !== undefined;

export async function loadBodies(ids: Id[]): Promise<void> {
  const missing = ids.filter((id) => !hasBody(id));
  if (!missing.length) return;
  const answer = await client.call<{ list: Email[] }>("Email/get", {
    ids: missing,
    properties: BODY_PROPERTIES,
    fetchTextBodyValues: true,
    fetchHTMLBodyValues: true,
    maxBodyValueBytes: 262_144,
  });
  learn(answer.list);
}

/** The ids of a conversation, oldest first; their list properties are known afterwards. */
export async function loadThread(threadId: Id): Promise<Id[]> {
  const [thread, emails] = (await client.batch([
    ["Thread/get", { ids: [threadId] }],
    ["Email/get", { "#ids": from(0, "Thread/get", "/list/*/emailIds"), properties: LIST_PROPERTIES }],
  ])) as [{ list: { emailIds: Id[] }[] }, { list: Email[] }];
  learn(emails.list);
  return thread.list[0]?.emailIds ?? [];
}

/** Asks again for those of the changed emails that we know. */
export async function refresh(ids: Id[]): Promise<void> {
  const known = ids.filter(isKnown);
  for (let i = 0; i < known.length; i += 200) {
    const answer = await client.call<{ list: Email[]; notFound: Id[] }>("Email/get", {
      ids: known.slice(i, i + 200),
      properties: LIST_PROPERTIES,
    });
    learn(answer.list);
    answer.notFound.forEach(forget);
  }
}

export const isUnread = (one: Email): boolean => !one.keywords.$seen && !one.keywords.$draft;
