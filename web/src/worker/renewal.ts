// A subscription lives two weeks unless it is renewed; who gets mail keeps it alive, also if no window is ever opened.
import { ask } from "../push/ask.ts";
import { type Kept, keep, kept } from "../push/kept.ts";
import { subscribe } from "../push/subscribe.ts";

const DAY = 86_400_000;

export async function renew(now: Kept): Promise<void> {
  if (!now.subscription || Date.now() - (now.renewed ?? 0) < DAY) return;
  const expires = new Date(Date.now() + 14 * DAY).toISOString().replace(/\.\d+Z$/, "Z");
  const answers = await ask([["PushSubscription/set", { update: { [now.subscription]: { expires } } }]]);
  if (answers?.[0]?.updated) await keep({ renewed: Date.now() });
}

/** The browser has taken the old one away. */
export async function anew(registration: ServiceWorkerRegistration): Promise<void> {
  const now = await kept();
  if (now.device && now.key) await subscribe(registration, now.key, now.device);
}
