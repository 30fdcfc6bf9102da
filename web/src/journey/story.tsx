// The story of a letter: the verdict in one sentence, the road it took, what was changed on it, where it ended and why. For a letter of our
// own: what became of it at each recipient's.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fullDate, shortDate, t } from "../i18n/t.ts";
import type { Email } from "../jmap/types.ts";
import { mailbox } from "../state/mailboxes.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { mailboxLabel } from "../ui/names.ts";
import { askAgain, type Journey, type Recipient, verdict, wordOf } from "./data.ts";
import { Replay } from "./replay.tsx";
import { type Leg, type Station, stations } from "./road.ts";

export function Story({ one, email }: { one: Journey; email: Email | undefined }) {
  const { word, text } = verdict(one);
  const e = one.evidence;
  const replaying = useSignal(false);
  useEffect(() => {
    replaying.value = false;
  }, [one.id]);
  const road = stations(one, String(email?.["header:List-Id:asText"] ?? ""));
  const boxes = Object.keys(email?.mailboxIds ?? {}).map(mailbox);
  const inJunk = boxes.some((box) => box?.role === "junk");
  return (
    <>
      <p class={`verdict ${word}`}>{text}</p>
      {word === "pass" && e?.judgement && <p class="small">{t().personNotProven}</p>}
      {inJunk && <WhyJunk one={one} email={email} />}
      {road.length > 0 && (
        <ol class="hops" aria-label={t().road}>
          {road.map((station, i) => (
            <StationItem key={`${station.name}${i}`} station={station} one={one} />
          ))}
          {e && (
            <li class="saw end">
              <strong>{boxes.map((box) => (box ? mailboxLabel(box) : "")).join(", ") || t().yourMailbox}</strong>
              <div class="small">{t().roleMailbox}</div>
            </li>
          )}
        </ol>
      )}
      {one.altered && one.altered.result !== "nothing" && <Changes one={one} />}
      {one.sent.map((sent) => (
        <Deliveries key={sent.id} one={one} sent={sent} />
      ))}
      {e?.judgement && (
        <Button
          label={t().play}
          icon="play"
          pressed={replaying.value}
          onClick={() => {
            replaying.value = !replaying.peek();
          }}
          showLabel
        />
      )}
      {e && replaying.value && <Replay evidence={e} endings={one.endings} />}
    </>
  );
}

/** One true reason: the server's, or that somebody put it there. */
function WhyJunk({ one, email }: { one: Journey; email: Email | undefined }) {
  const j = one.evidence?.judgement;
  const ours = j && j.disposition !== "none" ? j.reason : null;
  const why = ours ?? (email?.keywords.$junk ? t().junkedByHand : t().junkUnknown);
  return (
    <div class="notice warn">
      <p>
        <strong>{t().whyJunk}</strong> {why}
      </p>
    </div>
  );
}

const roleName = (role: Station["role"]): string =>
  ({
    app: t().roleApp,
    sender: t().roleSender,
    list: t().roleList,
    forwarder: t().roleForwarder,
    relay: t().roleRelay,
    ours: t().roleOurs,
  })[role];

function legText(leg: Leg): string {
  const how = leg.encrypted === null ? t().legUnknown : leg.encrypted ? t().legEncrypted : t().legPlain;
  const parts = [how, leg.how, leg.seen ? t().weSaw : leg.encrypted === null ? "" : t().claimed];
  if (leg.seconds !== null && leg.seconds > 60) parts.push(t().took(leg.seconds));
  return parts.filter(Boolean).join(" · ");
}

function StationItem({ station, one }: { station: Station; one: Journey }) {
  const j = station.role === "ours" ? one.evidence?.judgement : undefined;
  const { leg } = station;
  return (
    <li class={`${station.role === "ours" ? "saw" : "said"} ${station.altered ? "altered" : ""}`} data-role={station.role}>
      {leg && (
        <div class={`leg small ${leg.encrypted === false && leg.seen ? "warn" : ""}`}>
          <Icon name={leg.encrypted ? "lock" : leg.encrypted === false ? "lock-open" : "circle-help"} />
          <span>{legText(leg)}</span>
        </div>
      )}
      <strong>{station.name || t().unnamedHost}</strong>
      <div class="small">
        {roleName(station.role)}
        {station.at && (
          <>
            {" · "}
            <time dateTime={station.at} title={fullDate(station.at)}>
              {shortDate(station.at)}
            </time>
          </>
        )}
      </div>
      {station.altered && (
        <div class="small warn">
          <Icon name="pencil" /> {t().alteredHere((one.altered?.edits ?? []).length)}
        </div>
      )}
      {j && (
        <div class="results">
          <Result name="SPF" result={j.spf.result} />
          {j.dkim.length ? (
            j.dkim.map((sig, i) => <Result key={`${sig.domain}${i}`} name="DKIM" result={sig.result} of={sig.domain} />)
          ) : (
            <Result name="DKIM" result="none" />
          )}
          <Result name="DMARC" result={j.dmarc.result} of={j.dmarc.author} />
        </div>
      )}
    </li>
  );
}

