// One row of the list. It reads one email's signal, so a changed flag redraws this row alone.
import { shortDate, t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Id } from "../jmap/types.ts";
import * as actions from "../state/actions.ts";
import { email, isUnread } from "../state/emails.ts";
import { find, fullName, mailbox } from "../state/mailboxes.ts";
import { type Mark, mark } from "../state/marks.ts";
import { route } from "../state/route.ts";
import { scheduledEmails } from "../state/scheduled.ts";
import { cursor, selected, toggle } from "../state/selection.ts";
import { settings } from "../state/settings.ts";
import { summary } from "../state/threads.ts";
import { SnoozeMenu } from "./act_menus.tsx";
import { Button } from "./button.tsx";
import { sure } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { keyFor } from "./keys.ts";
import { initials, people, subjectOf, threadPeople } from "./names.ts";
import { DRAGGED } from "./rail.tsx";
import { useSwipe } from "./swipe.ts";

interface Props {
  id: Id | undefined;
  row: number;
  top: number;
  sentBox: boolean;
  open: boolean;
  onOpen: (row: number) => void;
}

export function Row({ id, row, top, sentBox, open, onOpen }: Props) {
  const one = id ? email(id).value : undefined;
  const swipe = useSwipe(
    () => void actions.archive([id!]),
    () => void (client.can("urn:posthorn:snooze") ? actions.snooze([id!], tomorrow()) : actions.remove([id!], sure)),
  );
  const style = { transform: `translate(${swipe.pulled.value}px, ${top}px)` };
  if (!id || !one)
    return (
      <div class="row skeleton" role="row" aria-rowindex={row + 1} style={style} aria-busy="true">
        <span role="gridcell">{t().loading}</span>
      </div>
    );
  const ticked = selected.value.has(id);
  const here = cursor.value === row;
  const thread = settings.value.conversations ? summary(one, find(route.value.place)?.id ?? "") : null;
  const unread = thread ? thread.unread : isUnread(one);
  const labels = Object.keys(one.mailboxIds)
    .map(mailbox)
    .filter((box) => box && !box.role && box.id !== route.value.place);
  const unusual = mark(id).value;
  const waits = scheduledEmails.value.has(id);
  const words = [
    unread ? t().unread : "",
    unusual ? markText(unusual) : "",
    one.keywords.$flagged ? t().starredWord : "",
    waits ? t().scheduledBox : "",
    thread ? threadPeople(thread.letters) : people(one, sentBox),
    thread ? t().inThread(thread.count) : "",
    subjectOf(one),
    one.hasAttachment ? t().hasAttachment : "",
    shortDate(one.receivedAt),
  ];
  const drag = (event: DragEvent) => {
    const rows = ticked ? [...selected.peek()] : [id];
    event.dataTransfer!.setData(DRAGGED, JSON.stringify(rows));
    event.dataTransfer!.effectAllowed = "move";
  };
  return (
    <div
      class={`row ${unread ? "unread" : ""} ${ticked ? "ticked" : ""} ${here ? "cursor" : ""} ${open ? "open" : ""}`}
      role="row"
      aria-rowindex={row + 1}
      aria-selected={ticked}
      aria-label={words.filter(Boolean).join(", ")}
      id={`row-${row}`}
      tabIndex={here ? 0 : -1}
      style={style}
      draggable={!swipe.pulled.value}
      onDragStart={drag}
      {...swipe.handlers}
      onFocus={() => {
        cursor.value = row;
      }}
      onClick={(event) => {
        if (event.shiftKey || event.ctrlKey || event.metaKey) toggle(row, event.shiftKey);
        else onOpen(row);
      }}
    >
      <span class="tick" role="gridcell">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={ticked}
          aria-label={t().selectRow(subjectOf(one))}
          onClick={(event) => {
            event.stopPropagation();
            toggle(row, event.shiftKey);
          }}
        />
        <span class="avatar" aria-hidden="true">
          {initials(one.from?.[0])}
        </span>
      </span>
      <span role="gridcell" class="star-cell">
        <button
          type="button"
          class={`star ${one.keywords.$flagged ? "on" : ""}`}
          tabIndex={-1}
          aria-label={t().star}
          aria-pressed={Boolean(one.keywords.$flagged)}
          title={`${t().star} (${keyFor("s")})`}
          onClick={(event) => {
            event.stopPropagation();
            void actions.star([id]);
          }}
        >
          <Icon name="star" />
        </button>
      </span>
      <span class="who" role="gridcell">
        {one.keywords.$draft && <em>{t().draftWord}: </em>}
        {unusual && <TrustMark mark={unusual} />}
        <span class="names">{thread && !sentBox ? threadPeople(thread.letters) : people(one, sentBox)}</span>
        {thread && <span class="thread-count">{thread.count}</span>}
      </span>
      <span class="what" role="gridcell">
        <span class="subject">{subjectOf(one)}</span>
        <span class="preview"> {one.preview}</span>
      </span>
      <span class="marks" role="gridcell">
        {labels.map((box) => (
          <span class="pill" key={box!.id}>
            {fullName(box!)}
          </span>
        ))}
        {waits && <Icon name="clock" />}
        {one.keywords.$answered && <Icon name="reply" />}
        {one.keywords.$muted && <Icon name="bell-off" />}
        {one.hasAttachment && <Icon name="paperclip" />}
      </span>
      <time class="when" role="gridcell" dateTime={one.receivedAt}>
        {shortDate(one.receivedAt)}
      </time>
      <span
        class="hover"
        role="gridcell"
        onClick={(event) => {
          event.stopPropagation();
          // Where the row goes, the next one takes its place and the focus.
          cursor.value = row;
        }}
      >
        <Button label={t().archive} icon="archive" hint="e" onClick={() => void actions.archive([id])} />
        <Button label={t().delete} icon="trash-2" hint="#" onClick={() => void actions.remove([id], sure)} />
        <Button
          label={unread ? t().read : t().unreadAct}
          icon={unread ? "mail-open" : "mail"}
          hint={unread ? "Shift-I" : "Shift-U"}
          onClick={() => void actions.markRead([id], unread)}
        />
        {client.can("urn:posthorn:snooze") && <SnoozeMenu rows={[id]} own={false} />}
      </span>
    </div>
  );
}

function tomorrow(): Date {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 8);
}

const markText = (one: Mark): string => ({ unproven: t().markUnproven, list: t().markList, forwarded: t().markForwarded })[one];

function TrustMark({ mark: one }: { mark: Mark }) {
  return (
    <span class={`trust ${one}`} title={markText(one)} data-mark={one} aria-hidden="true">
      {{ unproven: "✕", list: "⇄", forwarded: "↪" }[one]}
    </span>
  );
}
