// What just happened, with a way back. The last ten ways back are kept, so that `z` can be pressed more than once.
import { signal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { JmapError } from "../jmap/client.ts";

export interface Toast {
  text: string;
  kind: "done" | "failed";
  undo?: () => Promise<void> | void;
  /** What else helps. */
  act?: { label: string; do: () => void };
  seconds: number;
  id: number;
}

/** A part of the app that does not come: without the network, or because the server has a newer Posthorn and no longer the files of this one. */
export class PartMissing extends Error {
  constructor() {
    super(t().partMissing);
  }
}

export const toast = signal<Toast | null>(null);
const history: (() => Promise<void> | void)[] = [];
let count = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string, options: Partial<Pick<Toast, "undo" | "act" | "kind" | "seconds">> = {}): void {
  const seconds = options.seconds ?? (options.kind === "failed" ? 15 : 10);
  count += 1;
  toast.value = { kind: "done", ...options, text, seconds, id: count };
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

/** What went wrong, in words; the server's own where it said some. */
export function reason(error: unknown): string {
  if (error instanceof JmapError && error.type === "offline") return t().offline;
  if (error instanceof JmapError && error.type === "signedOut") return t().signedOut;
  return error instanceof Error ? error.message : String(error);
}

export function sayFailed(error: unknown): void {
  const act = error instanceof PartMissing ? { label: t().reload, do: () => location.reload() } : undefined;
  say(reason(error), { kind: "failed", ...(act ? { act, seconds: 120 } : {}) });
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
