// One message: who, when, the one line of evidence, the text, the attachments.
import { useSignal } from "@preact/signals";
import { fullDate, shortDate, size, t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Address, BodyPart, Email, Id } from "../jmap/types.ts";
import * as actions from "../state/actions.ts";
import { email } from "../state/emails.ts";
import { sayFailed } from "../state/toast.ts";
import { Body } from "./body.tsx";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { lazy, part } from "./lazy.tsx";
import { Menu } from "./menu.tsx";
import { initials, person, subjectOf } from "./names.ts";
import { printMessage } from "./print.ts";
import type { ComposeKind } from "./reader.tsx";

const EvidenceLine = lazy(() => import("../journey/line.tsx").then((one) => one.EvidenceLine));
const Doubts = lazy(() => import("../journey/doubts.tsx").then((one) => one.Doubts));
const leave = (one: Email) => void part(import("./unsubscribe.ts")).then(({ unsubscribe }) => unsubscribe(one), sayFailed);

const canLeave = (one: Email): boolean => Boolean(one["header:List-Unsubscribe:asURLs"]);

interface Props {
  id: Id;
  unfolded: boolean;
  alone: boolean;
  onFold: () => void;
  onCompose: (kind: ComposeKind, id: Id) => void;
}

const addresses = (list: Address[] | null | undefined) =>
  (list ?? []).map((one) => (one.name ? `${one.name} <${one.email}>` : one.email)).join(", ");

export function Message(p: Props) {
  const one = email(p.id).value;
  const details = useSignal(false);
  if (!one) return null;
  const who = one.from?.[0];
  const name = who ? person(who) : t().noSender;
  if (!p.unfolded)
    return (
      <button type="button" class="folded" onClick={p.onFold} aria-label={`${t().expand(name)}, ${shortDate(one.receivedAt)}`}>
        <span class="avatar" aria-hidden="true">
          {initials(who)}
        </span>
        <span class="who">{name}</span>
        <span class="preview">{one.preview}</span>
        <time dateTime={one.receivedAt}>{shortDate(one.receivedAt)}</time>
      </button>
    );
  return (
    <article
      tabIndex={-1}
      class={`message ${p.alone ? "alone" : ""}`}
      aria-label={`${name}, ${subjectOf(one)}`}
      data-email={one.id}
    >
      <header class="message-head">
        <span class="avatar" aria-hidden="true">
          {initials(who)}
        </span>
        <div class="grow">
          <div class="from">
            <strong>{who?.name || who?.email || t().noSender}</strong>
            {who?.name && <span class="address"> {who.email}</span>}
            {canLeave(one) && (
              <button type="button" class="link small leave" onClick={() => leave(one)}>
                {t().unsubscribe}
              </button>
            )}
          </div>
          <div class="small to-line">
            {t().to.toLowerCase()} {[...(one.to ?? []), ...(one.cc ?? [])].slice(0, 4).map(person).join(", ") || "—"}
            <button
              type="button"
              class="link"
              aria-expanded={details.value}
              onClick={() => {
                details.value = !details.value;
              }}
            >
              {t().details}
            </button>
          </div>
        </div>
        <time dateTime={one.receivedAt} title={fullDate(one.receivedAt)}>
          {shortDate(one.receivedAt)}
        </time>
        <Button label={t().reply} icon="reply" hint="r" onClick={() => p.onCompose("reply", one.id)} />
        <MessageMenu one={one} onCompose={p.onCompose} />
        {!p.alone && <Button label={t().collapse} icon="minus" onClick={p.onFold} />}
      </header>
      {details.value && <Details one={one} />}
      <div class="evidence-place">
        <EvidenceLine id={one.id} />
        <Doubts id={one.id} />
      </div>
      <Body one={one} alone={p.alone} />
      <Attachments one={one} />
      <footer class="message-foot">
        <Button label={t().reply} icon="reply" hint="r" onClick={() => p.onCompose("reply", one.id)} showLabel />
        <Button label={t().replyAll} icon="reply-all" hint="a" onClick={() => p.onCompose("replyAll", one.id)} showLabel />
        <Button label={t().forward} icon="forward" hint="f" onClick={() => p.onCompose("forward", one.id)} showLabel />
      </footer>
    </article>
  );
}

function MessageMenu({ one, onCompose }: { one: Email; onCompose: Props["onCompose"] }) {
  return (
    <Menu
      label={t().more}
      icon="ellipsis"
      items={[
        { label: t().replyAll, icon: "reply-all" as const, do: () => onCompose("replyAll", one.id) },
        { label: t().forward, icon: "forward" as const, do: () => onCompose("forward", one.id) },
        { label: t().star, icon: "star" as const, do: () => void actions.star([one.id]) },
        { label: t().print, icon: "printer" as const, do: () => printMessage(one) },
        {
          label: t().source,
          icon: "file" as const,
          do: () => void open(client.downloadUrl(one.blobId, "message.txt", "text/plain"), "_blank", "noopener"),
        },
        {
          label: t().downloadMessage,
          icon: "download" as const,
          do: () => location.assign(client.downloadUrl(one.blobId, "message.eml", "message/rfc822")),
        },
        ...(canLeave(one) ? [{ label: t().unsubscribe, icon: "bell-off" as const, do: () => leave(one) }] : []),
      ]}
    />
  );
}

function Details({ one }: { one: Email }) {
  const rows: [string, string][] = [
    [t().from, addresses(one.from)],
    [t().replyTo, addresses(one.replyTo)],
    [t().to, addresses(one.to)],
    [t().cc, addresses(one.cc)],
    [t().bcc, addresses(one.bcc)],
    [t().date, one.sentAt ? fullDate(one.sentAt) : ""],
    [t().list, String(one["header:List-Id:asText"] ?? "")],
    [t().returnPath, String(one["header:Return-Path"] ?? "")],
  ];
  return (
    <dl class="details">
      {rows
        .filter(([, value]) => value)
        .map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Shown in a tab of their own only where the type cannot run anything; the server says so again by its headers. */
const VIEWABLE = /^(image\/(png|jpeg|gif|webp)|application\/pdf|text\/plain)$/;

function Attachments({ one }: { one: Email }) {
  const list = (one.attachments ?? []).filter((part) => part.blobId);
  if (!list.length) return null;
  const name = (part: BodyPart) => part.name || (part.type === "message/rfc822" ? "message.eml" : "attachment");
  return (
    <section class="attachments" aria-label={t().attachments(list.length)}>
      <h3>{t().attachments(list.length)}</h3>
      <ul>
        {list.map((part) => (
          <li key={part.partId}>
            <Icon name={part.type.startsWith("image/") ? "image" : "file"} />
            <span class="grow">{name(part)}</span>
            <span class="small">{size(part.size)}</span>
            {VIEWABLE.test(part.type) && (
              <a
                class="button plain"
                target="_blank"
                rel="noopener noreferrer"
                href={client.downloadUrl(part.blobId!, name(part), part.type)}
              >
                {t().openIt}
              </a>
            )}
            <a
              class="button plain"
              download={name(part)}
              href={client.downloadUrl(part.blobId!, name(part), "application/octet-stream")}
            >
              {t().download}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
