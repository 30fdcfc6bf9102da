// Letters that wait on the server for their time (RFC 8621, section 7; RFC 4865), as the server tells them.
import { computed, signal } from "@preact/signals";
import { client, from } from "../jmap/client.ts";
import type { Email, EmailSubmission } from "../jmap/types.ts";
import { LIST_PROPERTIES, learn } from "./emails.ts";

/** What is held no longer than this, in seconds, only waits for who may want it back at once: that is no letter for later. */
const AT_ONCE = 60;
const MOST = 500;

export const scheduled = signal<readonly EmailSubmission[]>([]);
export const scheduledEmails = computed(() => new Set(scheduled.value.map((one) => one.emailId)));
let looks = 0;

function isForLater({ envelope }: EmailSubmission): boolean {
  const { HOLDFOR, HOLDUNTIL } = envelope?.mailFrom.parameters ?? {};
  return Boolean(HOLDUNTIL) || Number(HOLDFOR) > AT_ONCE;
}

export async function loadScheduled(): Promise<void> {
  if (!client.can("urn:ietf:params:jmap:submission")) return;
  looks += 1;
  const mine = looks;
  const [, found, emails] = (await client.batch([
    [
      "EmailSubmission/query",
      { filter: { undoStatus: "pending" }, sort: [{ property: "sendAt", isAscending: true }], limit: MOST },
    ],
    ["EmailSubmission/get", { "#ids": from(0, "EmailSubmission/query", "/ids") }],
    ["Email/get", { "#ids": from(1, "EmailSubmission/get", "/list/*/emailId"), properties: LIST_PROPERTIES }],
  ])) as [unknown, { list: EmailSubmission[] }, { list: Email[] }];
  if (mine !== looks) return;
  learn(emails.list);
  scheduled.value = found.list.filter(isForLater).sort((a, b) => Date.parse(a.sendAt) - Date.parse(b.sendAt));
}
