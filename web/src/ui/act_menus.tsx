// The menus of acts that need a choice: where to, which label, until when.
import { t } from "../i18n/t.ts";
import type { Id } from "../jmap/types.ts";
import * as actions from "../state/actions.ts";
import { email } from "../state/emails.ts";
import { createMailbox, fullName, mailboxes } from "../state/mailboxes.ts";
import { say, sayFailed } from "../state/toast.ts";
import { exportEmails } from "../state/transfer.ts";
import { ask } from "./dialog.tsx";
import { type Item, Menu } from "./menu.tsx";
import { mailboxIcon, mailboxLabel } from "./names.ts";

interface Rows {
  rows: readonly Id[];
}

export function MoveMenu({ rows }: Rows) {
  return (
    <Menu
      label={t().move}
      icon="forward"
      hint="v"
      class="act-move"
      items={mailboxes.value
        .filter((one) => one.role !== "drafts")
        .map((one) => ({
          label: one.role ? mailboxLabel(one) : fullName(one),
          icon: mailboxIcon(one.role),
          do: () => void actions.moveTo(rows, one.id),
        }))}
    />
  );
}

async function labelAnew(rows: readonly Id[]): Promise<void> {
  const name = (await ask(t().newMailbox, t().mailboxName))?.trim();
  if (name) await actions.label(rows, await createMailbox(name), true);
}

export function LabelMenu({ rows }: Rows) {
  const labels = mailboxes.value.filter((one) => !one.role);
  return (
    <Menu
      label={t().label}
      icon="tag"
      hint="l"
      class="act-label"
      items={[
        ...labels.map((one) => {
          const checked = rows.length > 0 && rows.every((id) => email(id).value?.mailboxIds[one.id]);
          return { label: fullName(one), checked, do: () => void actions.label(rows, one.id, !checked) };
        }),
        { label: t().newMailbox, icon: "plus" as const, do: () => void labelAnew(rows).catch(sayFailed) },
      ]}
    />
  );
}

export function snoozeTimes(now = new Date()): { label: string; until: Date }[] {
  const at = (days: number, hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const day = now.getDay();
  return [
    ...(now.getHours() < 15 ? [{ label: t().laterToday, until: at(0, 18) }] : []),
    { label: t().tomorrow, until: at(1, 8) },
    ...(day > 0 && day < 5 ? [{ label: t().weekend, until: at(6 - day, 9) }] : []),
    { label: t().nextWeek, until: at((8 - day) % 7 || 7, 8) },
  ];
}

export async function pickTime(): Promise<Date | null> {
  const soon = new Date(Date.now() + 3_600_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const text = await ask(t().pickTime, t().date, soon, "datetime-local");
  const date = text ? new Date(text) : null;
  if (!date) return null;
  if (date.getTime() > Date.now()) return date;
  say(t().timeIsOver, { kind: "failed" });
  return null;
}

/** When a letter may be sent. */
export function laterItems(take: (at: Date) => void): Item[] {
  const now = new Date();
  const at = (days: number, hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  return [
    ...(now.getHours() < 17 ? [{ label: t().tonight, do: () => take(at(0, 18)) }] : []),
    { label: t().tomorrow, do: () => take(at(1, 8)) },
    { label: t().nextWeek, do: () => take(at((8 - now.getDay()) % 7 || 7, 8)) },
    {
      label: t().pickTime,
      do: () =>
        void pickTime().then((picked) => {
          if (picked) take(picked);
        }),
    },
  ];
}

/** `own`: the one that the key opens. */
export function SnoozeMenu({ rows, own = true }: Rows & { own?: boolean }) {
  return (
    <Menu
      label={t().snooze}
      icon="alarm-clock"
      hint="b"
      class={own ? "act-snooze" : ""}
      items={() => [
        ...snoozeTimes().map((one) => ({ label: one.label, do: () => void actions.snooze(rows, one.until) })),
        {
          label: t().pickTime,
          do: () =>
            void pickTime().then((until) => {
              if (until) void actions.snooze(rows, until);
            }),
        },
      ]}
    />
  );
}

export function MoreMenu({ rows }: Rows) {
  return (
    <Menu
      label={t().more}
      icon="ellipsis"
      hint="."
      class="act-more"
      items={[
        { label: t().star, icon: "star", do: () => void actions.star(rows) },
        { label: t().read, icon: "mail-open", do: () => void actions.markRead(rows, true) },
        { label: t().unreadAct, icon: "mail", do: () => void actions.markRead(rows, false) },
        { label: t().mute, icon: "bell-off", do: () => void actions.mute(rows) },
        { label: t().exportThese, icon: "download", do: () => void exportEmails(rows).catch(sayFailed) },
      ]}
    />
  );
}
