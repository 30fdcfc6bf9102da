// The arrival once more in slow motion, from what was kept; and what the same letter would have met if the SPF record ended otherwise, which
// the server finds by judging it again.
import { useSignal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { Button } from "../ui/button.tsx";
import { addressOf, type Ending, type Endings, type Evidence } from "./data.ts";
import { recordText } from "./proof.tsx";

interface Step {
  who: string;
  text: string;
}

const ENDINGS: readonly Ending[] = ["-all", "~all", "?all"];

/** What the receiving server says at the end of the text. */
function answerOf(disposition: string): string {
  if (disposition === "reject") return t().wouldReject;
  return disposition === "quarantine" ? t().wouldJunk : t().wouldDeliver;
}

export function stepsOf(e: Evidence, other: Endings[Ending] | null): Step[] {
  const client = addressOf(e) || "?";
  const steps: Step[] = [
    { who: client, text: t().connects(e.by, e.tls?.version ?? null) },
    { who: client, text: `EHLO ${e.helo ?? ""}` },
    { who: client, text: `MAIL FROM:<${e.reverse_path}>` },
    { who: client, text: "RCPT TO, DATA" },
  ];
  const j = e.judgement;
  if (!j) return [...steps, { who: e.by, text: "250" }];
  for (const answer of e.dns ?? [])
    steps.push({
      who: "DNS",
      text: `${answer.name} ${answer.type} → ${answer.records.map(recordText).join(" | ") || answer.outcome}`,
    });
  const spf = other?.spf ?? j.spf;
  const dmarc = other?.dmarc ?? j.dmarc;
  steps.push({ who: "SPF", text: `${spf.result}: ${spf.reason}` });
  for (const sig of j.dkim) steps.push({ who: "DKIM", text: `${sig.domain}: ${sig.result} ${sig.reason}` });
  const { disposition, reason } = other ?? j;
  steps.push(
    { who: "DMARC", text: `${dmarc.result}: ${dmarc.reason}` },
    { who: e.by, text: `${answerOf(disposition)} ${reason}` },
  );
  return steps;
}

export function Replay({ evidence, endings }: { evidence: Evidence; endings: Endings | null }) {
  const at = useSignal(0);
  const ending = useSignal<Ending | null>(null);
  const other = ending.value && endings ? endings[ending.value] : null;
  const steps = stepsOf(evidence, other);
  const move = (by: number) => {
    at.value = Math.max(0, Math.min(steps.length - 1, at.peek() + by));
  };
  return (
    <div
      class="card replay"
      role="group"
      aria-label={t().play}
      onKeyDown={(event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (by === undefined) return;
        event.stopPropagation();
        move(by);
      }}
    >
      <div class="line">
        <Button label={t().previous} icon="chevron-left" onClick={() => move(-1)} />
        <span class="grow small" role="status">
          {t().stepOf(at.value + 1, steps.length)}
        </span>
        <Button label={t().next} icon="chevron-right" onClick={() => move(1)} />
      </div>
      <ol class="hops">
        {steps.map((step, i) => (
          <li
            key={`${step.who}${i}`}
            class={`${i <= at.value ? "saw" : ""} ${i === at.value ? "now" : ""}`}
            hidden={i > at.value}
          >
            <strong>{step.who}</strong>
            <div class="small">{step.text}</div>
          </li>
        ))}
      </ol>
      {endings && (
        <fieldset class="endings">
          <legend class="small">{t().whatIfSpf(evidence.judgement?.spf.domain ?? "")}</legend>
          <div class="line">
            {ENDINGS.map((one) => (
              <Button
                key={one}
                label={one}
                pressed={ending.value === one}
                onClick={() => {
                  ending.value = ending.peek() === one ? null : one;
                  at.value = Math.max(at.peek(), steps.length - 1);
                }}
                showLabel
              />
            ))}
          </div>
          {other && (
            <p role="status" class="outcome">
              <strong>{answerOf(other.disposition)}</strong> <span class="small">{other.reason}</span>
            </p>
          )}
        </fieldset>
      )}
    </div>
  );
}
