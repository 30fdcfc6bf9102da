// The journey panel: Story (what happened, from hand to hand), Proof (what shows it), Raw (all that was kept).
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { shortDate, t } from "../i18n/t.ts";
import type { Id } from "../jmap/types.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { type Evidence, findChanges, type Journey, journey, report, verdict, wordOf } from "./data.ts";
import { Replay } from "./replay.tsx";

type Tab = "story" | "proof" | "raw";
const tab = signal<Tab>("story");

export function JourneyPanel({ id, onClose }: { id: Id; onClose: () => void }) {
  const one = journey(id);
  const tabs: [Tab, string][] = [
    ["story", t().story],
    ["proof", t().proof],
    ["raw", t().raw],
  ];
  return (
    <aside class="journey" aria-label={t().journey}>
      <div class="bar">
        <h2 class="grow">{t().journey}</h2>
        {one && typeof one !== "string" && (
          <Button
            label={t().copyReport}
            icon="file"
            onClick={() => void navigator.clipboard.writeText(report(one)).then(() => say(t().copied))}
          />
        )}
        <Button label={t().close} icon="x" hint="y" onClick={onClose} />
      </div>
      <div class="tabs" role="tablist" aria-label={t().journey}>
        {tabs.map(([name, text]) => (
          <button
            type="button"
            role="tab"
            key={name}
            id={`tab-${name}`}
            aria-selected={tab.value === name}
            aria-controls="journey-body"
            tabIndex={tab.value === name ? 0 : -1}
            onClick={() => void (tab.value = name)}
            onKeyDown={(event) => {
              const at = tabs.findIndex(([other]) => other === name);
              const by = { ArrowRight: 1, ArrowLeft: tabs.length - 1 }[event.key];
              if (by === undefined) return;
              event.stopPropagation();
              const next = tabs[(at + by) % tabs.length]![0];
              tab.value = next;
              document.getElementById(`tab-${next}`)?.focus();
            }}
          >
            {text}
          </button>
        ))}
      </div>
      <div class="journey-body" id="journey-body" role="tabpanel" aria-labelledby={`tab-${tab.value}`} tabIndex={0}>
        {one === undefined && <p aria-busy="true">{t().loading}</p>}
        {typeof one === "string" && <p>{one === "failed" ? t().couldNotCheck : t().noJourney}</p>}
        {one && typeof one !== "string" && tab.value === "story" && <Story one={one} />}
        {one && typeof one !== "string" && tab.value === "proof" && <Proof one={one} />}
        {one && typeof one !== "string" && tab.value === "raw" && <pre class="raw">{JSON.stringify(one, null, 2)}</pre>}
      </div>
    </aside>
  );
}

function Story({ one }: { one: Journey }) {
  const { word, text } = verdict(one);
  const e = one.evidence;
  const replaying = useSignal(false);
  useEffect(() => void (replaying.value = false), [one.id]);
  const failing = e?.judgement?.dkim.some((sig) => sig.result === "fail") ?? false;
  useEffect(() => {
    // Only where a signature fails is there something to find.
    if (failing && !one.altered) void findChanges(one.id).catch(sayFailed);
  }, [one.id, failing]);
  const j = e?.judgement;
  return (
    <>
      <p class={`verdict ${word}`}>{text}</p>
      {word === "pass" && <p class="small">{t().personNotProven}</p>}
      {j && j.disposition !== "none" && j.disposition !== "pass" && (
        <div class="notice warn">
          <span>
            <strong>{t().whyJunk}</strong> {j.reason}
          </span>
        </div>
      )}
      <ol class="hops">
        {one.hops.map((hop, i) => (
          <li key={`${hop.by}${i}`} class={hop.saw ? "saw" : "said"}>
            <strong>{hop.by || "?"}</strong>
            <div class="small">
              {hop.from && `${hop.from} → `}
              {hop.with} {hop.at && `· ${shortDate(hop.at)}`} · {hop.saw ? t().weSaw : t().claimed}
              {hop.saw && ` · ${e?.tls ? `${e.tls.version}` : t().plainArrival}`}
            </div>
          </li>
        ))}
      </ol>
      {one.altered && one.altered.result !== "nothing" && <Changes one={one} />}
      {one.deliveries.length > 0 && (
        <ul>
          {one.deliveries.map((attempt) => (
            <li class="card" key={attempt.address}>
              <strong>{attempt.address}</strong>
              <span>{attempt.delivered}</span>
              {attempt.reply && <span class="mono">{attempt.reply}</span>}
            </li>
          ))}
        </ul>
      )}
      {e && (
        <Button
          label={t().play}
          icon="play"
          pressed={replaying.value}
          onClick={() => void (replaying.value = !replaying.peek())}
          showLabel
        />
      )}
      {e && replaying.value && <Replay evidence={e} />}
    </>
  );
}

