// What just happened, with a way back. The last ten ways back are kept, so that `z` can be pressed more than once.
import { signal } from "@preact/signals";

export interface Toast {
  text: string;
  kind: "done" | "failed";
  undo?: () => Promise<void> | void;
  seconds: number;
  id: number;
}

export const toast = signal<Toast | null>(null);
const history: (() => Promise<void> | void)[] = [];
let count = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(
  text: string,
  options: { undo?: () => Promise<void> | void; kind?: "done" | "failed"; seconds?: number } = {},
): void {
  const seconds = options.seconds ?? (options.kind === "failed" ? 15 : 10);
  count += 1;
  toast.value = { text, kind: options.kind ?? "done", seconds, id: count, ...(options.undo ? { undo: options.undo } : {}) };
  if (options.undo) remember(options.undo);
  clearTimeout(timer);
  timer = setTimeout(() => {
    toast.value = null;
  }, seconds * 1000);
}

/** The way back that `z` takes next; known ones keep their place. */
export function remember(undo: () => Promise<void> | void): void {
  if (history.includes(undo)) return;
  history.push(undo);
  if (history.length > 10) history.shift();
}

/** One more way back, behind the one that is offered now: `z` a second time takes it. */
export function keepBack(undo: () => Promise<void> | void): void {
  history.splice(-1, 0, undo);
}

export function sayFailed(error: unknown): void {
  say(error instanceof Error ? error.message : String(error), { kind: "failed" });
}

export async function undoLast(): Promise<boolean> {
  const back = history.pop();
  if (!back) return false;
  toast.value = null;
  try {
    await back();
  } catch (error) {
    sayFailed(error);
  }
  return true;
}

/** A way back whose time has passed (a letter that left) is no longer offered. */
export function expire(undo: () => Promise<void> | void): void {
  const at = history.indexOf(undo);
  if (at >= 0) history.splice(at, 1);
}

export function dismiss(): void {
  toast.value = null;
}
