// Sending a draft, with time to undo. The server holds a letter back (RFC 4865), so undo and scheduled sending work with the browser closed.
import { fullDate, t } from "../i18n/t.ts";
import { client, JmapError } from "../jmap/client.ts";
import type { EmailSubmission, Id } from "../jmap/types.ts";
import { settings } from "../state/settings.ts";
import { lookAgain } from "../state/sync.ts";
import { expire, say } from "../state/toast.ts";
import { isAddress } from "./addresses.ts";
import { speaksOfAttachment } from "./answer.ts";
import { boxes, type Draft, draftOf, drafts, identityOf, open, save, show } from "./drafts.ts";
import { type Content, drop, keep } from "./kept.ts";

/** What speaks against sending as it is: first what forbids it, then what is asked once. */
export function objections({ content }: Draft): { refused?: string; ask?: string[] } {
  const all = [...content.to, ...content.cc, ...content.bcc];
  if (!all.length) return { refused: t().noRecipients };
  const bad = all.find((who) => !isAddress(who.email));
  if (bad) return { refused: t().badAddress(bad.email) };
  const ask: string[] = [];
  if (!content.attachments.length && speaksOfAttachment(content.html)) ask.push(t().forgotten);
  if (!content.subject.trim()) ask.push(t().emptySubject);
  if (all.length > 10) ask.push(t().manyRecipients(all.length));
  return { ask };
}

export async function send(one: Draft, at: Date | null): Promise<void> {
  one.state.value = "folded";
  const waiting = [...one.uploads.values()].map((upload) => upload.done);
  if (waiting.length) {
    say(t().uploadsFirst);
    await Promise.all(waiting);
  }
  const { content } = one;
  if (one.saved.peek() === "clean") one.saved.value = "device";
  await save(one);
  const { draftsId, sentId } = await boxes();
  const identity = identityOf(content);
  const hold = at ? Math.ceil((at.getTime() - Date.now()) / 1000) : settings.peek().undoSeconds + 5;
  const emailId = content.emailId!;
  const answer = await client.call<{
    created: Record<string, EmailSubmission> | null;
    notCreated: Record<string, { description?: string; type: string }> | null;
  }>("EmailSubmission/set", {
    create: {
      letter: {
        emailId,
        identityId: identity?.id,
        envelope: {
          mailFrom: {
            email: identity?.email ?? client.session.username,
            parameters: hold > 0 ? { HOLDFOR: String(hold) } : null,
          },
          rcptTo: [...content.to, ...content.cc, ...content.bcc].map(({ email }) => ({ email, parameters: null })),
        },
      },
    },
    onSuccessUpdateEmail: {
      "#letter": { [`mailboxIds/${draftsId}`]: null, [`mailboxIds/${sentId}`]: true, "keywords/$draft": null },
    },
  });
  const refused = answer.notCreated?.letter;
  if (refused) {
    one.state.value = "open";
    throw new Error(refused.description ?? refused.type);
  }
  drafts.value = drafts.peek().filter((other) => other !== one);
  drop(content.key);
  const { about } = content;
  if (about) void client.set("Email", { update: { [about.id]: { [`keywords/${about.keyword}`]: true } } }).catch(() => {});
  const submission = answer.created!.letter!.id;
  const undo = () => takeBack(submission, content, draftsId, sentId);
  if (at) say(t().scheduled(fullDate(at.toISOString())), { undo });
  else {
    const seconds = settings.peek().undoSeconds;
    say(t().sending(seconds), { undo, seconds });
    setTimeout(() => expire(undo), seconds * 1000);
  }
  void lookAgain();
}

/** A letter that has not left yet, whenever it was written: it is a draft again, and open. */
export async function stopSending(submission: Id, emailId: Id): Promise<void> {
  const { draftsId, sentId } = await boxes();
  await cancel(submission, emailId, draftsId, sentId);
  await open("edit", emailId);
  say(t().unsent);
  void lookAgain();
}

async function cancel(submission: Id, emailId: Id, draftsId: Id, sentId: Id): Promise<void> {
  try {
    await client.set("EmailSubmission", { update: { [submission]: { undoStatus: "canceled" } } });
  } catch (error) {
    throw error instanceof JmapError && error.type === "cannotUnsend" ? new Error(t().tooLate) : error;
  }
  await client.set("Email", {
    update: { [emailId]: { [`mailboxIds/${sentId}`]: null, [`mailboxIds/${draftsId}`]: true, "keywords/$draft": true } },
  });
}

async function takeBack(submission: Id, content: Content, draftsId: Id, sentId: Id): Promise<void> {
  await cancel(submission, content.emailId!, draftsId, sentId);
  const again = draftOf(content);
  again.saved.value = "server";
  show(again);
  keep(content);
  say(t().unsent);
}
