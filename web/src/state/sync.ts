// Keeps all that is on screen in step: an event says that something changed, the logs of changes say what.
import { signal } from "@preact/signals";
import { client, JmapError } from "../jmap/client.ts";
import { listen } from "../jmap/push.ts";
import type { Id } from "../jmap/types.ts";
import { forget, refresh } from "./emails.ts";
import { refreshList } from "./list.ts";
import { refreshMailboxes } from "./mailboxes.ts";
import { loadScheduled } from "./scheduled.ts";
import { refreshThreads } from "./threads.ts";
import { lookForNewer } from "./worker.ts";

export const connected = signal(true);
/** Ids of emails that came since the app looked; the list announces them politely. */
export const arrivals = signal(0);
let emailState = "";
let running = false;
let again = false;

/** From here on what changes is not missed: to be called before anything is loaded. */
export async function markState(): Promise<void> {
  const answer = await client.call<{ state: string }>("Email/get", { ids: [], properties: ["id"] });
  emailState = answer.state;
}

export function startSync(): () => void {
  return listen(
    (changed) => {
      void lookAgain();
      if ("EmailSubmission" in changed) void loadScheduled().catch(() => {});
    },
    (up) => {
      if (up && !connected.peek()) lookForNewer();
      connected.value = up;
    },
  );
}

/** One look at a time; what changes meanwhile causes one more. */
export async function lookAgain(): Promise<void> {
  again = true;
  if (running) return;
  running = true;
  try {
    while (again) {
      again = false;
      await Promise.all([refreshMailboxes(), emails()]);
      await refreshList();
    }
  } catch (error) {
    if (!(error instanceof JmapError)) throw error;
    if (error.type === "offline") connected.value = false;
  } finally {
    running = false;
  }
}

async function emails(): Promise<void> {
  try {
    const changes = await client.call<{
      newState: string;
      created: Id[];
      updated: Id[];
      destroyed: Id[];
      hasMoreChanges: boolean;
    }>("Email/changes", {
      sinceState: emailState,
      maxChanges: 500,
    });
    emailState = changes.newState;
    changes.destroyed.forEach(forget);
    arrivals.value += changes.created.length;
    // A letter may have joined a conversation whose row stays as it is.
    if (changes.created.length) setTimeout(() => void refreshThreads(changes.created).catch(() => {}));
    await refresh(changes.updated);
    if (changes.hasMoreChanges) await emails();
  } catch (error) {
    if (!(error instanceof JmapError) || error.type !== "cannotCalculateChanges") throw error;
    await markState();
  }
}
