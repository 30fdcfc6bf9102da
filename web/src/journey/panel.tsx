// The journey panel: Story (what happened, from hand to hand), Proof (what shows it), Raw (all that was kept).
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import type { Id } from "../jmap/types.ts";
import { email } from "../state/emails.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { journey, lookCloser, report } from "./data.ts";
import { Proof } from "./proof.tsx";
import { Story } from "./story.tsx";

type Tab = "story" | "proof" | "raw";
const tab = signal<Tab>("story");

export function JourneyPanel({ id, onClose }: { id: Id; onClose: () => void }) {
  const one = journey(id);
  const judged = typeof one === "object" && Boolean(one.evidence?.judgement);
  useEffect(() => {
    if (judged) void lookCloser(id).catch(sayFailed);
  }, [id, judged]);
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
        {one && typeof one !== "string" && tab.value === "story" && <Story one={one} email={email(id).value} />}
        {one && typeof one !== "string" && tab.value === "proof" && <Proof one={one} />}
        {one && typeof one !== "string" && tab.value === "raw" && <pre class="raw">{JSON.stringify(one, null, 2)}</pre>}
      </div>
    </aside>
  );
}
