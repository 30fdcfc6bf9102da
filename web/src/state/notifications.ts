// Whether this browser is told of new mail while no window is open.
import { signal } from "@preact/signals";
import { client } from "../jmap/client.ts";
import { ask } from "../push/ask.ts";
import { keep, kept } from "../push/kept.ts";
import { subscribe, unsubscribe } from "../push/subscribe.ts";

export const told = signal(false);

/** The server's key (RFC 9749); nothing where the browser or the server cannot do it. */
export function pushKey(): string | null {
  const here = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
  const key = client.session.capabilities["urn:ietf:params:jmap:webpush-vapid"]?.applicationServerKey;
  return here && typeof key === "string" ? key : null;
}

export async function look(): Promise<void> {
  told.value = Boolean((await kept()).subscription) && Notification.permission === "granted";
}

async function begin(key: string): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  const device = (await kept()).device ?? crypto.randomUUID();
  await subscribe(registration, key, device);
  // What is there already is not told of.
  const answers = await ask([["Email/get", { accountId: client.accountId, ids: [], properties: ["id"] }]]);
  const state = answers?.[0]?.state;
  if (typeof state === "string") await keep({ state });
}

/** Answers whether the user lets us. */
export async function switchOn(): Promise<boolean> {
  const key = pushKey();
  if (!key || (await Notification.requestPermission()) !== "granted") return false;
  await begin(key);
  await look();
  return true;
}

export async function switchOff(): Promise<void> {
  await unsubscribe(await navigator.serviceWorker.ready);
  await look();
}

/** At the start: what was switched on is still so, also if browser or server have lost it; and it lives on for its time. */
export async function keepOn(): Promise<void> {
  const key = pushKey();
  const now = key ? await kept() : {};
  if (!key || !now.subscription || Notification.permission !== "granted") return;
  const registration = await navigator.serviceWorker.ready;
  const here = await registration.pushManager.getSubscription();
  const there = await ask([["PushSubscription/get", { ids: [now.subscription], properties: ["id"] }]]);
  const known = (there?.[0]?.list as unknown[] | undefined)?.length;
  if (!here || !known || now.key !== key) await begin(key);
}

/** Who signs out is told nothing any more on this device. */
export async function endHere(): Promise<void> {
  if ((await kept()).subscription) await unsubscribe(await navigator.serviceWorker.ready);
}
