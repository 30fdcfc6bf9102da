// How much of its room the account uses (RFC 9425); nothing where the server sets no limit.
import { signal } from "@preact/signals";
import { client } from "../jmap/client.ts";

export interface Quota {
  used: number;
  hardLimit: number;
}

export const quota = signal<Quota | null>(null);

export async function loadQuota(): Promise<void> {
  if (!client.can("urn:ietf:params:jmap:quota")) return;
  const answer = await client.call<{ list: (Quota & { resourceType: string })[] }>("Quota/get", { ids: null });
  quota.value = answer.list.find((one) => one.resourceType === "octets") ?? null;
}
