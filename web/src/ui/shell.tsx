// The frame of the app: header, rail, list, reading pane, the drafts on top. It owns the table of commands; keys, palette and help read it.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Id } from "../jmap/types.ts";
import * as actions from "../state/actions.ts";
import { email, isUnread } from "../state/emails.ts";
import { mailboxes, placeOf } from "../state/mailboxes.ts";
import { leave, presence } from "../state/presence.ts";
import { go, hasList, route } from "../state/route.ts";
import { clear, cursor, selected, selectLoaded, toggle } from "../state/selection.ts";
import { settings } from "../state/settings.ts";
import { connected } from "../state/sync.ts";
import { say, sayFailed, undoLast } from "../state/toast.ts";
import { widthStyle } from "../state/widths.ts";
import { Button, TaughtKey } from "./button.tsx";
import { Questions, sure } from "./dialog.tsx";
import { Divider } from "./divider.tsx";
import { addKeys, type Keys } from "./keys.ts";
import { lazy, part } from "./lazy.tsx";
import { List, moveCursor, targets } from "./list.tsx";
import { mailboxLabel } from "./names.ts";
import type { Command } from "./palette.tsx";
import { Rail, railOpen } from "./rail.tsx";
import { actAndLeave, type ComposeKind, current, openNext, openRow, Reader } from "./reader.tsx";
import { focusSearch, SearchBox } from "./search_box.tsx";
import { Title } from "./title.tsx";
import { Toasts } from "./toast.tsx";

const Palette = lazy(() => import("./palette.tsx").then((one) => one.default));
const Help = lazy(() => import("./help.tsx").then((one) => one.default));
const Composer = lazy(() => import("../compose/desk.tsx").then((one) => one.Desk));
const Settings = lazy(() => import("../settings/page.tsx").then((one) => one.Settings));
const Contacts = lazy(() => import("../settings/contacts.tsx").then((one) => one.Contacts));
const Scheduled = lazy(() => import("../compose/scheduled.tsx").then((one) => one.Scheduled));
const JourneyPanel = lazy(() => import("../journey/panel.tsx").then((one) => one.JourneyPanel));

const over = signal<"palette" | "help" | null>(null);
export const journeyOpen = signal(false);
export const composing = signal(false);

/** Opens a draft; the composer comes with the first one. */
async function compose(kind: ComposeKind | "new" | "mailto", id?: Id | string): Promise<void> {
  composing.value = true;
  try {
    const desk = await part(import("../compose/drafts.ts"));
    await desk.open(kind, id);
  } catch (error) {
    sayFailed(error);
  }
}

/** A letter in Sent that has not left yet becomes a draft again. */
function unsend(event: Event): void {
  const { submission, email } = (event as CustomEvent<{ submission: Id; email: Id }>).detail;
  composing.value = true;
  void part(import("../compose/send.ts"))
    .then((one) => one.stopSending(submission, email))
    .then(() => go({ thread: null }, "replace"))
    .catch(sayFailed);
}

/** What is meant for a row of the list does nothing where no list is on screen. */
const inList = (what: () => void) => () => {
  if (hasList()) what();
};
const openDraft = (id: Id) => void compose("edit", id);
const inThread = () => route.peek().thread !== null;

/** The message that reply and forward mean: the open one, else the one of the cursor. */
function meant(): Id | undefined {
  return (inThread() ? current.peek() : targets()[0]) ?? undefined;
}

function act(what: (ids: Id[]) => Promise<unknown>, leaves = true): () => void {
  return () => {
    const ids = targets();
    if (!ids.length) return;
    void (inThread() && leaves && !selected.peek().size ? actAndLeave(() => what(ids)) : what(ids)).catch(sayFailed);
  };
}

const answer = (kind: ComposeKind) => () => {
  const id = meant();
  if (id) void compose(kind, id);
};

/** Opens a menu of acts. Where none is on screen, because nothing is open or ticked, the row of the cursor is ticked first. */
const press = (name: string) =>
  inList(() => {
    const find = () => document.querySelector<HTMLElement>(`.${name}:not([popover])`);
    const there = find();
    if (there) return there.click();
    toggle(cursor.peek());
    const ticked = selected.peek();
    setTimeout(() => {
      const opener = find();
      // Closed again without a choice, it leaves nothing ticked.
      opener?.nextElementSibling?.addEventListener("toggle", (event) => {
        if ((event as ToggleEvent).newState === "closed" && selected.peek() === ticked) clear();
      });
      opener?.click();
    });
  });

