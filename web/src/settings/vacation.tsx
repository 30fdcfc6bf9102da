// The automatic reply (RFC 8621, section 8). Days are those of the user's own clock: the first counts from its midnight, the last to its end.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { dayOf, instant } from "./days.ts";

interface Vacation {
  isEnabled: boolean;
  fromDate: string | null;
  toDate: string | null;
  subject: string | null;
  textBody: string | null;
}

const vacation = signal<Vacation | null>(null);

async function load(): Promise<void> {
  const properties = ["isEnabled", "fromDate", "toDate", "subject", "textBody"];
  const answer = await client.call<{ list: (Vacation & { id?: string })[] }>("VacationResponse/get", {
    ids: ["singleton"],
    properties,
  });
  const { id: _, ...one } = answer.list[0] ?? { isEnabled: false, fromDate: null, toDate: null, subject: null, textBody: null };
  vacation.value = one;
}

export function VacationForm() {
  useEffect(() => void load().catch(sayFailed), []);
  const one = vacation.value;
  if (!one) return null;
  const set = (some: Partial<Vacation>) => void (vacation.value = { ...one, ...some });
  const save = async () => {
    try {
      await client.set("VacationResponse", { update: { singleton: one } });
      say(t().savedWord);
    } catch (error) {
      sayFailed(error);
    }
  };
  return (
    <section aria-labelledby="vacation">
      <h2 id="vacation">{t().vacation}</h2>
      <label class="line">
        <span class="grow">{t().vacationOn}</span>
        <input type="checkbox" checked={one.isEnabled} onChange={(event) => set({ isEnabled: event.currentTarget.checked })} />
      </label>
      <label class="field">
        <span>{t().subject}</span>
        <input type="text" value={one.subject ?? ""} onInput={(event) => set({ subject: event.currentTarget.value || null })} />
      </label>
      <label class="field">
        <span>{t().messageBody}</span>
        <textarea rows={4} value={one.textBody ?? ""} onInput={(event) => set({ textBody: event.currentTarget.value || null })} />
      </label>
      <div class="line">
        <label>
          <span class="small">{t().firstDay} </span>
          <input
            type="date"
            value={dayOf(one.fromDate)}
            max={dayOf(one.toDate) || undefined}
            onInput={(event) => set({ fromDate: instant(event.currentTarget.value, "00:00:00") })}
          />
        </label>
        <label>
          <span class="small">{t().lastDay} </span>
          <input
            type="date"
            value={dayOf(one.toDate)}
            min={dayOf(one.fromDate) || undefined}
            onInput={(event) => set({ toDate: instant(event.currentTarget.value, "23:59:59") })}
          />
        </label>
        <Button label={t().save} kind="primary" onClick={() => void save()} showLabel />
      </div>
    </section>
  );
}
