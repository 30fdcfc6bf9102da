// Who is signed in here, from the first request of the page to the last.
import { signal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { client, signOut } from "../jmap/client.ts";
import type { Id } from "../jmap/types.ts";
import { loadMailboxes } from "./mailboxes.ts";
import { markState, startSync } from "./sync.ts";
import { say } from "./toast.ts";
import { whenSubscribed } from "./worker.ts";

export type Presence = "starting" | "out" | "in" | "leaving" | "unreachable";
export const presence = signal<Presence>("starting");
let stop: (() => void) | undefined;
let owner: Id | undefined;

export async function start(): Promise<void> {
  try {
    if (!(await client.open())) {
      presence.value = "out";
      return;
    }
    // Nothing that was loaded for one account is left in the page of another.
    if (owner && owner !== client.accountId) return location.reload();
    owner = client.accountId;
    client.onSignedOut = () => {
      if (presence.peek() === "leaving") return;
      stop?.();
      presence.value = "out";
    };
    await Promise.all([markState(), loadMailboxes()]);
    presence.value = "in";
    stop = startSync();
    setTimeout(() => void whenSubscribed((part) => part.keepOn()), 2000);
  } catch {
    presence.value = "unreachable";
  }
}

/** Signs out. Nobody can write while `save` puts all that was written on the server; it answers whether to go on. The page is loaded anew at
 * the end, so that nothing of the mail is left in it; before that no form is shown, which would lose what is typed into it. */
export async function leave(save: () => Promise<boolean>): Promise<void> {
  if (presence.peek() !== "in") return;
  presence.value = "leaving";
  try {
    if (!(await save())) {
      presence.value = "in";
      return;
    }
    presence.value = "leaving";
    await whenSubscribed((part) => part.endHere());
    await signOut();
    stop?.();
    location.replace("/");
  } catch {
    presence.value = "in";
    say(t().stillSignedIn, { kind: "failed" });
  }
}
