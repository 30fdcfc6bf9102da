// What the window is called: what is open in it, and how much of the inbox is unread.
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { email } from "../state/emails.ts";
import { find, fullName, withRole } from "../state/mailboxes.ts";
import { route } from "../state/route.ts";
import { mailboxLabel, subjectOf } from "./names.ts";
import { openIds } from "./reader.tsx";

function place(): string {
  const { view, place, thread } = route.value;
  const letter = thread && openIds.value[0] ? email(openIds.value[0]).value : undefined;
  if (letter) return subjectOf(letter);
  if (view === "mail") {
    const box = find(place);
    return box ? (box.role ? mailboxLabel(box) : fullName(box)) : "";
  }
  return { search: place || t().search, scheduled: t().scheduledBox, settings: t().settings, contacts: t().contacts }[view];
}

export function Title() {
  const unread = withRole("inbox")?.unreadThreads ?? 0;
  const title = [`${unread ? `(${unread}) ` : ""}${place()}`, "Posthorn"].filter(Boolean).join(" – ");
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = "Posthorn";
    };
  }, [title]);
  return null;
}
