// The subscription of this browser: asked of the browser, then told to the server, which proves it by a code that it pushes (the service
// worker tells that back). Used by the page and by the service worker.
import { ask } from "./ask.ts";
import { forgetAll, keep, kept } from "./kept.ts";

/** Throws what the browser or the server says against it. */
export async function subscribe(registration: ServiceWorkerRegistration, key: string, device: string): Promise<void> {
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = made.toJSON();
  const before = (await kept()).subscription;
  const answers = await ask([
    [
      "PushSubscription/set",
      {
        create: { mine: { deviceClientId: device, url: endpoint, keys, types: ["EmailDelivery"] } },
        ...(before ? { destroy: [before] } : {}),
      },
    ],
  ]);
  const answer = answers?.[0] as { created?: { mine?: { id: string } }; notCreated?: { mine?: { description?: string } } } | null;
  const id = answer?.created?.mine?.id;
  if (!id) {
    await made.unsubscribe();
    throw new Error(answer?.notCreated?.mine?.description ?? "The server did not take the subscription.");
  }
  await keep({ device, key, subscription: id, renewed: Date.now() });
}

export async function unsubscribe(registration: ServiceWorkerRegistration): Promise<void> {
  const { subscription } = await kept();
  await forgetAll();
  await (await registration.pushManager.getSubscription())?.unsubscribe();
  if (subscription) await ask([["PushSubscription/set", { destroy: [subscription] }]]);
}
