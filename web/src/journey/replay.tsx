// The arrival once more in slow motion, from what was kept; and what the same letter would have met if the SPF record ended otherwise.
import { useSignal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { Button } from "../ui/button.tsx";
import type { Evidence } from "./data.ts";

interface Step {
  who: string;
  text: string;
}

type Ending = "-all" | "~all" | "?all";

/** What an SPF record that ends so says of an address that nothing before matches. */
const MEANS: Record<Ending, string> = { "-all": "fail", "~all": "softfail", "?all": "neutral" };

export function stepsOf(e: Evidence, ending: Ending | null): Step[] {
  const j = e.judgement;
  const steps: Step[] = [
    { who: e.client?.ip ?? "?", text: `connects to ${e.by}${e.tls ? `, ${e.tls.version}` : ""}` },
    { who: e.client?.ip ?? "?", text: `EHLO ${e.helo ?? ""}` },
    { who: e.client?.ip ?? "?", text: `MAIL FROM:<${e.reverse_path}>` },
  ];
  if (!j) return [...steps, { who: e.by, text: "250" }];
  const byAll = j.spf.steps?.some((step) => /^[-~?+]?all$/.test(step.term) && step.outcome === "matches") ?? false;
  const result = ending && byAll ? MEANS[ending] : j.spf.result;
  for (const answer of e.dns ?? [])
    steps.push({ who: "DNS", text: `${answer.name} ${answer.type} → ${answer.records.join(" | ") || answer.outcome}` });
  steps.push({ who: "SPF", text: `${result}${result === j.spf.result ? `: ${j.spf.reason}` : ` (${ending})`}` });
  for (const sig of j.dkim) steps.push({ who: "DKIM", text: `${sig.domain}: ${sig.result} ${sig.reason}` });
  steps.push(
    { who: "DMARC", text: `${j.dmarc.result}: ${j.dmarc.reason}` },
    { who: e.by, text: `${j.disposition}: ${j.reason}` },
  );
  return steps;
}

export function Replay({ evidence }: { evidence: Evidence }) {
  const at = useSignal(0);
  const ending = useSignal<Ending | null>(null);
  const steps = stepsOf(evidence, ending.value);
  const move = (by: number) => {
    at.value = Math.max(0, Math.min(steps.length - 1, at.peek() + by));
  };
  const endings: Ending[] = ["-all", "~all", "?all"];
  return (
    <div
      class="card"
      role="group"
      aria-label={t().play}
      onKeyDown={(event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (by === undefined) return;
        event.stopPropagation();
        move(by);
      }}
    >
      <div class="bar">
        <Button label={t().previous} icon="chevron-left" onClick={() => move(-1)} />
        <span class="grow" role="status">
          {t().stepOf(at.value + 1, steps.length)}
        </span>
        <Button label={t().next} icon="chevron-right" onClick={() => move(1)} />
      </div>
      <ol class="hops">
        {steps.map((step, i) => (
          <li key={`${step.who}${i}`} class={i <= at.value ? "saw" : ""} hidden={i > at.value}>
            <strong>{step.who}</strong>
            <div class="small">{step.text}</div>
          </li>
        ))}
      </ol>
      <div class="line">
        {endings.map((one) => (
          <Button
            key={one}
            label={one}
            pressed={ending.value === one}
            onClick={() => void (ending.value = ending.peek() === one ? null : one)}
            showLabel
          />
        ))}
      </div>
    </div>
  );
}
