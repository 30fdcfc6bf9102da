// The filter of what the route names: a mailbox, or a search (everywhere but Spam and the bin, unless it says where).
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

export function filterNow(): Filter | null {
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
