// Sending a draft, with time to undo. The server holds a letter back (RFC 4865), so undo and scheduled sending work with the browser closed.
import { fullDate, t } from "../i18n/t.ts";
import { client, JmapError } from "../jmap/client.ts";
import type { EmailSubmission, Id } from "../jmap/types.ts";
import { loadScheduled } from "../state/scheduled.ts";
import { settings } from "../state/settings.ts";
import { lookAgain } from "../state/sync.ts";
import { expire, reason, say } from "../state/toast.ts";
import { isAddress } from "./addresses.ts";
import { speaksOfAttachment } from "./answer.ts";
import { boxes, type Draft, draftOf, drafts, failedNames, identityOf, open, save, show } from "./drafts.ts";
import { type Content, drop, keep } from "./kept.ts";

/** What speaks against sending as it is: first what forbids it, then what is asked once. */
export function objections(one: Draft): { refused?: string; ask?: string[] } {
  const { content } = one;
  const all = [...content.to, ...content.cc, ...content.bcc];
  if (!all.length) return { refused: t().noRecipients };
  const bad = all.find((who) => !isAddress(who.email));
  if (bad) return { refused: t().badAddress(bad.email) };
  if (one.failures.size) return { refused: t().filesFailed(failedNames(one)) };
  const ask: string[] = [];
  if (!content.attachments.length && speaksOfAttachment(content.html)) ask.push(t().forgotten);
  if (!content.subject.trim()) ask.push(t().emptySubject);
  if (all.length > 10) ask.push(t().manyRecipients(all.length));
  return { ask };
}

interface Letter {
  emailId: Id;
  identityId: Id | undefined;
  from: string;
  to: readonly string[];
}

/** Hands a draft to the server, which holds it until then (null: for the time to undo), and is in Sent from now on. */
async function submit(letter: Letter, at: Date | null): Promise<Id> {
  const { draftsId, sentId } = await boxes();
  const hold = at ? Math.ceil((at.getTime() - Date.now()) / 1000) : settings.peek().undoSeconds + 5;
  const answer = await client.set("EmailSubmission", {
    create: {
      letter: {
        emailId: letter.emailId,
        identityId: letter.identityId,
        envelope: {
          mailFrom: { email: letter.from, parameters: hold > 0 ? { HOLDFOR: String(hold) } : null },
          rcptTo: letter.to.map((email) => ({ email, parameters: null })),
        },
      },
    },
    onSuccessUpdateEmail: {
      "#letter": { [`mailboxIds/${draftsId}`]: null, [`mailboxIds/${sentId}`]: true, "keywords/$draft": null },
    },
  });
  return answer.created!.letter!.id;
}

export async function send(one: Draft, at: Date | null): Promise<void> {
  one.state.value = "folded";
  const waiting = [...one.uploads.values()].map((upload) => upload.done);
  if (waiting.length) {
    say(t().uploadsFirst);
    await Promise.all(waiting);
    if (one.failures.size) throw new Error(t().filesFailed(failedNames(one)));
  }
  const { content } = one;
  if (one.saved.peek() === "clean") one.saved.value = "device";
  await save(one);
  const identity = identityOf(content);
  const emailId = content.emailId!;
  const submission = await submit(
    {
      emailId,
      identityId: identity?.id,
      from: identity?.email ?? client.session.username,
      to: [...content.to, ...content.cc, ...content.bcc].map(({ email }) => email),
    },
    at,
  );
  drafts.value = drafts.peek().filter((other) => other !== one);
  drop(content.key);
  const { about } = content;
  if (about) void client.set("Email", { update: { [about.id]: { [`keywords/${about.keyword}`]: true } } }).catch(() => {});
  const undo = () => takeBack(submission, content);
  if (at) say(t().scheduled(fullDate(at.toISOString())), { undo });
  else sayItGoes(undo);
  void lookAgain();
}

function sayItGoes(undo: () => Promise<void>): void {
  const seconds = settings.peek().undoSeconds;
  say(t().sending(seconds), { undo, seconds });
  setTimeout(() => expire(undo), seconds * 1000);
}

/** A letter that has not left yet, whenever it was written: it is a draft again, and open. */
export async function stopSending(submission: Id, emailId: Id): Promise<void> {
  await cancel(submission);
  await open("edit", emailId);
  say(t().unsent);
  void lookAgain();
}

/** For a letter of which only the queue still has a copy. */
export async function forget(one: EmailSubmission): Promise<void> {
  await cancel(one.id);
  say(t().takenBack);
}

/** Another time for a letter that waits, or (null) now, with the usual time to undo. In between it is a draft: whatever stops us, it is
 * never taken for sent. */
export async function sendAt(one: EmailSubmission, at: Date | null): Promise<void> {
  const { envelope, emailId } = one;
  if (!envelope) throw new Error(t().bodyFailed);
  if (at && at.getTime() <= Date.now()) throw new Error(t().timeIsOver);
  await cancel(one.id);
  let submission: Id;
  try {
    const to = envelope.rcptTo.map(({ email }) => email);
    submission = await submit({ emailId, identityId: one.identityId, from: envelope.mailFrom.email, to }, at);
  } catch (error) {
    throw new Error(t().nowADraft(reason(error)));
  } finally {
    void lookAgain();
    await loadScheduled().catch(() => {});
  }
  const before = new Date(one.sendAt);
  if (at) say(t().scheduled(fullDate(at.toISOString())), { undo: () => sendAt({ ...one, id: submission }, before) });
  else sayItGoes(() => stopSending(submission, emailId));
}

/** Takes a letter out of the queue and puts it among the drafts, in one step. Only if it is as we know it: where two windows do something
 * with the same letter, the second is told so and does nothing. */
async function cancel(submission: Id): Promise<void> {
  const { draftsId, sentId } = await boxes();
  for (let tries = 0; ; tries += 1) {
    const { list, state } = await client.call<{ list: EmailSubmission[]; state: string }>("EmailSubmission/get", {
      ids: [submission],
      properties: ["undoStatus"],
    });
    const now = list[0]?.undoStatus;
    if (now === "final") throw new Error(t().tooLate);
    if (now !== "pending") throw new Error(t().changedElsewhere);
    try {
      await client.set("EmailSubmission", {
        ifInState: state,
        update: { [submission]: { undoStatus: "canceled" } },
        onSuccessUpdateEmail: {
          [submission]: { [`mailboxIds/${sentId}`]: null, [`mailboxIds/${draftsId}`]: true, "keywords/$draft": true },
        },
      });
      return;
    } catch (error) {
      if (!(error instanceof JmapError)) throw error;
      if (error.type === "cannotUnsend") throw new Error(t().tooLate);
      // Something else of this account's mail on its way changed meanwhile: look again.
      if (error.type !== "stateMismatch" || tries === 5) throw error;
    }
  }
}

async function takeBack(submission: Id, content: Content): Promise<void> {
  await cancel(submission);
  const again = draftOf(content);
  again.saved.value = "server";
  show(again);
  keep(content);
  say(t().unsent);
}