export function commands(): (Command & { keys?: string[] })[] {
  const goTo = (place: string) => () => go({ view: "mail", place });
  return [
    { name: t().compose, key: "c", do: () => void compose("new") },
    { name: t().search, key: "/", do: focusSearch },
    { name: t().next, key: "j", do: inList(() => (inThread() ? void openNext(1, openDraft) : moveCursor(1))) },
    { name: t().previous, key: "k", do: inList(() => (inThread() ? void openNext(-1, openDraft) : moveCursor(-1))) },
    { name: t().openIt, key: "Enter", keys: ["Enter", "o"], do: inList(() => openRow(cursor.peek(), openDraft)) },
    { name: t().back, key: "u", do: goBack },
    { name: t().archive, key: "e", do: act(actions.archive) },
    { name: t().delete, key: "#", do: act((ids) => actions.remove(ids, sure)) },
    { name: t().spam, key: "!", do: act(actions.junk) },
    { name: t().reply, key: "r", do: answer("reply") },
    { name: t().replyAll, key: "a", do: answer("replyAll") },
    { name: t().forward, key: "f", do: answer("forward") },
    { name: t().star, key: "s", do: act(actions.star, false) },
    { name: t().selectRow(""), key: "x", do: inList(() => toggle(cursor.peek())) },
    { name: t().mute, key: "m", do: act(actions.mute, false) },
    { name: t().snooze, key: "b", do: press("act-snooze") },
    { name: t().label, key: "l", do: press("act-label") },
    { name: t().move, key: "v", do: press("act-move") },
    { name: t().undo, key: "z", do: () => void undoLast() },
    { name: t().read, key: "Shift-I", keys: ["Shift-i"], do: act((ids) => actions.markRead(ids, true), false) },
    { name: t().unreadAct, key: "Shift-U", keys: ["Shift-u"], do: act((ids) => actions.markRead(ids, false)) },
    { name: `${t().archive} → ${t().next}`, key: "[", do: archiveAnd(1) },
    { name: `${t().archive} → ${t().previous}`, key: "]", do: archiveAnd(-1) },
    { name: t().inbox, key: "g i", do: goTo("inbox") },
    { name: t().starredWord, key: "g s", do: () => go({ view: "search", place: "is:starred" }) },
    { name: t().sent, key: "g t", do: goTo("sent") },
    { name: t().drafts, key: "g d", do: goTo("drafts") },
    { name: t().archiveBox, key: "g a", do: goTo("archive") },
    { name: t().all, key: "* a", do: inList(() => selectLoaded()) },
    { name: t().clearSelection, key: "* n", do: clear },
    { name: t().read, key: "* r", do: inList(() => selectLoaded((id) => !isUnread(email(id).peek()!))) },
    { name: t().unread, key: "* u", do: inList(() => selectLoaded((id) => isUnread(email(id).peek()!))) },
    { name: t().more, key: ".", do: press("act-more") },
    { name: t().journey, key: "y", do: toggleJourney },
    { name: t().palette, key: "Ctrl-k", do: () => void (over.value = "palette") },
    { name: t().help, key: "?", do: () => void (over.value = "help") },
    { name: t().scheduledBox, do: () => go({ view: "scheduled", place: "" }) },
    { name: t().settings, do: () => go({ view: "settings", place: "" }) },
    { name: t().signOut, do: () => void leaveServer() },
    ...mailboxes.peek().map((one) => ({ name: mailboxLabel(one), do: goTo(placeOf(one)) })),
  ];
}

function goBack(): void {
  if (selected.peek().size) return clear();
  if (journeyOpen.peek()) journeyOpen.value = false;
  else if (inThread()) {
    go({ thread: null });
    setTimeout(() => document.getElementById(`row-${cursor.peek()}`)?.focus());
  } else if (route.peek().view !== "mail") go({ view: "mail", place: "inbox" });
}

function archiveAnd(by: number): () => void {
  return () => {
    const ids = targets();
    if (by < 0) moveCursor(-1);
    void actions.archive(ids).then(() => inThread() && openRow(cursor.peek(), openDraft), sayFailed);
  };
}

