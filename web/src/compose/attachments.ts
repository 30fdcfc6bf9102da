// Files that go with a draft: sent up in the background while one writes, no more at once than the server takes. One that fails stays in sight
// with its reason, and is kept here to be tried again.
import { signal } from "@preact/signals";
import { size, t } from "../i18n/t.ts";
import { client, JmapError } from "../jmap/client.ts";
import { reason, sayFailed } from "../state/toast.ts";
import { parseInert } from "../ui/inert.ts";
import { changed, type Draft, drafts, touch } from "./drafts.ts";
import type { Attachment } from "./kept.ts";

const core = () => client.session.capabilities["urn:ietf:params:jmap:core"];
let underWay = 0;
const turns: (() => void)[] = [];

async function inTurn<T>(what: () => Promise<T>): Promise<T> {
  if (underWay < Number(core()?.maxConcurrentUpload ?? 4)) underWay += 1;
  else await new Promise<void>((turn) => turns.push(turn));
  try {
    return await what();
  } finally {
    const turn = turns.shift();
    if (turn) turn();
    else underWay -= 1;
  }
}

export function attach(one: Draft, files: Iterable<File>, inline = false): { entry: Attachment; file: File }[] {
  const limit = Number(core()?.maxSizeUpload ?? 50_000_000);
  const added: { entry: Attachment; file: File }[] = [];
  for (const file of files) {
    if (file.size > limit) {
      sayFailed(new Error(t().tooLarge(file.name, size(limit))));
      continue;
    }
    const entry: Attachment = {
      key: crypto.randomUUID(),
      name: file.name || "image.png",
      type: file.type || "application/octet-stream",
      size: file.size,
      blobId: null,
      cid: inline ? `${crypto.randomUUID()}@posthorn` : null,
    };
    one.content.attachments.push(entry);
    sendUp(one, entry, file);
    added.push({ entry, file });
  }
  changed(one, {});
  touch(one);
  return added;
}

function sendUp(one: Draft, entry: Attachment, file: File): void {
  const share = signal(0);
  const stop = new AbortController();
  one.failures.delete(entry.key);
  const upload = () => {
    if (stop.signal.aborted) throw new JmapError("aborted", "");
    return client.upload(file, entry.type, (now) => void (share.value = now), stop.signal);
  };
  const done = inTurn(async () => upload())
    .then(
      ({ blobId }) => {
        entry.blobId = blobId;
        one.uploads.delete(entry.key);
        changed(one, {});
      },
      (error: Error) => {
        one.uploads.delete(entry.key);
        if (error instanceof JmapError && error.type === "aborted") return;
        const final = error instanceof JmapError && error.type === "tooLarge";
        one.failures.set(entry.key, { why: reason(error), file: final ? null : file });
        // Its sheet is closed, so that nobody would see it there.
        if (!drafts.peek().includes(one)) sayFailed(new Error(`${entry.name}: ${reason(error)}`));
      },
    )
    .finally(() => touch(one));
  one.uploads.set(entry.key, { share, stop, done, file });
}

export function tryAgain(one: Draft, key: string): void {
  const file = one.failures.get(key)?.file;
  const entry = one.content.attachments.find((other) => other.key === key);
  if (file && entry) sendUp(one, entry, file);
  touch(one);
}

export function detach(one: Draft, key: string): void {
  one.uploads.get(key)?.stop.abort();
  one.failures.delete(key);
  const gone = one.content.attachments.find((entry) => entry.key === key);
  changed(one, { attachments: one.content.attachments.filter((entry) => entry.key !== key) });
  if (gone?.cid) takeOut(one, gone.cid);
  touch(one);
}

/** A picture that does not come along leaves no hole in the text. */
function takeOut(one: Draft, cid: string): void {
  const which = `img[data-cid="${CSS.escape(cid)}"]`;
  for (const image of document.querySelectorAll(`.editor ${which}`)) image.remove();
  const page = parseInert(one.content.html);
  for (const image of page.querySelectorAll(which)) image.remove();
  changed(one, { html: page.innerHTML });
}
