// What a push message leads to (RFC 8620, section 7.2): the code that proves the subscription is told back; of new mail the user is told, with
// what the server says of it now. The message itself carries no mail.
import { ask, type Call } from "../push/ask.ts";
import { keep, kept } from "../push/kept.ts";
import { renew } from "./renewal.ts";
import { letterWords, noticesOf, type Told } from "./told.ts";

type Message =
  | { "@type": "PushVerification"; pushSubscriptionId: string; verificationCode: string }
  | { "@type": "StateChange"; changed: Record<string, Record<string, string>> };

function read(data: PushMessageData | null): Message | null {
  try {
    return data?.json() as Message;
  } catch {
    return null;
  }
}

export async function onPush(worker: ServiceWorkerGlobalScope, data: PushMessageData | null): Promise<void> {
  const message = read(data);
  if (message?.["@type"] === "PushVerification") {
    const { pushSubscriptionId: id, verificationCode } = message;
    await ask([["PushSubscription/set", { update: { [id]: { verificationCode } } }]]);
    await keep({ subscription: id, renewed: Date.now() });
  } else if (message?.["@type"] === "StateChange") {
    const account = Object.keys(message.changed)[0];
    if (account) await tell(worker, account);
  }
}

/** Only the letters that came since the last look; the first look goes by what the page kept when it subscribed. */
async function tell(worker: ServiceWorkerGlobalScope, accountId: string): Promise<void> {
  const now = await kept();
  const calls: Call[] = [
    ["Email/changes", { accountId, sinceState: now.state ?? "", maxChanges: 100 }],
    [
      "Email/get",
      {
        accountId,
        "#ids": { resultOf: "0", name: "Email/changes", path: "/created" },
        properties: ["id", "threadId", "mailboxIds", "keywords", "from", "subject", "preview", "receivedAt"],
      },
    ],
    ["Mailbox/get", { accountId, ids: null, properties: ["id", "role"] }],
    ["Email/get", { accountId, ids: [], properties: ["id"] }],
  ];
  const answers = await ask(calls);
  const words = letterWords(navigator.language);
  if (!answers) {
    await worker.registration.showNotification(words.newMail(1), { body: words.signIn, tag: "new", icon: "/icon-192.png" });
    return;
  }
  const [changes, emails, mailboxes, newest] = answers;
  const state = (changes?.newState ?? newest?.state) as string | undefined;
  await keep(state ? { state } : {});
  const windows = await worker.clients.matchAll({ type: "window" });
  // Who looks at the list sees it there.
  if (!windows.some((one) => one.focused))
    for (const one of noticesOf(
      (emails?.list ?? []) as Told[],
      (mailboxes?.list ?? []) as { id: string; role: string | null }[],
      words,
    ))
      await worker.registration.showNotification(one.title, one);
  await renew(now);
}

/** Opens what a notification is about: in a window that is there, else in a new one. */
export async function show(worker: ServiceWorkerGlobalScope, notification: Notification): Promise<void> {
  notification.close();
  const path = (notification.data as { path?: string } | null)?.path ?? "/mail/inbox";
  const windows = await worker.clients.matchAll({ type: "window" });
  const one = windows.find((window) => window.focused) ?? windows[0];
  if (!one) {
    await worker.clients.openWindow(path);
    return;
  }
  one.postMessage({ open: path });
  await one.focus().catch(() => {});
}
