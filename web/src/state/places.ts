// What can be done to mailboxes themselves: a new name, away with it, away with what is in it.
import { t } from "../i18n/t.ts";
import { client, from } from "../jmap/client.ts";
import type { Email, Id, Mailbox } from "../jmap/types.ts";
import { roleOrNew, without } from "./actions.ts";
import { LIST_PROPERTIES } from "./emails.ts";
import { refreshMailboxes } from "./mailboxes.ts";
import { go, route } from "./route.ts";
import { lookAgain } from "./sync.ts";
import { say } from "./toast.ts";

const AT_ONCE = 500;
type Patch = Record<string, unknown>;

/** Everything in a mailbox, in steps: each Email is patched, or destroyed where there is no patch. */
async function each(mailboxId: Id, patch: (one: Email) => Patch | null): Promise<void> {
  for (;;) {
    const [found, emails] = (await client.batch([
      ["Email/query", { filter: { inMailbox: mailboxId }, limit: AT_ONCE, calculateTotal: true }],
      ["Email/get", { "#ids": from(0, "Email/query", "/ids"), properties: LIST_PROPERTIES }],
    ])) as [{ total: number }, { list: Email[] }];
    if (!emails.list.length) return;
    const update: Record<Id, Patch> = {};
    const destroy: Id[] = [];
    for (const one of emails.list) {
      const to = patch(one);
      if (to) update[one.id] = to;
      else destroy.push(one.id);
    }
    await client.set("Email", { update, destroy });
    if (found.total <= emails.list.length) return;
  }
}

export async function rename(box: Mailbox, name: string): Promise<void> {
  const set = async (name: string) => {
    await client.set("Mailbox", { update: { [box.id]: { name } } });
    await refreshMailboxes();
  };
  await set(name);
  say(t().renamed(name), { undo: () => set(box.name) });
}

/** No letter goes with a label: what is nowhere else goes to the archive. */
export async function removeMailbox(box: Mailbox): Promise<void> {
  const archive = await roleOrNew("archive", "Archive");
  await each(box.id, (one) => {
    const rest = without(one.mailboxIds, box.id);
    return { mailboxIds: Object.keys(rest).length ? rest : { [archive]: true } };
  });
  await client.set("Mailbox", { destroy: [box.id] });
  if (route.peek().place === box.id) go({ view: "mail", place: "inbox" });
  await refreshMailboxes();
  say(t().removedLabel(box.name));
}

/** For good; a letter that is elsewhere too only leaves this place. */
export async function empty(box: Mailbox): Promise<void> {
  const count = box.totalEmails;
  await each(box.id, (one) => {
    const rest = without(one.mailboxIds, box.id);
    return Object.keys(rest).length ? { mailboxIds: rest } : null;
  });
  await lookAgain();
  say(t().destroyed(count));
}
