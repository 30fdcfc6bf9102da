// What shows it: the two domains side by side, SPF, each DKIM signature with what it covers, DMARC, TLS, ARC where there is some, the DNS.
import { t } from "../i18n/t.ts";
import type { Id } from "../jmap/types.ts";
import { Covers } from "./covers.tsx";
import type { Evidence, Journey } from "./data.ts";
import { Result } from "./story.tsx";

export function Proof({ one }: { one: Journey }) {
  const e = one.evidence;
  if (!e) return <p>{t().noJourney}</p>;
  const j = e.judgement;
  return (
    <>
      {e.login && <p>{t().sentByUser(e.login)}</p>}
      {j && <Domains evidence={e} />}
      {j && <Spf evidence={e} />}
      {j && !j.dkim.length && (
        <section class="card" aria-label="DKIM">
          <h3>
            <Result name="DKIM" result="none" />
          </h3>
          <p>{t().noSignature}</p>
        </section>
      )}
      {j?.dkim.map((sig, i) => (
        <Signature key={`${sig.domain}${sig.selector}${i}`} sig={sig} id={one.id} />
      ))}
      {j && (
        <section class="card" aria-label="DMARC">
          <h3>
            <Result name="DMARC" result={j.dmarc.result} of={j.dmarc.author} />
          </h3>
          <p>{j.dmarc.reason}</p>
          {j.dmarc.record && (
            <code class="mono">
              _dmarc.{j.dmarc.record_domain || j.dmarc.org_domain}: {j.dmarc.record}
            </code>
          )}
          <p class="small">{t().cannotTellDmarc}</p>
        </section>
      )}
      <section class="card" aria-label="TLS">
        <h3>TLS</h3>
        <p>{e.tls ? `${e.tls.version}, ${e.tls.cipher}` : t().plainArrival}</p>
        <p class="small">{t().cannotTellTls}</p>
      </section>
      {j?.arc && j.arc.sets?.length > 0 && (
        <section class="card" aria-label="ARC">
          <h3>
            <Result name="ARC" result={j.arc.result} />
          </h3>
          <p class="small">{t().olderScheme}</p>
          <ul class="small">
            {j.arc.sets.map((set) => (
              <li key={set.instance}>
                {set.instance}. {set.sealer}
              </li>
            ))}
          </ul>
        </section>
      )}
      {e.dns && e.dns.length > 0 && (
        <details class="card">
          <summary>{t().dnsAnswers(e.dns.length)}</summary>
          <ul class="small">
            {e.dns.map((answer) => (
              <li key={answer.name + answer.type}>
                <code>
                  {answer.name} {answer.type}
                </code>{" "}
                {answer.outcome} ({answer.security}){" "}
                {answer.records.length > 0 && <code class="mono">{answer.records.map(recordText).join(" | ")}</code>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

export function recordText(record: unknown): string {
  if (typeof record === "string") return record;
  return Object.values(record as Record<string, unknown>).join(" ");
}

function Spf({ evidence }: { evidence: Evidence }) {
  const { spf } = evidence.judgement!;
  return (
    <section class="card" aria-label="SPF">
      <h3>
        <Result name="SPF" result={spf.result} of={spf.domain} />
      </h3>
      <p>{spf.reason}</p>
      {spf.steps && spf.steps.length > 0 && (
        <ul class="small tree">
          {spf.steps.map((step, i) => (
            <li
              key={`${step.domain}${i}`}
              class={`depth-${Math.min(step.depth, 4)} ${step.outcome.startsWith("match") ? "match" : ""}`}
            >
              <code>{step.term || step.record}</code> {step.outcome}
              {step.lookups > 0 && ` (${step.lookups}/10)`}
            </li>
          ))}
        </ul>
      )}
      <p class="small">{t().cannotTellSpf}</p>
    </section>
  );
}

type Sig = NonNullable<Evidence["judgement"]>["dkim"][number];

function Signature({ sig, id }: { sig: Sig; id: Id }) {
  return (
    <section class="card" aria-label={`DKIM ${sig.domain}`}>
      <h3>
        <Result name="DKIM" result={sig.result} of={sig.domain} />
      </h3>
      {sig.reason && <p>{sig.reason}</p>}
      <p class="small">
        {sig.selector}._domainkey.{sig.domain} · {sig.algorithm} {sig.key_bits}
      </p>
      <Covers id={id} domain={sig.domain} good={sig.result === "pass"} names={sig.signed_fields ?? []} length={sig.length} />
    </section>
  );
}

/** The two domains side by side: whom the letter says it is from, and whom the mail system knows it by. */
function Domains({ evidence }: { evidence: Evidence }) {
  const j = evidence.judgement!;
  const author = j.dmarc.author;
  const rows: { name: string; domain: string; result: string; aligned: boolean }[] = [
    { name: "Return-Path (SPF)", domain: j.spf.domain, result: j.spf.result, aligned: j.dmarc.aligned.spf },
    // Which of several signatures is aligned: the one that is good and of the author's domain or one above or below it.
    ...j.dkim.map((sig) => ({
      name: "DKIM",
      domain: sig.domain,
      result: sig.result,
      aligned: sig.result === "pass" && j.dmarc.aligned.dkim && related(sig.domain, j.dmarc.org_domain || author),
    })),
  ];
  return (
    <section class="card" aria-label={t().twoDomains}>
      <h3>{t().twoDomains}</h3>
      {rows.map((row, i) => (
        <div class={`domains ${row.aligned ? "aligned" : "apart"}`} key={`${row.name}${row.domain}${i}`}>
          <span>
            <small>From</small>
            <strong>{author || "—"}</strong>
          </span>
          <span class={`word ${row.aligned ? "pass" : "fail"}`}>
            {/* What did not pass proves no domain, also not one that reads the same. */}
            <span aria-hidden="true">{row.aligned ? "═" : row.result === "pass" ? "≠" : "✕"}</span>
            <span class="sr">{row.aligned ? t().aligned : t().notAligned}</span>
          </span>
          <span>
            <small>
              {row.name} {row.result}
            </small>
            <strong>{row.domain || "—"}</strong>
          </span>
        </div>
      ))}
      <p class="small">{j.dmarc.aligned.spf || j.dmarc.aligned.dkim ? t().alignedMeans : t().notAlignedMeans}</p>
    </section>
  );
}

function related(domain: string, organization: string): boolean {
  const a = domain.toLowerCase();
  const b = organization.toLowerCase();
  return a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);
}
