// The left rail: mailboxes and labels with their unread counts, quota, and the ways to settings and contacts.
import { signal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect } from "preact/hooks";
import { size, t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Id, Mailbox } from "../jmap/types.ts";
import { label, moveTo } from "../state/actions.ts";
import { createMailbox, fullName, mailboxes, placeOf } from "../state/mailboxes.ts";
import { loadQuota, quota } from "../state/quota.ts";
import { go, print, route } from "../state/route.ts";
import { scheduled } from "../state/scheduled.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "./button.tsx";
import { ask, sure } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icons.ts";
import { part } from "./lazy.tsx";
import { Link } from "./link.tsx";
import { type Item, Menu } from "./menu.tsx";
import { mailboxIcon, mailboxLabel } from "./names.ts";

export const railOpen = signal(false);
export const DRAGGED = "application/x-posthorn-rows";

function Place({ box }: { box: Mailbox }) {
  const over = signal(false);
  const place = placeOf(box);
  const here = route.value.view === "mail" && route.value.place === place;
  const counts = box.role === "drafts" ? box.totalEmails : box.role === "sent" || box.role === "trash" ? 0 : box.unreadThreads;
  const depth = fullName(box).split("/").length - 1;
  return (
    <li class="place-line">
      <a
        href={print({ view: "mail", place, thread: null })}
        class={`place ${here ? "here" : ""} depth-${Math.min(depth, 4)}`}
        aria-current={here ? "page" : undefined}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          railOpen.value = false;
          go({ view: "mail", place });
        }}
        onDragOver={(event) => {
          if (event.dataTransfer?.types.includes(DRAGGED)) {
            event.preventDefault();
            over.value = true;
          }
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          const rows = JSON.parse(event.dataTransfer!.getData(DRAGGED)) as Id[];
          void (event.altKey ? label(rows, box.id, true) : moveTo(rows, box.id));
        }}
      >
        <Icon name={mailboxIcon(box.role)} />
        <span class="grow">{mailboxLabel(box)}</span>
        {counts > 0 && (
          <span class={`count ${box.role === "inbox" ? "strong" : ""}`}>
            {counts}
            <span class="sr"> {t().unread}</span>
          </span>
        )}
      </a>
      <PlaceMenu box={box} />
    </li>
  );
}

async function change(box: Mailbox, what: "rename" | "remove" | "empty"): Promise<void> {
  const places = await part(import("../state/places.ts"));
  const name = mailboxLabel(box);
  if (what === "rename") {
    const next = (await ask(t().rename, t().mailboxName, box.name))?.trim();
    if (next && next !== box.name) await places.rename(box, next);
  } else if (what === "remove") {
    if (await sure(t().removeLabelQuestion(fullName(box)))) await places.removeMailbox(box);
  } else if (await sure(t().emptyQuestion(name, box.totalEmails))) await places.empty(box);
}

/** What can be done to a place: labels are renamed and removed, bin and spam emptied. */
function PlaceMenu({ box }: { box: Mailbox }) {
  const go = (what: Parameters<typeof change>[1]) => () => void change(box, what).catch(sayFailed);
  const items: Item[] = box.role
    ? (box.role === "trash" || box.role === "junk") && box.totalEmails > 0
      ? [{ label: t().emptyNow(mailboxLabel(box)), icon: "trash-2", do: go("empty") }]
      : []
    : [
        { label: t().rename, icon: "pencil", do: go("rename") },
        { label: t().removeLabel, icon: "trash-2", do: go("remove") },
      ];
  return items.length ? (
    <Menu label={`${t().more}: ${mailboxLabel(box)}`} icon="ellipsis" class="place-more" items={items} />
  ) : null;
}

async function newMailbox(): Promise<void> {
  const name = await ask(t().newMailbox, t().mailboxName);
  if (!name) return;
  try {
    await createMailbox(name.trim());
    say(`${t().savedWord}: ${name.trim()}`);
  } catch (error) {
    sayFailed(error);
  }
}

function PageLink(p: {
  view: "settings" | "contacts" | "search" | "scheduled";
  place?: string;
  icon: IconName;
  text: string;
  count?: number;
}) {
  const place = p.place ?? "";
  const here = route.value.view === p.view && (!place || route.value.place === place);
  return (
    <li>
      <Link
        to={{ view: p.view, place, thread: null }}
        class={`place ${here ? "here" : ""}`}
        current={here}
        onGo={() => {
          railOpen.value = false;
        }}
      >
        <Icon name={p.icon} />
        <span class="grow">{p.text}</span>
        {Boolean(p.count) && <span class="count">{p.count}</span>}
      </Link>
    </li>
  );
}

/** There as long as letters wait, or somebody looks. */
function ScheduledLink() {
  const n = scheduled.value.length;
  if (!n && route.value.view !== "scheduled") return null;
  return <PageLink view="scheduled" icon="clock" text={t().scheduledBox} count={n} />;
}

export function Rail({ onCompose }: { onCompose: () => void }) {
  useEffect(() => void loadQuota().catch(() => {}), []);
  const withRoles = mailboxes.value.filter((one) => one.role);
  const labels = mailboxes.value.filter((one) => !one.role);
  const q = quota.value;
  return (
    <nav class={`rail ${railOpen.value ? "open" : ""}`} aria-label={t().labels}>
      <Button label={t().compose} icon="pencil" hint="c" kind="primary" class="compose" onClick={onCompose} showLabel />
      <ul>
        {withRoles.map((one) => (
          <Fragment key={one.id}>
            <Place box={one} />
            {one.role === "inbox" && <PageLink view="search" place="is:starred" icon="star" text={t().starredBox} />}
            {one.role === "sent" && <ScheduledLink />}
          </Fragment>
        ))}
      </ul>
      <div class="rail-head">
        <h2>{t().labels}</h2>
        <Button label={t().newMailbox} icon="plus" onClick={() => void newMailbox()} />
      </div>
      <ul>
        {labels.map((one) => (
          <Place key={one.id} box={one} />
        ))}
      </ul>
      <ul class="rail-foot">
        {client.can("urn:ietf:params:jmap:contacts") && <PageLink view="contacts" icon="users" text={t().contacts} />}
        <PageLink view="settings" icon="settings" text={t().settings} />
      </ul>
      {q && q.hardLimit > 0 && (
        <div class="quota">
          <meter
            min={0}
            max={q.hardLimit}
            high={q.hardLimit * 0.9}
            value={q.used}
            aria-label={t().quota(size(q.used), size(q.hardLimit))}
          />
          <span>{t().quota(size(q.used), size(q.hardLimit))}</span>
        </div>
      )}
    </nav>
  );
}
