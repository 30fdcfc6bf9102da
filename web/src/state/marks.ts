// The marks of trust in the list, only where something is unusual: not proved to be from whom it says, by a list, by a forwarder. They come
// after the rows, so no row waits for one.
import { type Signal, signal } from "@preact/signals";
import { client } from "../jmap/client.ts";
import type { Id } from "../jmap/types.ts";

export type Mark = "unproven" | "list" | "forwarded";

const MOST_KEPT = 5000;
const kept = new Map<Id, Signal<Mark | null>>();
const asked = new Set<Id>();

export function mark(id: Id): Signal<Mark | null> {
  let one = kept.get(id);
  if (!one) {
    one = signal<Mark | null>(null);
    kept.set(id, one);
  }
  return one;
}

export async function loadMarks(ids: readonly Id[]): Promise<void> {
  if (!client.can("urn:posthorn:journey")) return;
  if (asked.size > MOST_KEPT) {
    kept.clear();
    asked.clear();
  }
  const missing = ids.filter((id) => !asked.has(id));
  for (const id of missing) asked.add(id);
  for (let i = 0; i < missing.length; i += 50) {
    const answer = await client.call<{ list: { id: Id; mark: Mark | null }[] }>("Journey/get", {
      ids: missing.slice(i, i + 50),
      properties: ["id", "mark"],
    });
    for (const one of answer.list) mark(one.id).value = one.mark;
  }
}
