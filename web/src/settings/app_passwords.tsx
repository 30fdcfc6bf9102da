// Passwords of mail apps, one for each, so that each can be ended alone. A new one is shown once.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { sure } from "../ui/dialog.tsx";
import { refocus } from "../ui/focus.ts";
import { type Dated, DatedLine } from "./dated_line.tsx";
import { copy } from "./once.tsx";
import { proved, request } from "./resource.ts";

const list = signal<Dated[]>([]);
const made = signal<string | null>(null);

async function load(): Promise<void> {
  list.value = (await request<{ list: Dated[] }>("GET", "/account/app-passwords")).list;
}

async function make(): Promise<void> {
  const given = await proved(t().makeAppPassword, t().save, [{ label: t().forWhat }]);
  if (!given) return;
  const body = { label: given.values[0], current: given.current };
  made.value = (await request<{ password: string }>("POST", "/account/app-passwords", body)).password;
  await load();
}

async function end(one: Dated): Promise<void> {
  if (!(await sure(t().endAppPassword(one.label)))) return;
  await request("DELETE", `/account/app-passwords/${encodeURIComponent(one.label)}`);
  await load();
  refocus("#make-app-password");
}

export function AppPasswords() {
  useEffect(() => {
    void load().catch(sayFailed);
    return () => {
      made.value = null;
    };
  }, []);
  return (
    <section aria-labelledby="app-passwords">
      <h3 id="app-passwords">{t().appPasswords}</h3>
      <p class="small">{t().appPasswordsHelp}</p>
      {list.value.length > 0 && (
        <ul>
          {list.value.map((one) => (
            <DatedLine key={one.label} one={one} ending={t().endIt(one.label)} end={() => end(one)} />
          ))}
        </ul>
      )}
      {made.value && (
        <div class="notice" role="status">
          <span>
            {t().shownOnce} <code class="mono">{made.value}</code>
          </span>
          <Button label={t().copy} icon="copy" onClick={() => copy(made.value!)} showLabel />
        </div>
      )}
      <div>
        <Button
          id="make-app-password"
          label={t().makeAppPassword}
          icon="smartphone"
          onClick={() => void make().catch(sayFailed)}
          class="outlined"
          showLabel
        />
      </div>
    </section>
  );
}
