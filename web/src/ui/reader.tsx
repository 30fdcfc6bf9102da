// A conversation in the reading pane: the unread and the last message open, the others one line each.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import type { Id } from "../jmap/types.ts";
import * as actions from "../state/actions.ts";
import { email, isUnread, loadBodies, loadThread } from "../state/emails.ts";
import { idAt, need, rowOf, total } from "../state/list.ts";
import { find, fullName, mailbox, placeOf } from "../state/mailboxes.ts";
import { go, route } from "../state/route.ts";
import { cursor } from "../state/selection.ts";
import { settings } from "../state/settings.ts";
import { reason, sayFailed } from "../state/toast.ts";
import { LabelMenu, MoreMenu, MoveMenu, SnoozeMenu } from "./act_menus.tsx";
import { Button } from "./button.tsx";
import { sure } from "./dialog.tsx";
import { refocus } from "./focus.ts";
import { Icon } from "./icon.tsx";
import { Message } from "./message.tsx";
import { subjectOf } from "./names.ts";

export type ComposeKind = "reply" | "replyAll" | "forward" | "edit";

export const openIds = signal<readonly Id[]>([]);
/** The message that reply, forward and the journey are about: the last one that was opened. */
export const current = signal<Id | null>(null);
const unfolded = signal<ReadonlySet<Id>>(new Set());
const failed = signal<string | null>(null);

async function open(thread: Id): Promise<void> {
  failed.value = null;
  try {
    const ids = settings.peek().conversations ? await loadThread(thread) : [thread];
    if (route.peek().thread !== thread) return;
    const show = ids.filter((id) => {
      const one = email(id).peek();
      return one && isUnread(one);
    });
    const last = ids.at(-1);
    if (last && !show.includes(last)) show.push(last);
    await loadBodies(show);
    if (route.peek().thread !== thread) return;
    openIds.value = ids;
    unfolded.value = new Set(show);
    current.value = last ?? null;
    const unread = ids.filter((id) => isUnread(email(id).peek()!));
    if (unread.length) await actions.markRead(unread, true, true);
    prefetch();
  } catch (error) {
    failed.value = reason(error);
  }
}

/** The next two rows are probably read next. */
function prefetch(): void {
  const next = [cursor.peek() + 1, cursor.peek() + 2].map(idAt).filter((id) => id !== undefined);
  setTimeout(() => void loadBodies(next).catch(() => {}), 200);
}

export function openRow(row: number, onDraft: (id: Id) => void): void {
  const id = idAt(row);
  const one = id ? email(id).peek() : undefined;
  if (!id || !one) return;
  cursor.value = row;
  if (one.keywords.$draft) return onDraft(id);
  go({ thread: settings.peek().conversations ? one.threadId : id });
}

/** Whether the cursor is on the open conversation, or on the way to the next. */
function isHere(): boolean {
  const id = idAt(cursor.peek());
  const open = route.peek().thread;
  return !id || id === open || email(id).peek()?.threadId === open;
}

export async function openNext(by: number, onDraft: (id: Id) => void): Promise<void> {
  // An open letter that left the list left its place to the next one.
  const row = cursor.peek() + (by > 0 && !isHere() ? 0 : by);
  if (row < 0 || row >= total.peek()) return;
  // The list may not have been scrolled so far; another key that is pressed meanwhile goes on from there.
  cursor.value = row;
  if (!idAt(row)) await need(row - 10, row + 10);
  if (cursor.peek() === row) openRow(row, onDraft);
}

export async function unfold(id: Id): Promise<void> {
  const next = new Set(unfolded.peek());
  if (next.delete(id)) {
    unfolded.value = next;
    return;
  }
  try {
    await loadBodies([id]);
    next.add(id);
    unfolded.value = next;
    current.value = id;
  } catch (error) {
    sayFailed(error);
  }
}

