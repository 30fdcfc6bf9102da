// The list on screen: a query, known in windows. The list is as long as its query says and each window comes when it is scrolled to, so a
// mailbox of a million messages costs no more than one of fifty.
import { signal, batch as together } from "@preact/signals";
import { client, from, JmapError } from "../jmap/client.ts";
import type { Email, Filter, Id } from "../jmap/types.ts";
import { LIST_PROPERTIES, learn } from "./emails.ts";
import { loadMarks } from "./marks.ts";
import { loadThreads } from "./threads.ts";
import { reason } from "./toast.ts";

export const WINDOW = 50;

export interface Query {
  filter: Filter | null;
  collapseThreads: boolean;
}

export const total = signal(0);
/** Changes whenever the order or the known ids do. */
export const revision = signal(0);
export const loading = signal(true);
export const problem = signal<string | null>(null);

let query: Query = { filter: null, collapseThreads: true };
let ids: (Id | undefined)[] = [];
let queryState = "";
let generation = 0;
/** Windows that were asked for, with what tells that they are there. */
const asked = new Map<number, Promise<void>>();
const SORT = [{ property: "receivedAt", isAscending: false }];

export const idAt = (row: number): Id | undefined => ids[row];
export const rowOf = (id: Id): number => ids.indexOf(id);

export async function show(next: Query): Promise<void> {
  query = next;
  generation += 1;
  asked.clear();
  together(() => {
    ids = [];
    total.value = 0;
    loading.value = true;
    problem.value = null;
    revision.value += 1;
  });
  await need(0, 1);
}

/** Rows [first, last) are on screen or near: fetches the windows that are missing. */
export async function need(first: number, last: number): Promise<void> {
  const mine = generation;
  const windows: Promise<void>[] = [];
  for (let w = Math.max(0, Math.floor(first / WINDOW)); w * WINDOW < Math.max(last, 1); w += 1) {
    if (!asked.has(w) && (w === 0 || w * WINDOW < total.peek())) asked.set(w, load(w, mine));
    windows.push(asked.get(w) ?? Promise.resolve());
  }
  await Promise.all(windows);
}

async function load(window: number, mine: number): Promise<void> {
  try {
    const [answer, emails] = (await client.batch([
      ["Email/query", { ...query, sort: SORT, position: window * WINDOW, limit: WINDOW, calculateTotal: true }],
      ["Email/get", { "#ids": from(0, "Email/query", "/ids"), properties: LIST_PROPERTIES }],
    ])) as [{ ids: Id[]; total: number; position: number; queryState: string }, { list: Email[] }];
    if (mine !== generation) return;
    together(() => {
      learn(emails.list);
      answer.ids.forEach((id, i) => {
        ids[answer.position + i] = id;
      });
      queryState = answer.queryState;
      total.value = answer.total;
      loading.value = false;
      problem.value = null;
      revision.value += 1;
    });
    setTimeout(() => void tellMore(answer.ids));
  } catch (error) {
    if (mine !== generation) return;
    asked.delete(window);
    loading.value = false;
    problem.value = reason(error);
  }
}

/** What is good to know of rows, once they are there. What fails is only not shown. */
async function tellMore(rows: readonly Id[]): Promise<void> {
  const work = [loadMarks(rows), ...(query.collapseThreads ? [loadThreads(rows)] : [])];
  await Promise.allSettled(work);
}

/** Rows that an action took away are gone at once; answers how to bring them back. */
export function hide(gone: ReadonlySet<Id>): () => void {
  const before = ids;
  const totalBefore = total.peek();
  together(() => {
    ids = before.filter((id) => id === undefined || !gone.has(id));
    total.value = totalBefore - (before.length - ids.length);
    revision.value += 1;
  });
  const mine = generation;
  return () => {
    if (mine !== generation) return;
    together(() => {
      ids = before;
      total.value = totalBefore;
      revision.value += 1;
    });
  };
}

/** Brings the list in step with the server. Rows stay where they are until their successors are known. */
export async function refreshList(): Promise<void> {
  if (!queryState) return;
  const mine = generation;
  const dense = !ids.includes(undefined);
  if (dense) {
    try {
      await applyChanges(mine);
      return;
    } catch (error) {
      if (!(error instanceof JmapError) || !["cannotCalculateChanges", "tooManyChanges", "invalidArguments"].includes(error.type))
        throw error;
    }
  }
  for (const w of [...asked.keys()]) asked.set(w, load(w, mine));
  await Promise.all(asked.values());
  if (mine === generation && ids.length > total.peek()) {
    ids.length = total.peek();
    revision.value += 1;
  }
}

interface QueryChanges {
  newQueryState: string;
  total: number;
  removed: Id[];
  added: { id: Id; index: number }[];
}

async function applyChanges(mine: number): Promise<void> {
  const upToId = ids.length < total.peek() ? ids[ids.length - 1] : undefined;
  const [changes, emails] = (await client.batch([
    [
      "Email/queryChanges",
      { ...query, sort: SORT, sinceQueryState: queryState, calculateTotal: true, ...(upToId ? { upToId } : {}) },
    ],
    ["Email/get", { "#ids": from(0, "Email/queryChanges", "/added/*/id"), properties: LIST_PROPERTIES }],
  ])) as [QueryChanges, { list: Email[] }];
  if (mine !== generation) return;
  together(() => {
    learn(emails.list);
    const removed = new Set(changes.removed);
    const next = ids.filter((id) => id === undefined || !removed.has(id));
    for (const { id, index } of changes.added) if (index <= next.length) next.splice(index, 0, id);
    ids = next;
    total.value = changes.total;
    queryState = changes.newQueryState;
    asked.clear();
    for (let w = 0; (w + 1) * WINDOW <= ids.length || (w * WINDOW < ids.length && ids.length >= changes.total); w += 1)
      asked.set(w, Promise.resolve());
    revision.value += 1;
  });
  void tellMore(changes.added.map((one) => one.id));
}
