// The service worker as the page sees it. Its one address is the only one that the page's policy (require-trusted-types-for) lets through.
import { t } from "../i18n/t.ts";
import { PLACE } from "../push/kept.ts";
import { go, parse } from "./route.ts";
import { say } from "./toast.ts";

const ADDRESS = "/service-worker.js";

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}
const { trustedTypes } = globalThis as { trustedTypes?: Policies };

export function startWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  const policy = trustedTypes?.createPolicy("posthorn-worker", { createScriptURL: () => ADDRESS });
  navigator.serviceWorker.register((policy?.createScriptURL(ADDRESS) ?? ADDRESS) as string).catch((error: Error) => {
    // Without it all works but the start without network and notifications.
    console.warn(`The service worker does not start: ${error.message}`);
  });
  navigator.serviceWorker.addEventListener("controllerchange", () => void compare().catch(() => {}));
  // A notification was clicked.
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ open?: string }>) => {
    if (event.data.open?.startsWith("/")) go(parse(event.data.open));
  });
}

/** A new worker has its own build's files and no others: without ours among them, this window is of an older one. */
async function compare(): Promise<void> {
  const worker = navigator.serviceWorker.controller;
  // Until it is at work, the files of the one before are there too.
  if (worker && worker.state !== "activated")
    await new Promise((done) => worker.addEventListener("statechange", done, { once: true }));
  const own = document.querySelector<HTMLScriptElement>("script[type=module][src]")?.src;
  if (!own || (await caches.match(own))) return;
  say(t().newerVersion, { act: { label: t().reload, do: () => location.reload() }, seconds: 3600 });
}

/** The server was away: it may be a newer one now. */
export function lookForNewer(): void {
  if (!("serviceWorker" in navigator)) return;
  void navigator.serviceWorker
    .getRegistration()
    .then((one) => one?.update())
    .catch(() => {});
}

/** For the few whose browser is told of new mail; the others need not even load what it takes. */
export async function whenSubscribed(act: (part: typeof import("./notifications.ts")) => Promise<void>): Promise<void> {
  try {
    if (await caches.has(PLACE)) await act(await import("./notifications.ts"));
  } catch (error) {
    console.warn(`Notifications: ${(error as Error).message}`);
  }
}