export function Reader({ onCompose }: { onCompose: (kind: ComposeKind, id: Id) => void }) {
  const thread = route.value.thread;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (thread) void open(thread);
    else openIds.value = [];
  }, [thread, settings.value.conversations]);
  useEffect(() => {
    if (openIds.value.length && matchMedia("(max-width: 719px)").matches) heading.current?.focus();
  }, [openIds.value]);
  if (!thread)
    return (
      <section class="reader nothing" aria-label={t().messageBody}>
        <p>{t().chooseMessage}</p>
      </section>
    );
  if (failed.value)
    return (
      <section class="reader nothing" aria-label={t().messageBody} role="alert">
        <p>{failed.value}</p>
        <Button label={t().retry} onClick={() => void open(thread)} showLabel />
      </section>
    );
  const ids = openIds.value;
  const first = ids[0] ? email(ids[0]).value : undefined;
  const labels = first
    ? Object.keys(first.mailboxIds)
        .map(mailbox)
        .filter((one) => one && !one.role)
    : [];
  const inJunk = find(route.value.place)?.role === "junk";
  const row = ids.map(rowOf).find((at) => at >= 0) ?? cursor.value;
  const rowIds = idAt(row) ? [idAt(row)!] : ids.slice(-1);
  return (
    <section class="reader" aria-label={t().messageBody}>
      <div class="bar" role="toolbar" aria-label={t().messageBody}>
        <Button label={t().back} icon="arrow-left" hint="u" class="back" onClick={() => go({ thread: null })} />
        <Button label={t().archive} icon="archive" hint="e" onClick={() => void actAndLeave(() => actions.archive(rowIds))} />
        <Button label={t().delete} icon="trash-2" hint="#" onClick={() => void actAndLeave(() => actions.remove(rowIds, sure))} />
        <Button
          label={inJunk ? t().notSpam : t().spam}
          icon={inJunk ? "shield-check" : "shield-alert"}
          hint="!"
          onClick={() => void actAndLeave(() => actions.junk(rowIds))}
        />
        <Button
          label={t().unreadAct}
          icon="mail"
          hint="Shift-U"
          onClick={() => void actAndLeave(() => actions.markRead(rowIds, false))}
        />
        <SnoozeMenu rows={rowIds} />
        <MoveMenu rows={rowIds} />
        <LabelMenu rows={rowIds} />
        <MoreMenu rows={rowIds} />
        <span class="grow" />
        <Button
          label={t().previous}
          icon="chevron-up"
          hint="k"
          disabled={row <= 0}
          onClick={() => void openNext(-1, (id) => onCompose("edit", id))}
        />
        <Button
          label={t().next}
          icon="chevron-down"
          hint="j"
          disabled={row + 1 >= total.value}
          onClick={() => void openNext(1, (id) => onCompose("edit", id))}
        />
      </div>
      <div class="thread">
        <div class="thread-head">
          <h1 ref={heading} tabIndex={-1}>
            {first ? subjectOf(first) : t().loading}
          </h1>
          {labels.map((one) => (
            <span class="pill" key={one!.id}>
              <a
                href={`/mail/${placeOf(one!)}`}
                onClick={(event) => {
                  event.preventDefault();
                  go({ view: "mail", place: placeOf(one!) });
                }}
              >
                {fullName(one!)}
              </a>
              <button
                type="button"
                aria-label={t().removeFile(fullName(one!))}
                onClick={() =>
                  void actions.label(rowIds, one!.id, false).then(() => {
                    heading.current?.focus();
                  }, sayFailed)
                }
              >
                <Icon name="x" />
              </button>
            </span>
          ))}
        </div>
        {ids.map((id) => (
          <Message
            key={id}
            id={id}
            unfolded={unfolded.value.has(id)}
            alone={ids.length === 1}
            onFold={() => void unfold(id)}
            onCompose={onCompose}
          />
        ))}
      </div>
    </section>
  );
}

/** An act that takes the conversation away gives back the list. One that was thought better of (false) leaves it open. */
export async function actAndLeave(act: () => Promise<unknown>): Promise<void> {
  const before = route.peek();
  go({ thread: null }, "replace");
  if ((await act()) === false) return go(before, "replace");
  cursor.value = Math.max(0, Math.min(cursor.peek(), total.peek() - 1));
  refocus();
}
