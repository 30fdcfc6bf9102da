// The list of messages: rows of one height, only those on screen exist. One tab stop; arrows and j/k move inside.
import { computed, signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import type { Id } from "../jmap/types.ts";
import * as actions from "../state/actions.ts";
import { email } from "../state/emails.ts";
import { idAt, loading, need, problem, revision, show, total } from "../state/list.ts";
import { find, withRole } from "../state/mailboxes.ts";
import { hasList, route } from "../state/route.ts";
import { clear, cursor, everything, selected, selectLoaded, toggle } from "../state/selection.ts";
import { settings } from "../state/settings.ts";
import { arrivals, lookAgain } from "../state/sync.ts";
import { sayFailed } from "../state/toast.ts";
import { LabelMenu, MoreMenu, MoveMenu, SnoozeMenu } from "./act_menus.tsx";
import { Button } from "./button.tsx";
import { sure } from "./dialog.tsx";
import { refocus } from "./focus.ts";
import { firstRow, scrollFor, TALLEST } from "./geometry.ts";
import type { IconName } from "./icons.ts";
import { filterNow, type Kind, kindsNow, toggleKind } from "./query.ts";
import { Row } from "./row.tsx";

const HEIGHTS = { compact: 32, cosy: 40, roomy: 56 };
const SPARE = 8;
/** Rows fetched before they are reached. */
const AHEAD = 120;
const first = signal(0);
const scrolledTo = signal(0);
const room = signal(20);
/** So narrow that sender and subject stand one above the other. */
const SLIM = 460;
const slim = signal(innerWidth < 720);
const finger = matchMedia("(pointer: coarse)").matches;
const rowHeight = computed(() => (slim.value ? (finger ? 68 : 56) : HEIGHTS[settings.value.density]));

/** What acts are for: the ticked rows, else the row of the cursor. */
export function targets(): Id[] {
  if (!hasList()) return [];
  if (selected.peek().size) return [...selected.peek()];
  const id = idAt(cursor.peek());
  return id ? [id] : [];
}

/** The row that is to have the focus as soon as it is drawn. */
let awaited: number | null = null;

/** Moves the cursor, also to where nothing is loaded yet: a key that is pressed meanwhile counts. */
export function moveCursor(by: number): void {
  cursor.value = Math.max(0, Math.min(total.peek() - 1, cursor.peek() + by));
  awaited = cursor.peek();
  const box = document.getElementById("list");
  if (box) box.scrollTop = scrollFor(awaited, box.scrollTop, box.clientHeight, total.peek(), rowHeight.peek());
  void need(awaited, awaited + 1);
  queueMicrotask(focusAwaited);
}

/** Who went elsewhere meanwhile is not called back. */
function focusAwaited(): void {
  const row = awaited === null ? null : document.getElementById(`row-${awaited}`);
  if (!row) return;
  awaited = null;
  const now = document.activeElement;
  if (!now || now === document.body || now.closest(".list-pane")) row.focus({ preventScroll: true });
}

function SelectionBar() {
  const n = everything.value ? total.value : selected.value.size;
  const rows = targets();
  const reading = rows.some((id) => !email(id).value?.keywords.$seen);
  const act = (what: (ids: Id[]) => Promise<unknown>) => {
    if (!everything.peek()) void what(rows).catch(sayFailed);
    else void actOnEverything(what);
  };
  const all = route.value.view === "mail" ? find(route.value.place) : undefined;
  return (
    <div class="bar selecting" role="toolbar" aria-label={t().selected(n)}>
      <Button label={t().clearSelection} icon="x" hint="Escape" onClick={clear} />
      <span class="grow" role="status">
        {everything.value ? t().allSelected(n) : t().selected(n)}
        {!everything.value && all && selected.value.size < total.value && (
          <button
            type="button"
            class="link"
            onClick={() => {
              everything.value = true;
            }}
          >
            {t().selectAll(total.value)}
          </button>
        )}
      </span>
      <Button label={t().archive} icon="archive" hint="e" onClick={() => act(actions.archive)} />
      <Button label={t().delete} icon="trash-2" hint="#" onClick={() => act((ids) => actions.remove(ids, sure))} />
      <Button
        label={all?.role === "junk" ? t().notSpam : t().spam}
        icon="shield-alert"
        hint="!"
        onClick={() => act(actions.junk)}
      />
      <Button
        label={reading ? t().read : t().unreadAct}
        icon={reading ? "mail-open" : "mail"}
        hint={reading ? "Shift-I" : "Shift-U"}
        onClick={() => act((ids) => actions.markRead(ids, reading))}
      />
      <MoveMenu rows={rows} />
      <LabelMenu rows={rows} />
      <SnoozeMenu rows={rows} />
      <MoreMenu rows={rows} />
    </div>
  );
}

/** Loads the rest of the list a window at a time and acts on each; the list shrinks or not, so ids are gathered first. */
async function actOnEverything(what: (ids: Id[]) => Promise<unknown>): Promise<void> {
  try {
    for (let at = 0; at < total.peek(); at += 500) await need(at, Math.min(total.peek(), at + 500));
    const ids = Array.from({ length: total.peek() }, (_, i) => idAt(i)).filter((id) => id !== undefined);
    for (let at = 0; at < ids.length; at += 500) await what(ids.slice(at, at + 500));
    clear();
    await lookAgain();
  } catch (error) {
    sayFailed(error);
  }
}

function ListBar() {
  const n = total.value;
  const kinds: [Kind, string, IconName][] = [
    ["unread", t().onlyUnread, "mail"],
    ["starred", t().onlyStarred, "star"],
    ["attachment", t().onlyAttachments, "paperclip"],
  ];
  return (
    <div class="bar" role="toolbar" aria-label={t().messages(n)}>
      <input
        type="checkbox"
        aria-label={t().all}
        title={`${t().all} (* a)`}
        checked={false}
        onClick={(event) => {
          event.preventDefault();
          selectLoaded();
        }}
      />
      <Button label={t().refresh} icon="refresh-cw" onClick={() => void lookAgain()} />
      <span class="grow" role="status">
        {loading.value ? t().loading : settings.value.conversations ? t().conversations(n) : t().messages(n)}
      </span>
      {kinds.map(([kind, label, icon]) => (
        <Button key={kind} label={label} icon={icon} pressed={kindsNow().includes(kind)} onClick={() => toggleKind(kind)} />
      ))}
    </div>
  );
}

export function List({ onOpen }: { onOpen: (row: number) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const focused = useRef(false);
  const pane = route.value;
  const query = `${pane.view}/${pane.place}/${settings.value.conversations}/${kindsNow()}`;
  useEffect(() => {
    clear();
    cursor.value = 0;
    arrivals.value = 0;
    if (box.current) box.current.scrollTop = 0;
    void show({ filter: filterNow(), collapseThreads: settings.peek().conversations });
  }, [query]);
  useLayoutEffect(() => {
    const element = box.current!;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (beyond: number) => void need(first.peek() - beyond, first.peek() + room.peek() + beyond);
    const measure = () => {
      const before = first.peek();
      slim.value = element.clientWidth < SLIM;
      scrolledTo.value = element.scrollTop;
      first.value = firstRow(element.scrollTop, element.clientHeight, total.peek(), rowHeight.peek());
      room.value = Math.ceil(element.clientHeight / rowHeight.peek()) + 1;
      clearTimeout(timer);
      // Who drags the bar through a hundred thousand rows wants those where he stops; who turns the wheel wants the next ones already.
      if (Math.abs(first.peek() - before) > 4 * room.peek()) timer = setTimeout(() => look(SPARE), 40);
      else {
        look(SPARE);
        if (element.scrollTop > 0) timer = setTimeout(() => look(AHEAD));
      }
    };
    measure();
    element.addEventListener("scroll", measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      clearTimeout(timer);
      element.removeEventListener("scroll", measure);
      observer.disconnect();
    };
  }, []);
  useEffect(() => {
    if (!pane.thread || !box.current) return;
    const row = cursor.value;
    const top = row * rowHeight.peek();
    const tall = total.peek() * rowHeight.peek() > TALLEST;
    if (!tall && top < box.current.scrollTop) box.current.scrollTop = top;
    else if (!tall && top + rowHeight.peek() > box.current.scrollTop + box.current.clientHeight)
      box.current.scrollTop = top + rowHeight.peek() - box.current.clientHeight;
  }, [cursor.value, pane.thread]);
  revision.value;
  // A row or a button that goes takes the focus with it.
  useEffect(() => {
    focusAwaited();
    if (focused.current) refocus();
  });
  const height = rowHeight.value;
  const from = Math.max(0, first.value - SPARE);
  const to = Math.min(total.value, first.value + room.value + SPARE);
  const rows: number[] = [];
  for (let i = from; i < to; i += 1) rows.push(i);
  const box_ = pane.view === "mail" ? find(pane.place) : undefined;
  const sentBox = box_?.role === "sent" || box_?.role === "drafts";
  const scrolled = first.value > 0;
  return (
    <section
      class="list-pane"
      aria-label={t().messages(total.value)}
      onFocusIn={() => {
        focused.current = true;
      }}
      onFocusOut={(event) => {
        const to = event.relatedTarget as Element | null;
        if (to && !to.closest(".list-pane")) focused.current = false;
      }}
    >
      {selected.value.size ? <SelectionBar /> : <ListBar />}
      {scrolled && arrivals.value > 0 && (
        <button
          type="button"
          class="pill-button"
          onClick={() => {
            arrivals.value = 0;
            box.current!.scrollTop = 0;
          }}
        >
          {t().newMail(arrivals.value)} ↑
        </button>
      )}
      <div class="sr" role="status" aria-live="polite">
        {arrivals.value > 0 ? t().newMail(arrivals.value) : ""}
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it is a grid as soon as it has rows */}
      <div
        ref={box}
        id="list"
        class={`list ${slim.value ? "slim" : ""}`}
        {...(total.value || loading.value
          ? { role: "grid" as const, "aria-rowcount": total.value, "aria-multiselectable": true }
          : { role: "group" as const })}
        aria-busy={loading.value}
        aria-label={t().messages(total.value)}
        // One row has the tab stop; where that is scrolled out of sight, the list has it.
        tabIndex={total.value && cursor.value >= from && cursor.value < to ? -1 : 0}
        style={{ "--row": `${height}px` }}
        onKeyDown={(event) => {
          const by = {
            ArrowDown: 1,
            ArrowUp: -1,
            PageDown: room.peek() - 2,
            PageUp: 2 - room.peek(),
            Home: -Infinity,
            End: Infinity,
          }[event.key];
          if ((event.target as HTMLElement).closest("button, input")) return;
          // Also where the keys of the map are switched off.
          const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
          if (event.key === "Enter" && plain) onOpen(cursor.peek());
          else if (event.key === " " && plain) toggle(cursor.peek(), event.shiftKey);
          else if (by !== undefined) moveCursor(by);
          else return;
          event.preventDefault();
        }}
      >
        <div
          class="rows"
          role={total.value ? "rowgroup" : undefined}
          style={{ height: `${Math.min(TALLEST, total.value * height)}px` }}
        >
          {rows.map((row) => (
            <Row
              key={idAt(row) ?? row}
              id={idAt(row)}
              row={row}
              top={total.value * height <= TALLEST ? row * height : scrolledTo.value + (row - first.value) * height}
              sentBox={sentBox}
              open={isOpen(row)}
              onOpen={onOpen}
            />
          ))}
        </div>
        {problem.value && (
          <div class="empty" role="alert">
            <p>{problem.value}</p>
            <Button label={t().retry} onClick={() => void need(0, 1)} showLabel />
          </div>
        )}
        {!loading.value && !problem.value && total.value === 0 && (
          <p class="empty">
            {kindsNow().length
              ? t().emptyKind
              : pane.view === "search"
                ? t().emptySearch
                : box_ === withRole("inbox")
                  ? t().emptyInbox
                  : t().emptyBox}
          </p>
        )}
      </div>
    </section>
  );
}

function isOpen(row: number): boolean {
  const id = idAt(row);
  const open = route.value.thread;
  return Boolean(open && id && (email(id).value?.threadId === open || id === open));
}
