// Where the user is, as an address that survives a reload: /mail/INBOX, /mail/INBOX/THREAD, /mail/scheduled, /search/QUERY...
import { computed, signal } from "@preact/signals";

export interface Route {
  view: "mail" | "search" | "scheduled" | "settings" | "contacts";
  /** Mailbox (by role or id), query text, or page. */
  place: string;
  thread: string | null;
}

/** No mailbox: the letters that wait on the server (state/scheduled.ts). */
const SCHEDULED = "scheduled";

export function parse(path: string): Route {
  const [view, place, thread] = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (view === "mail" && place === SCHEDULED) return { view: "scheduled", place: "", thread: null };
  if (view === "mail" || view === "search") return { view, place: place ?? "inbox", thread: thread ?? null };
  if (view === "settings" || view === "contacts") return { view, place: place ?? "", thread: null };
  return { view: "mail", place: "inbox", thread: null };
}

export function print(route: Route): string {
  const parts: string[] = route.view === "scheduled" ? ["mail", SCHEDULED] : [route.view, route.place];
  if (route.thread) parts.push(route.thread);
  return `/${parts.filter(Boolean).map(encodeURIComponent).join("/")}`;
}

/** Whether the list of messages is on screen: only then do its keys mean anything. */
export const hasList = (): boolean => ["mail", "search"].includes(route.peek().view);

const path = signal(location.pathname);
export const route = computed(() => parse(path.value));

export function go(to: Partial<Route>, how: "push" | "replace" = "push"): void {
  const next = print({ ...route.peek(), thread: null, ...to });
  if (next === path.peek()) return;
  if (how === "push") history.pushState(null, "", next);
  else history.replaceState(null, "", next);
  path.value = next;
}

addEventListener("popstate", () => {
  path.value = location.pathname;
});
