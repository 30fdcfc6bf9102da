// Which row the keyboard is on, and which rows are ticked.
import { effect, signal } from "@preact/signals";
import type { Id } from "../jmap/types.ts";
import { idAt, revision, rowOf, total } from "./list.ts";

export const cursor = signal(0);
export const selected = signal<ReadonlySet<Id>>(new Set());
/** All that the query finds, also what is not loaded. */
export const everything = signal(false);
let anchor = 0;

/** Letters come and go above the cursor, and it stays on its own; where that went, the next one takes its place. */
let held: Id | undefined;
effect(() => {
  held = idAt(cursor.value);
});
effect(() => {
  revision.value;
  const row = held && total.peek() ? rowOf(held) : -1;
  if (row >= 0) cursor.value = row;
  else held = idAt(cursor.peek());
});

export function toggle(row: number, range = false): void {
  const next = new Set(selected.peek());
  const [low, high] = range ? [Math.min(anchor, row), Math.max(anchor, row)] : [row, row];
  const on = range || !next.has(idAt(row) ?? "");
  for (let i = low; i <= high; i += 1) {
    const id = idAt(i);
    if (id && on) next.add(id);
    else if (id) next.delete(id);
  }
  anchor = row;
  everything.value = false;
  selected.value = next;
}

export function clear(): void {
  everything.value = false;
  if (selected.peek().size) selected.value = new Set();
}

export function selectLoaded(want: (id: Id) => boolean = () => true): void {
  const next = new Set<Id>();
  for (let i = 0; i < total.peek(); i += 1) {
    const id = idAt(i);
    if (id && want(id)) next.add(id);
  }
  selected.value = next;
}
