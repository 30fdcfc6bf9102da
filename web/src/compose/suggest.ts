// Whom one may mean: people from the contacts, then from letters sent and received that the words find.
import { client, from } from "../jmap/client.ts";
import type { Address, Email, Id } from "../jmap/types.ts";
import { unique } from "./addresses.ts";

interface Card {
  name?: { full?: string };
  emails?: Record<string, { address: string }>;
}

const kept = new Map<string, Address[]>();

export async function suggest(text: string): Promise<Address[]> {
  const wanted = text.toLowerCase();
  const before = kept.get(wanted);
  if (before) return before;
  const fits = (one: Address) => one.email.toLowerCase().includes(wanted) || Boolean(one.name?.toLowerCase().includes(wanted));
  const [cards, mails] = await Promise.all([contacts(text), correspondents(text)]);
  const found = unique([...cards, ...mails].filter(fits)).slice(0, 8);
  if (kept.size > 200) kept.clear();
  kept.set(wanted, found);
  return found;
}

async function contacts(text: string): Promise<Address[]> {
  if (!client.can("urn:ietf:params:jmap:contacts")) return [];
  const [, cards] = (await client.batch([
    ["ContactCard/query", { filter: { text }, limit: 8 }],
    ["ContactCard/get", { "#ids": from(0, "ContactCard/query", "/ids"), properties: ["name", "emails"] }],
  ])) as [unknown, { list: Card[] }];
  return cards.list.flatMap((card) =>
    Object.values(card.emails ?? {}).map(({ address }) => ({ name: card.name?.full ?? null, email: address })),
  );
}

async function correspondents(text: string): Promise<Address[]> {
  const [, mails] = (await client.batch([
    [
      "Email/query",
      {
        filter: { operator: "OR", conditions: [{ to: text }, { from: text }] },
        sort: [{ property: "receivedAt", isAscending: false }],
        limit: 30,
      },
    ],
    ["Email/get", { "#ids": from(0, "Email/query", "/ids"), properties: ["from", "to", "cc"] }],
  ])) as [{ ids: Id[] }, { list: Email[] }];
  return mails.list.flatMap((one) => [...(one.to ?? []), ...(one.cc ?? []), ...(one.from ?? [])]);
}
