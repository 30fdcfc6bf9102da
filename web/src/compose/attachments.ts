// Files that go with a draft: sent up in the background while one writes.
import { signal } from "@preact/signals";
import { size, t } from "../i18n/t.ts";
import { client, JmapError } from "../jmap/client.ts";
import { sayFailed } from "../state/toast.ts";
import { changed, type Draft } from "./drafts.ts";
import type { Attachment } from "./kept.ts";

export function attach(one: Draft, files: Iterable<File>, inline = false): Attachment[] {
  const limit = Number(client.session.capabilities["urn:ietf:params:jmap:core"]?.maxSizeUpload ?? 50_000_000);
  const added: Attachment[] = [];
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
    const share = signal(0);
    const stop = new AbortController();
    const done = client
      .upload(file, entry.type, (now) => void (share.value = now), stop.signal)
      .then(({ blobId }) => {
        entry.blobId = blobId;
        one.uploads.delete(entry.key);
        changed(one, {});
        one.version.value = (one.version.peek() ?? 0) + 1;
      })
      .catch((error: Error) => {
        one.uploads.delete(entry.key);
        detach(one, entry.key);
        if (!(error instanceof JmapError && error.type === "aborted")) sayFailed(new Error(`${entry.name}: ${error.message}`));
      });
    one.uploads.set(entry.key, { share, stop, done });
    one.content.attachments.push(entry);
    added.push(entry);
  }
  changed(one, {});
  one.version.value = (one.version.peek() ?? 0) + 1;
  return added;
}

export function detach(one: Draft, key: string): void {
  one.uploads.get(key)?.stop.abort();
  changed(one, { attachments: one.content.attachments.filter((entry) => entry.key !== key) });
  one.version.value = (one.version.peek() ?? 0) + 1;
}