export function toggleJourney(): void {
  if (inThread()) journeyOpen.value = !journeyOpen.peek();
}

async function leaveServer(): Promise<void> {
  // An address that is still being typed is taken when its field loses the focus.
  (document.activeElement as HTMLElement | null)?.blur();
  await leave(async () => {
    const left = composing.peek() ? await (await import("../compose/drafts.ts")).saveAll() : [];
    if (!left.length) return true;
    presence.value = "in";
    return sure(t().leaveUnsaved(left.join(", ")));
  });
}

function Header() {
  return (
    <header class="head">
      <Button
        label={t().menu}
        icon="menu"
        class="menu-button"
        expanded={railOpen.value}
        onClick={() => {
          railOpen.value = !railOpen.peek();
        }}
      />
      <a
        class="brand"
        href="/"
        onClick={(event) => {
          event.preventDefault();
          go({ view: "mail", place: "inbox" });
        }}
      >
        <img src="/posthorn.svg" alt="Posthorn" width="24" height="24" />
        <span aria-hidden="true">Posthorn</span>
      </a>
      <SearchBox />
      <Button label={t().help} icon="circle-help" hint="?" onClick={() => void (over.value = "help")} />
      <span class="account small">{client.session.username}</span>
      <Button label={t().signOut} icon="log-out" onClick={() => void leaveServer()} />
    </header>
  );
}

export function Shell() {
  const { keysFor } = settings.value;
  useEffect(() => {
    const table: Keys = { Escape: goBack };
    for (const one of commands()) {
      const own = one.key === undefined ? undefined : keysFor[one.key];
      for (const key of own === undefined ? (one.keys ?? [one.key]) : [own]) if (key) table[key] = one.do;
    }
    return addKeys(table);
  }, [keysFor]);
  useEffect(() => {
    const mailto = (event: Event) => void compose("mailto", (event as CustomEvent<string>).detail);
    document.addEventListener("compose", mailto);
    document.addEventListener("unsend", unsend);
    void import("../compose/kept.ts").then(({ keptDrafts }) => {
      // What was being written when the browser or the machine stopped.
      if (!keptDrafts().length) return;
      void import("../compose/drafts.ts").then((desk) => {
        composing.value = true;
        if (desk.restore()) say(t().restored);
      });
    });
    return () => {
      document.removeEventListener("compose", mailto);
      document.removeEventListener("unsend", unsend);
    };
  }, []);
  const { view, thread } = route.value;
  return (
    <>
      <a class="skip" href="#list">
        {t().skip}
      </a>
      <Header />
      {!connected.value && (
        <div class="offline" role="status">
          {t().reconnecting}
        </div>
      )}
      <main class={`panes ${thread ? "reading" : ""} ${journeyOpen.value && thread ? "with-journey" : ""}`} style={widthStyle()}>
        <Rail onCompose={() => void compose("new")} />
        {(view === "mail" || view === "search") && (
          <>
            <List onOpen={(row) => openRow(row, openDraft)} />
            <Reader onCompose={(kind, id) => void compose(kind, id)} />
            {journeyOpen.value && thread && current.value && <JourneyPanel id={current.value} onClose={toggleJourney} />}
            <Divider pane="list" label={t().widthOfList} of=".list-pane" grows={1} />
            {journeyOpen.value && thread && <Divider pane="journey" label={t().widthOfJourney} of=".journey" grows={-1} />}
          </>
        )}
        {view === "scheduled" && <Scheduled />}
        {view === "settings" && <Settings />}
        {view === "contacts" && <Contacts />}
      </main>
      {!thread && (
        <nav class="bottom" aria-label="Posthorn">
          <Button label={t().inbox} icon="inbox" onClick={() => go({ view: "mail", place: "inbox" })} />
          <Button label={t().search} icon="search" onClick={focusSearch} />
          <Button label={t().compose} icon="pencil" kind="primary" onClick={() => void compose("new")} />
        </nav>
      )}
      {composing.value && <Composer />}
      {over.value === "palette" && <Palette commands={commands()} onClose={() => void (over.value = null)} />}
      {over.value === "help" && <Help commands={commands()} onClose={() => void (over.value = null)} />}
      <Title />
      <Questions />
      <Toasts />
      <TaughtKey />
    </>
  );
}
