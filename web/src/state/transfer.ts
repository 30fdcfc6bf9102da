// Mail in from files and out to files, by the same JMAP as all else: upload and Email/import (RFC 8621, section 4.8), download of blobs.
import { client, from } from "../jmap/client.ts";
import type { Email, Id, SetResponse } from "../jmap/types.ts";
import { entry, split } from "./mbox.ts";

type Progress = (done: number, of: number) => void;
const AT_ONCE = 20;

/** Gives how many came in; what the server refused is named by the first reason. */
export async function importFiles(files: readonly File[], mailboxId: Id, progress: Progress): Promise<number> {
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (const file of files) messages.push(...split(new Uint8Array(await file.arrayBuffer())));
  let done = 0;
  let refused = "";
  for (let at = 0; at < messages.length; at += AT_ONCE) {
    const some = messages.slice(at, at + AT_ONCE);
    const blobs: Id[] = [];
    // One after the other: the server takes only a few uploads at once.
    for (const one of some) blobs.push((await client.upload(new Blob([one]), "message/rfc822", () => {})).blobId);
    const emails = Object.fromEntries(
      blobs.map((blobId, i) => [
        String(i),
        { blobId, mailboxIds: { [mailboxId]: true }, keywords: { $seen: true }, ...received(some[i]!) },
      ]),
    );
    const answer = await client.call<SetResponse>("Email/import", { emails });
    done += Object.keys(answer.created ?? {}).length;
    const why = Object.values(answer.notCreated ?? {})[0];
    // What is here already is no failure.
    if (why && why.type !== "alreadyExists") refused = why.description ?? why.type;
    progress(at + some.length, messages.length);
  }
  if (refused && !done) throw new Error(refused);
  return done;
}

/** By its Date field, so that old mail is not on top. */
function received(message: Uint8Array): { receivedAt?: string } {
  const head = new TextDecoder("latin1").decode(message.subarray(0, 20_000));
  const field = /^Date:[ \t]*([^\r\n]+)/im.exec(head.slice(0, head.indexOf("\r\n\r\n") + 2))?.[1];
  const time = field ? Date.parse(field.replace(/\([^)]*\)/g, "")) : Number.NaN;
  return Number.isNaN(time) || time > Date.now() ? {} : { receivedAt: new Date(time).toISOString().replace(/\.\d+Z$/, "Z") };
}

async function parts(list: readonly Email[]): Promise<Uint8Array<ArrayBuffer>[]> {
  const out: Uint8Array<ArrayBuffer>[] = [];
  for (const one of list) {
    const response = await fetch(client.downloadUrl(one.blobId, "message.eml", "application/octet-stream"));
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    out.push(entry(new Uint8Array(await response.arrayBuffer()), one.from?.[0]?.email ?? "", new Date(one.receivedAt)));
  }
  return out;
}

const NEEDED = ["id", "blobId", "from", "receivedAt"];

/** A whole mailbox as one mbox file, oldest first. */
export async function exportMailbox(mailboxId: Id, name: string, progress: Progress): Promise<number> {
  const out: Uint8Array<ArrayBuffer>[] = [];
  for (let position = 0; ; ) {
    const [found, emails] = (await client.batch([
      [
        "Email/query",
        {
          filter: { inMailbox: mailboxId },
          sort: [{ property: "receivedAt", isAscending: true }],
          position,
          limit: 100,
          calculateTotal: true,
        },
      ],
      ["Email/get", { "#ids": from(0, "Email/query", "/ids"), properties: NEEDED }],
    ])) as [{ ids: Id[]; total: number }, { list: Email[] }];
    out.push(...(await parts(emails.list)));
    position += found.ids.length;
    progress(position, found.total);
    if (!found.ids.length || position >= found.total) break;
  }
  save(new Blob(out, { type: "application/mbox" }), `${name}.mbox`);
  return out.length;
}

export async function exportEmails(ids: readonly Id[]): Promise<number> {
  const list: Email[] = [];
  for (let i = 0; i < ids.length; i += 100)
    list.push(...(await client.call<{ list: Email[] }>("Email/get", { ids: ids.slice(i, i + 100), properties: NEEDED })).list);
  save(new Blob(await parts(list), { type: "application/mbox" }), "mail.mbox");
  return list.length;
}

/** Gives the user a file. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