function Changes({ one }: { one: Journey }) {
  const altered = one.altered!;
  return (
    <div class="card">
      <p>{altered.text}</p>
      {(altered.edits ?? []).map((edit) => (
        <div key={edit.where + edit.sentence}>
          <div class="small">
            {edit.where}: {edit.sentence}
          </div>
          <div class="diff">
            {edit.removed && <del>{`- ${edit.removed.trimEnd()}\n`}</del>}
            {edit.added && <ins>{`+ ${edit.added.trimEnd()}`}</ins>}
          </div>
        </div>
      ))}
    </div>
  );
}

function Proof({ one }: { one: Journey }) {
  const e = one.evidence;
  if (!e) return <p>{t().noJourney}</p>;
  const j = e.judgement;
  return (
    <>
      {j && <Domains evidence={e} />}
      {j && (
        <section class="card" aria-label="SPF">
          <h3>
            SPF <Verdict result={j.spf.result} />
          </h3>
          <p>{j.spf.reason}</p>
          <ul class="small">
            {(j.spf.steps ?? []).map((step, i) => (
              <li key={`${step.domain}${i}`} style={{ paddingInlineStart: `${step.depth * 12}px` }}>
                {step.term ? <code>{step.term}</code> : <code>{step.record}</code>} {step.outcome}
                {step.lookups > 0 && ` (${step.lookups}/10)`}
              </li>
            ))}
          </ul>
        </section>
      )}
      {j?.dkim.map((sig, i) => (
        <section class="card" aria-label="DKIM" key={`${sig.domain}${sig.selector}${i}`}>
          <h3>
            DKIM {sig.domain} <Verdict result={sig.result} />
          </h3>
          {sig.reason && <p>{sig.reason}</p>}
          <p class="small">
            {sig.selector}._domainkey.{sig.domain} · {sig.algorithm} {sig.key_bits}
          </p>
          {sig.unsigned_fields && sig.unsigned_fields.length > 0 && <p class="small warn">✎ {sig.unsigned_fields.join(", ")}</p>}
        </section>
      ))}
      {j && (
        <section class="card" aria-label="DMARC">
          <h3>
            DMARC <Verdict result={j.dmarc.result} />
          </h3>
          <p>{j.dmarc.reason}</p>
          {j.dmarc.record && <code class="mono">{j.dmarc.record}</code>}
        </section>
      )}
      <section class="card" aria-label="TLS">
        <h3>TLS</h3>
        <p>{e.tls ? `${e.tls.version}, ${e.tls.cipher}` : t().plainArrival}</p>
      </section>
      {e.dns && e.dns.length > 0 && (
        <section class="card" aria-label="DNS">
          <h3>DNS</h3>
          <ul class="small">
            {e.dns.map((answer) => (
              <li key={answer.name + answer.type}>
                <code>
                  {answer.name} {answer.type}
                </code>{" "}
                {answer.outcome} ({answer.security}){" "}
                {answer.records.length > 0 && <code class="mono">{answer.records.join(" | ")}</code>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Verdict({ result }: { result: string }) {
  const word = wordOf(result);
  const mark = { pass: "●", fail: "✕", warn: "▲", unknown: "○" }[word];
  return (
    <span class={`word ${word}`}>
      {mark} {result}
    </span>
  );
}

/** The two domains side by side: whom the letter says it is from, and whom the mail system knows it by. */
function Domains({ evidence }: { evidence: Evidence }) {
  const j = evidence.judgement!;
  const row = (name: string, domain: string, aligned: boolean) => (
    <div class="domains" key={name + domain}>
      <span>
        From
        <br />
        <strong>{j.dmarc.author || "—"}</strong>
      </span>
      <span class={`word ${aligned ? "pass" : "fail"}`} style={{ border: 0 }}>
        {aligned ? "═" : "≠"}
      </span>
      <span>
        {name}
        <br />
        <strong>{domain || "—"}</strong>
      </span>
    </div>
  );
  return (
    <div class="card">
      {row("SPF", j.spf.domain, j.dmarc.aligned.spf)}
      {j.dkim.map((sig) => row("DKIM", sig.domain, sig.result === "pass" && j.dmarc.aligned.dkim))}
    </div>
  );
}
