// Drafts on this device: written at each pause in typing, so that a crash, a reload or a dead network loses nothing. The server's copy
// follows; ours goes when the server has the same or the letter was sent or thrown away. Each is its account's: who signs in next at the
// same device is not shown it.
import { client } from "../jmap/client.ts";
import type { Address, Id } from "../jmap/types.ts";

export interface Attachment {
  key: string;
  name: string;
  type: string;
  size: number;
  blobId: Id | null;
  /** For pictures inside the text. */
  cid: string | null;
}

export interface Content {
  key: string;
  /** The draft on the server that this one replaces at the next save. */
  emailId: Id | null;
  identityId: Id | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  html: string;
  plain: boolean;
  attachments: Attachment[];
  inReplyTo: string[] | null;
  references: string[] | null;
  /** The message answered or forwarded, which gets $answered or $forwarded. */
  about: { id: Id; keyword: "$answered" | "$forwarded" } | null;
  changed: number;
}

const prefix = () => `draft:${client.accountId}:`;

export function keep(one: Content): boolean {
  try {
    localStorage.setItem(prefix() + one.key, JSON.stringify(one));
    return true;
  } catch {
    return false;
  }
}

export function drop(key: string): void {
  localStorage.removeItem(prefix() + key);
}

export function keptDrafts(): Content[] {
  const found: Content[] = [];
  const mine = prefix();
  for (let i = 0; i < localStorage.length; i += 1) {
    const name = localStorage.key(i)!;
    if (!name.startsWith(mine)) continue;
    try {
      found.push(JSON.parse(localStorage.getItem(name)!) as Content);
    } catch {
      localStorage.removeItem(name);
    }
  }
  return found.sort((a, b) => a.changed - b.changed);
}
