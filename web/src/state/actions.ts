// What can be done to messages. Each act shows at once, is sent, and can be taken back; a refusal puts everything back and says why.
import { batch as together } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { client, from, JmapError } from "../jmap/client.ts";
import type { Email, Id } from "../jmap/types.ts";
import { email, LIST_PROPERTIES, learn, pretend } from "./emails.ts";
import { hide } from "./list.ts";
import { createMailbox, find, fullName, mailbox, withRole } from "./mailboxes.ts";
import { route } from "./route.ts";
import { clear } from "./selection.ts";
import { settings } from "./settings.ts";
import { expire, keepBack, remember, say, sayFailed } from "./toast.ts";

type Patch = Record<string, unknown>;
type Change = { id: Id; patch: Patch; back: Patch; shown: Partial<Email> };
const AT_ONCE = 500;

/** The messages meant by rows: themselves, or with conversations the rest of their threads too (what is in Trash or Junk stays out). */
async function meant(rows: readonly Id[], wholeThreads: boolean): Promise<Email[]> {
  const known = rows.map((id) => email(id).peek()).filter((one) => one !== undefined);
  if (!wholeThreads || !settings.peek().conversations) return known;
  const threads = [...new Set(known.map((one) => one.threadId))];
  const all: Email[] = [];
  for (let i = 0; i < threads.length; i += 100) {
    const [, emails] = (await client.batch([
      ["Thread/get", { ids: threads.slice(i, i + 100) }],
      ["Email/get", { "#ids": from(0, "Thread/get", "/list/*/emailIds"), properties: LIST_PROPERTIES }],
    ])) as [unknown, { list: Email[] }];
    all.push(...emails.list);
  }
  learn(all);
  const here = route.peek().view === "mail" ? find(route.peek().place) : undefined;
  const away = new Set([withRole("trash")?.id, withRole("junk")?.id].filter((id) => id !== here?.id));
  return all.filter((one) => !Object.keys(one.mailboxIds).every((id) => away.has(id)) || rows.includes(one.id));
}

async function send(changes: Change[], which: "patch" | "back"): Promise<void> {
  for (let i = 0; i < changes.length; i += AT_ONCE)
    await client.set("Email", { update: Object.fromEntries(changes.slice(i, i + AT_ONCE).map((one) => [one.id, one[which]])) });
}

/** Shows, sends, and offers the way back. `leaves`: the rows go from this list. */
async function act(rows: readonly Id[], changes: Change[], done: string | null, leaves: boolean): Promise<void> {
  if (!changes.length) return;
  const back: (() => void)[] = [];
  together(() => {
    for (const one of changes) back.push(pretend(one.id, one.shown));
    if (leaves) back.push(hide(new Set(rows)));
  });
  clear();
  const showBack = () =>
    together(() => {
      for (const one of back) one();
    });
  const sent = send(changes, "patch");
  let takenBack = false;
  // The way back is there from the first moment: who presses z at once means this, not what was done before.
  const undo = async () => {
    takenBack = true;
    showBack();
    const arrived = await sent.then(
      () => true,
      () => false,
    );
    if (arrived) await send(changes, "back");
  };
  if (done === null) keepBack(undo);
  else remember(undo);
  try {
    await sent;
    if (done !== null && !takenBack) say(done, { undo });
  } catch (error) {
    expire(undo);
    if (!takenBack) showBack();
    sayFailed(error);
  }
}

const stateOf = (one: Email): Patch => ({ mailboxIds: one.mailboxIds, keywords: one.keywords });

function moved(one: Email, mailboxIds: Record<Id, boolean>, keywords: Record<string, boolean> = one.keywords): Change {
  return { id: one.id, patch: { mailboxIds, keywords }, back: stateOf(one), shown: { mailboxIds, keywords } };
}

function flagged(one: Email, keyword: string, on: boolean): Change {
  const keywords = { ...one.keywords };
  if (on) keywords[keyword] = true;
  else delete keywords[keyword];
  const path = `keywords/${keyword}`;
  return {
    id: one.id,
    patch: { [path]: on || null },
    back: { [path]: one.keywords[keyword] ? true : null },
    shown: { keywords },
  };
}

export async function roleOrNew(role: string, name: string): Promise<Id> {
  return withRole(role)?.id ?? (await createMailbox(name, null, role));
}

export async function moveTo(rows: readonly Id[], target: Id): Promise<void> {
  const list = await meant(rows, true);
  const here = route.peek().view === "mail" ? find(route.peek().place)?.id : undefined;
  const own = list.filter((one) => !here || one.mailboxIds[here] || rows.includes(one.id));
  const name = mailbox(target) ? fullName(mailbox(target)!) : "";
  const changes = own.map((one) => moved(one, here ? { ...without(one.mailboxIds, here), [target]: true } : { [target]: true }));
  await act(rows, changes, t().movedTo(changes.length, name), route.peek().view === "mail");
}

export function without<T>(all: Record<string, T>, key: string): Record<string, T> {
  const { [key]: _, ...rest } = all;
  return rest;
}

