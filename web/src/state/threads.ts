// What a row shows of its conversation: how many letters, from whom, whether one of them is unread. It comes after the rows, so no row waits
// for it.
import { type Signal, signal } from "@preact/signals";
import { client } from "../jmap/client.ts";
import type { Email, Id } from "../jmap/types.ts";
import { email, isUnread, LIST_PROPERTIES, learn } from "./emails.ts";
import { withRole } from "./mailboxes.ts";

const MOST_KEPT = 5000;
/** Of longer conversations only the last letters are looked at. */
const MOST_READ = 20;
const kept = new Map<Id, Signal<readonly Id[]>>();

function place(thread: Id): Signal<readonly Id[]> {
  let one = kept.get(thread);
  if (!one) {
    if (kept.size > MOST_KEPT) kept.clear();
    one = signal<readonly Id[]>([]);
    kept.set(thread, one);
  }
  return one;
}

export interface Summary {
  count: number;
  unread: boolean;
  letters: readonly Email[];
}

/** Nothing: it is one letter, or not known yet. What lies in bin and spam counts only where they are looked at. */
export function summary(one: Email, here: string): Summary | null {
  const ids = place(one.threadId).value;
  if (ids.length < 2) return null;
  const away = [withRole("trash")?.id, withRole("junk")?.id].filter((id) => id !== undefined && id !== here);
  const letters = ids
    .slice(-MOST_READ)
    .map((id) => email(id).value)
    .filter((letter) => letter !== undefined)
    .filter((letter) => letter.id === one.id || !Object.keys(letter.mailboxIds).every((id) => away.includes(id)));
  const count = ids.length > MOST_READ ? ids.length : letters.length;
  return count > 1 ? { count, unread: letters.some(isUnread), letters } : null;
}

/** Letters came: conversations that are known and that one of them joined are looked at again. */
export async function refreshThreads(created: readonly Id[]): Promise<void> {
  const some = created.slice(-100);
  learn((await client.call<{ list: Email[] }>("Email/get", { ids: some, properties: LIST_PROPERTIES })).list);
  await loadThreads(some.filter((id) => kept.has(email(id).peek()?.threadId ?? "")));
}

/** `list`: letters of rows whose conversations may have changed, or were never seen. */
export async function loadThreads(list: readonly Id[]): Promise<void> {
  const threads = [...new Set(list.map((id) => email(id).peek()?.threadId).filter((id) => id !== undefined))];
  if (!threads.length) return;
  const answer = await client.call<{ list: { id: Id; emailIds: Id[] }[] }>("Thread/get", { ids: threads });
  const wanted = answer.list
    .filter((thread) => thread.emailIds.length > 1)
    .flatMap((thread) => thread.emailIds.slice(-MOST_READ))
    .filter((id) => !email(id).peek());
  for (let at = 0; at < wanted.length; at += 200) {
    const some = wanted.slice(at, at + 200);
    learn((await client.call<{ list: Email[] }>("Email/get", { ids: some, properties: LIST_PROPERTIES })).list);
  }
  for (const thread of answer.list) place(thread.id).value = thread.emailIds;
}
