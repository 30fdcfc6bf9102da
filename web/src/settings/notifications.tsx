// Being told of new mail on this device while no window is open (Web Push).
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { look, pushKey, switchOff, switchOn, told } from "../state/notifications.ts";

export function Notifications() {
  const problem = useSignal("");
  const busy = useSignal(false);
  useEffect(() => void (pushKey() && look().catch(() => {})), []);
  if (!pushKey()) return null;
  const change = async (on: boolean) => {
    busy.value = true;
    problem.value = "";
    try {
      if (!on) await switchOff();
      else if (!(await switchOn())) problem.value = t().notifyDenied;
    } catch (error) {
      problem.value = `${t().notifyFailed} ${(error as Error).message}`;
    } finally {
      busy.value = false;
    }
  };
  return (
    <section aria-labelledby="notifications">
      <h2 id="notifications">{t().notifications}</h2>
      <label class="line">
        <span class="grow">{t().notifyHere}</span>
        <input
          type="checkbox"
          checked={told.value}
          disabled={busy.value}
          onClick={(event) => {
            // It is ticked when it is true.
            event.preventDefault();
            void change(!told.peek());
          }}
        />
      </label>
      <p class="problem" role="alert">
        {problem.value}
      </p>
    </section>
  );
}
