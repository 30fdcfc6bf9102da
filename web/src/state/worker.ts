// The service worker as the page sees it. Its one address is the only one that the page's policy (require-trusted-types-for) lets through.
import { PLACE } from "../push/kept.ts";
import { go, parse } from "./route.ts";

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
  // A notification was clicked.
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ open?: string }>) => {
    if (event.data.open?.startsWith("/")) go(parse(event.data.open));
  });
}

/** For the few whose browser is told of new mail; the others need not even load what it takes. */
export async function whenSubscribed(act: (part: typeof import("./notifications.ts")) => Promise<void>): Promise<void> {
  try {
    if (await caches.has(PLACE)) await act(await import("./notifications.ts"));
  } catch (error) {
    console.warn(`Notifications: ${(error as Error).message}`);
  }
}
