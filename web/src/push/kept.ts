// What page and service worker both have to know of the subscription of this browser: kept beside the shell, where both can read.
export interface Kept {
  /** The name of this browser to the server, by which an old subscription is replaced. */
  device?: string;
  /** The server's key (RFC 9749). */
  key?: string;
  /** The id of our PushSubscription. */
  subscription?: string;
  renewed?: number;
  /** The state of Email when we last looked. */
  state?: string;
}

export const PLACE = "push-1";
const NAME = "/push";

export async function kept(): Promise<Kept> {
  const found = await (await caches.open(PLACE)).match(NAME);
  return found ? ((await found.json()) as Kept) : {};
}

export async function keep(some: Kept): Promise<void> {
  const cache = await caches.open(PLACE);
  await cache.put(NAME, new Response(JSON.stringify({ ...(await kept()), ...some })));
}

export const forgetAll = (): Promise<boolean> => caches.delete(PLACE);