export function Result({ name, result, of }: { name: string; result: string; of?: string }) {
  const word = wordOf(result);
  const mark = { pass: "●", fail: "✕", warn: "▲", unknown: "○" }[word];
  return (
    <span class="result">
      {name}{" "}
      <span class={`word ${word}`}>
        <span aria-hidden="true">{mark}</span> {result}
      </span>
      {of && <span class="small"> {of}</span>}
    </span>
  );
}

function Changes({ one }: { one: Journey }) {
  const altered = one.altered!;
  const between = altered.between;
  return (
    <section class="card changes" aria-label={t().changes}>
      <h3>
        <Icon name="pencil" /> {t().changes}
      </h3>
      <p>{altered.sentence}</p>
      {(altered.edits ?? []).map((edit) => (
        <div key={edit.where + edit.sentence}>
          <div class="small">
            {edit.where}
            {edit.where === "body" &&
              edit.lines &&
              ` (${edit.lines[0] === edit.lines[1] ? edit.lines[0] : `${edit.lines[0]}–${edit.lines[1]}`})`}
            : {edit.sentence}
          </div>
          {(edit.removed || edit.added) && (
            <pre class="diff">
              {edit.removed && <del>{signed("-", edit.removed)}</del>}
              {edit.added && <ins>{signed("+", edit.added)}</ins>}
            </pre>
          )}
        </div>
      ))}
      {between && (between.after || between.before) && (
        <p class="small">{t().between(between.after ?? t().theSigner, between.before ?? t().roleOurs)}</p>
      )}
      {between?.editor && <p class="small">{t().probablyBy(between.editor)}</p>}
    </section>
  );
}

const signed = (sign: string, text: string): string =>
  text
    .replace(/\r/g, "")
    .trimEnd()
    .split("\n")
    .slice(0, 40)
    .map((line) => `${sign} ${line}\n`)
    .join("");

function Deliveries({ one, sent }: { one: Journey; sent: Journey["sent"][number] }) {
  const waits = sent.recipients.some((who) => who.delivered === "queued");
  useEffect(() => {
    if (!waits || sent.undoStatus === "canceled") return;
    const timer = setTimeout(() => askAgain(one.id), 3000);
    return () => clearTimeout(timer);
  }, [one, waits]);
  return (
    <section aria-label={t().deliveries} class="deliveries">
      <h3>{t().deliveries}</h3>
      {sent.undoStatus === "pending" && (
        <div class="notice">
          <span class="grow">{t().scheduled(fullDate(sent.sendAt))}</span>
          <Button
            label={t().dontSend}
            onClick={() => document.dispatchEvent(new CustomEvent("unsend", { detail: { submission: sent.id, email: one.id } }))}
            class="outlined"
            showLabel
          />
        </div>
      )}
      <ul>
        {sent.recipients.map((who) => (
          <Delivered key={who.address} who={who} undo={sent.undoStatus} />
        ))}
      </ul>
    </section>
  );
}

function Delivered({ who, undo }: { who: Recipient; undo: string }) {
  const state =
    undo === "canceled"
      ? t().takenBack
      : {
          queued: who.attempts.length ? t().trying : t().waiting,
          yes: t().deliveredWord,
          no: t().returned,
          unknown: t().handedOn,
        }[who.delivered];
  const word = { queued: "unknown", yes: "pass", no: "fail", unknown: "pass" }[who.delivered];
  return (
    <li class="card" data-delivered={who.delivered}>
      <div>
        <strong>{who.address}</strong> <span class={`word ${word}`}>{state}</span>
      </div>
      <ol class="attempts">
        {who.attempts.map((attempt) => (
          <li key={attempt.at + attempt.host} class="small">
            <Icon name={attempt.tls ? "lock" : "lock-open"} />
            <span>
              <time dateTime={attempt.at}>{shortDate(attempt.at)}</time> {attempt.host} ·{" "}
              {attempt.tls ? t().legEncryptedBy(attempt.tls) : t().legPlain}
              {attempt.answer && <code class="answer">{attempt.answer}</code>}
            </span>
          </li>
        ))}
      </ol>
      {!who.attempts.length && who.reply && <code class="mono">{who.reply}</code>}
    </li>
  );
}