/** `quietly`: something more important is being said; the way back is kept all the same. */
export async function archive(rows: readonly Id[], quietly = false): Promise<void> {
  const target = await roleOrNew("archive", "Archive");
  const inbox = withRole("inbox")?.id ?? "";
  const list = (await meant(rows, true)).filter((one) => one.mailboxIds[inbox] || rows.includes(one.id));
  const changes = list.map((one) => moved(one, { ...without(one.mailboxIds, inbox), [target]: true }));
  const leaves = route.peek().view === "mail" && route.peek().place !== "archive";
  await act(rows, changes, quietly ? null : t().archived(changes.length), leaves);
}

/** To Trash; from Trash or Junk for good, after a question, since nothing can bring it back. Answers false to a no. */
export async function remove(rows: readonly Id[], sure: (question: string) => Promise<boolean>): Promise<boolean> {
  const list = await meant(rows, true);
  const trash = await roleOrNew("trash", "Trash");
  const here = route.peek().view === "mail" ? find(route.peek().place) : undefined;
  if (here?.id === trash || here?.role === "junk") {
    const own = list.filter((one) => one.mailboxIds[here.id]);
    if (!(await sure(t().destroyQuestion(own.length)))) return false;
    const showBack = hide(new Set(rows));
    clear();
    try {
      for (let i = 0; i < own.length; i += AT_ONCE)
        await client.set("Email", { destroy: own.slice(i, i + AT_ONCE).map((one) => one.id) });
      say(t().destroyed(own.length));
    } catch (error) {
      showBack();
      sayFailed(error);
    }
    return true;
  }
  const changes = list.map((one) => moved(one, { [trash]: true }));
  await act(rows, changes, t().trashed(changes.length), true);
  return true;
}

/** Junk and back. The keywords $junk and $notjunk go with the mailbox, so that no two places disagree. */
export async function junk(rows: readonly Id[]): Promise<void> {
  const target = await roleOrNew("junk", "Junk");
  const out = route.peek().place === "junk";
  const inbox = withRole("inbox")!.id;
  const changes = (await meant(rows, true)).map((one) => {
    const keywords = without(without(one.keywords, "$junk"), "$notjunk");
    return moved(one, { [out ? inbox : target]: true }, { ...keywords, [out ? "$notjunk" : "$junk"]: true });
  });
  await act(rows, changes, out ? t().notJunked(changes.length) : t().junked(changes.length), true);
}

export async function markRead(rows: readonly Id[], read: boolean, quietly = false): Promise<void> {
  const changes = (await meant(rows, true))
    .filter((one) => Boolean(one.keywords.$seen) !== read)
    .map((one) => flagged(one, "$seen", read));
  if (!quietly) return act(rows, changes, read ? t().markedRead(changes.length) : t().markedUnread(changes.length), false);
  for (const one of changes) pretend(one.id, one.shown);
  await send(changes, "patch");
}

export async function star(rows: readonly Id[]): Promise<void> {
  const list = await meant(rows, false);
  const on = !list.every((one) => one.keywords.$flagged);
  await act(
    rows,
    list.map((one) => flagged(one, "$flagged", on)),
    on ? t().starred(list.length) : t().unstarred(list.length),
    false,
  );
}

export async function mute(rows: readonly Id[]): Promise<void> {
  const list = await meant(rows, true);
  const on = !list.every((one) => one.keywords.$muted);
  await act(
    rows,
    list.map((one) => flagged(one, "$muted", on)),
    on ? t().muted : t().unmuted,
    false,
  );
}

/** A label is a mailbox that a message is in as well. */
export async function label(rows: readonly Id[], target: Id, on: boolean): Promise<void> {
  const changes = (await meant(rows, true)).flatMap((one) => {
    const mailboxIds = on ? { ...one.mailboxIds, [target]: true } : without(one.mailboxIds, target);
    return Object.keys(mailboxIds).length ? [moved(one, mailboxIds)] : [];
  });
  const name = mailbox(target) ? fullName(mailbox(target)!) : "";
  await act(rows, changes, on ? t().labelled(changes.length, name) : t().unlabelled(changes.length, name), false);
}

/** Back to the inbox at a time; the server wakes it (capability urn:posthorn:snooze). */
export async function snooze(rows: readonly Id[], until: Date): Promise<void> {
  try {
    const list = await meant(rows, true);
    const target = await roleOrNew("snoozed", "Snoozed");
    const inbox = withRole("inbox")!.id;
    const changes = list.map((one) => {
      const mailboxIds = { ...without(one.mailboxIds, inbox), [target]: true };
      return {
        id: one.id,
        patch: { mailboxIds, snoozed: { until: until.toISOString().replace(/\.\d+Z$/, "Z"), moveToMailboxId: inbox } },
        back: { ...stateOf(one), snoozed: null },
        shown: { mailboxIds },
      };
    });
    await act(rows, changes, t().snoozed(changes.length, until), route.peek().place !== "snoozed");
  } catch (error) {
    sayFailed(error instanceof JmapError ? error : new Error(String(error)));
  }
}
