// The filter of what the route names: a mailbox, or a search (everywhere but Spam and the bin, unless it says where).
import { effect, signal } from "@preact/signals";
import type { Filter } from "../jmap/types.ts";
import { parseSearch } from "../search/parse.ts";
import { find, fullName, mailboxes, withRole } from "../state/mailboxes.ts";
import { route } from "../state/route.ts";
import { mailboxLabel } from "./names.ts";

export function places() {
  return {
    now: new Date(),
    mailbox: (name: string) => {
      const wanted = name.toLowerCase().replaceAll("-", " ");
      return mailboxes
        .peek()
        .find((one) =>
          [one.role, one.name, fullName(one), mailboxLabel(one)].some(
            (text) => text?.toLowerCase().replaceAll("-", " ") === wanted,
          ),
        )?.id;
    },
  };
}

/** What the list is narrowed to by the buttons above it; another place starts without. */
const KINDS = {
  unread: { notKeyword: "$seen" },
  starred: { hasKeyword: "$flagged" },
  attachment: { hasAttachment: true },
} as const satisfies Record<string, Filter>;
export type Kind = keyof typeof KINDS;
const narrowed = signal<{ place: string; kinds: readonly Kind[] }>({ place: "", kinds: [] });

effect(() => {
  const { place } = route.value;
  if (narrowed.peek().place !== place) narrowed.value = { place, kinds: [] };
});

export const kindsNow = (): readonly Kind[] => narrowed.value.kinds;

export function toggleKind(kind: Kind): void {
  const now = kindsNow();
  const kinds = now.includes(kind) ? now.filter((one) => one !== kind) : [...now, kind];
  narrowed.value = { place: route.peek().place, kinds };
}

export function filterNow(): Filter | null {
  const kinds = kindsNow().map((one) => KINDS[one]);
  const all = filterOfPlace();
  return kinds.length ? { operator: "AND", conditions: [...(all ? [all] : []), ...kinds] } : all;
}

function filterOfPlace(): Filter | null {
  const { view, place } = route.peek();
  if (view !== "search") {
    const box = find(place);
    return box ? { inMailbox: box.id } : { inMailbox: place };
  }
  const parsed = parseSearch(place, places());
  const away = [withRole("trash")?.id, withRole("junk")?.id].filter((id) => id !== undefined);
  if (parsed.saysWhere || !away.length) return parsed.filter;
  const elsewhere: Filter = { inMailboxOtherThan: away };
  return parsed.filter ? { operator: "AND", conditions: [elsewhere, parsed.filter] } : elsewhere;
}
