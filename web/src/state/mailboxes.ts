// The mailboxes, kept in step by Mailbox/changes.
import { computed, signal } from "@preact/signals";
import { client, from, JmapError } from "../jmap/client.ts";
import type { Id, Mailbox } from "../jmap/types.ts";

const byId = signal<ReadonlyMap<Id, Mailbox>>(new Map());
let state = "";

const ORDER = ["inbox", "snoozed", "flagged", "sent", "drafts", "archive", "junk", "trash"];

/** In the order of the rail: those with a role first, then the others by their place and name, children under their parent. */
export const mailboxes = computed<readonly Mailbox[]>(() => [...byId.value.values()].sort(compare));

function compare(a: Mailbox, b: Mailbox): number {
  const place = (one: Mailbox) => (one.role && ORDER.includes(one.role) ? ORDER.indexOf(one.role) : ORDER.length);
  return place(a) - place(b) || a.sortOrder - b.sortOrder || fullName(a).localeCompare(fullName(b));
}

export function mailbox(id: Id): Mailbox | undefined {
  return byId.value.get(id);
}

export function withRole(role: string): Mailbox | undefined {
  for (const one of byId.value.values()) if (one.role === role) return one;
  return undefined;
}

/** By role or id, as routes name them. */
export function find(place: string): Mailbox | undefined {
  return withRole(place) ?? mailbox(place);
}

export function placeOf(one: Mailbox): string {
  return one.role ?? one.id;
}

export function fullName(one: Mailbox): string {
  const names = [one.name];
  let parent = one.parentId ? byId.peek().get(one.parentId) : undefined;
  while (parent && names.length < 64) {
    names.unshift(parent.name);
    parent = parent.parentId ? byId.peek().get(parent.parentId) : undefined;
  }
  return names.join("/");
}

export async function loadMailboxes(): Promise<void> {
  const answer = await client.call<{ list: Mailbox[]; state: string }>("Mailbox/get", { ids: null });
  byId.value = new Map(answer.list.map((one) => [one.id, one]));
  state = answer.state;
}

export async function refreshMailboxes(): Promise<void> {
  if (!state) return loadMailboxes();
  try {
    const [changes, created, updated] = (await client.batch([
      ["Mailbox/changes", { sinceState: state }],
      ["Mailbox/get", { "#ids": from(0, "Mailbox/changes", "/created") }],
      ["Mailbox/get", { "#ids": from(0, "Mailbox/changes", "/updated") }],
    ])) as [{ newState: string; destroyed: Id[]; hasMoreChanges: boolean }, { list: Mailbox[] }, { list: Mailbox[] }];
    const next = new Map(byId.peek());
    for (const id of changes.destroyed) next.delete(id);
    for (const one of [...created.list, ...updated.list]) next.set(one.id, one);
    byId.value = next;
    state = changes.newState;
    if (changes.hasMoreChanges) await refreshMailboxes();
  } catch (error) {
    if (!(error instanceof JmapError) || error.type !== "cannotCalculateChanges") throw error;
    await loadMailboxes();
  }
}

export async function createMailbox(name: string, parentId: Id | null = null, role: string | null = null): Promise<Id> {
  const answer = await client.set("Mailbox", { create: { new: { name, parentId, role, isSubscribed: true } } });
  await refreshMailboxes();
  return answer.created!.new!.id;
}
