// The service worker: the shell of the app starts without the network, and new mail is told of while no window is open. Of mail nothing is
// kept here.
import { onPush, show } from "./push.ts";
import { anew } from "./renewal.ts";

declare const self: ServiceWorkerGlobalScope;

/** Made by build.mjs: the name tells one build from another, so that of an older one nothing is left. */
declare const SHELL: { name: string; files: string[] };
const KEEP = SHELL.name;
const PAGES = /^\/(?:(?:mail|search|settings|contacts)(?:\/.*)?)?$/;

self.addEventListener("install", (event) =>
  event.waitUntil(
    (async () => {
      await (await caches.open(KEEP)).addAll(["/", ...SHELL.files]);
      await self.skipWaiting();
    })(),
  ),
);
self.addEventListener("activate", (event) =>
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== KEEP) await caches.delete(name);
      await self.clients.claim();
    })(),
  ),
);

/** Hashed files never change. */
async function kept(request: Request): Promise<Response> {
  const cache = await caches.open(KEEP);
  const found = await cache.match(request);
  if (found) return found;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(request, fresh.clone());
  return fresh;
}

/** All pages are one file, which names the hashed ones: the newest that can be had. */
async function page(request: Request): Promise<Response> {
  const cache = await caches.open(KEEP);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put("/", fresh.clone());
    return fresh;
  } catch (error) {
    const found = await cache.match("/");
    if (found) return found;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && PAGES.test(url.pathname)) event.respondWith(page(event.request));
  else if (/^\/app\/|\.(?:svg|png|webmanifest)$/.test(url.pathname) && !url.pathname.startsWith("/jmap/"))
    event.respondWith(kept(event.request));
});

self.addEventListener("push", (event) => event.waitUntil(onPush(self, event.data)));
self.addEventListener("notificationclick", (event) => event.waitUntil(show(self, event.notification)));
self.addEventListener("pushsubscriptionchange", (event) => (event as ExtendableEvent).waitUntil(anew(self.registration)));
