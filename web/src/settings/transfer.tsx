// Mail files in and out of one mailbox.
import { useSignal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { fullName, mailboxes, withRole } from "../state/mailboxes.ts";
import { say, sayFailed } from "../state/toast.ts";
import { exportMailbox, importFiles } from "../state/transfer.ts";
import { Button } from "../ui/button.tsx";
import { mailboxLabel } from "../ui/names.ts";

export function Transfer() {
  const place = useSignal("");
  const progress = useSignal("");
  const chosen = mailboxes.value.find((one) => one.id === place.value) ?? withRole("inbox");
  const told = (done: number, of: number) => {
    progress.value = t().doneOf(done, of);
  };
  const take = async (files: readonly File[]) => {
    if (!files.length || !chosen) return;
    try {
      say(t().imported(await importFiles(files, chosen.id, told)));
    } catch (error) {
      sayFailed(error);
    } finally {
      progress.value = "";
    }
  };
  const give = async () => {
    if (!chosen) return;
    try {
      say(t().exported(await exportMailbox(chosen.id, chosen.name, told)));
    } catch (error) {
      sayFailed(error);
    } finally {
      progress.value = "";
    }
  };
  return (
    <section aria-labelledby="transfer">
      <h2 id="transfer">{t().transfer}</h2>
      <p class="small">{t().transferHelp}</p>
      <label class="line">
        <span class="grow">{t().mailboxWord}</span>
        <select value={chosen?.id} onChange={(event) => void (place.value = event.currentTarget.value)}>
          {mailboxes.value.map((one) => (
            <option key={one.id} value={one.id}>
              {one.role ? mailboxLabel(one) : fullName(one)}
            </option>
          ))}
        </select>
      </label>
      <label class="line">
        <span class="grow">{t().importFiles}</span>
        <input
          type="file"
          multiple
          accept=".eml,.mbox,message/rfc822,application/mbox"
          disabled={Boolean(progress.value)}
          onChange={(event) => {
            const input = event.currentTarget;
            void take([...(input.files ?? [])]).then(() => {
              input.value = "";
            });
          }}
        />
      </label>
      <div class="line">
        <span class="grow small" role="status">
          {progress.value}
        </span>
        <Button label={t().exportBox} icon="download" disabled={Boolean(progress.value)} onClick={() => void give()} showLabel />
      </div>
    </section>
  );
}
