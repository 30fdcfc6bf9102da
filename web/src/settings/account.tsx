// The account: password, app passwords, sessions. Each part shows only if the server has it.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { shortDate, t } from "../i18n/t.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { ask } from "../ui/dialog.tsx";

interface AppPassword {
  label: string;
  created: string;
  used?: string | null;
}
interface Session {
  id: string;
  agent: string;
  address: string;
  used: string;
  current: boolean;
}

const appPasswords = signal<AppPassword[] | null>(null);
const sessions = signal<Session[] | null>(null);
const shown = signal<string | null>(null);

async function request<T>(method: string, path: string, body?: unknown): Promise<T | null> {
  const response = await fetch(path, {
    method,
    headers: { "X-Posthorn": "1", "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status === 404 || response.status === 405) return null;
  const answer = (await response.json().catch(() => ({}))) as T & { detail?: string };
  if (!response.ok) throw new Error(answer.detail ?? `The server answered ${response.status}.`);
  return answer;
}

async function load(): Promise<void> {
  const [passwords, open] = await Promise.all([
    request<{ list: AppPassword[] }>("GET", "/account/app-passwords"),
    request<{ list: Session[] }>("GET", "/account/sessions"),
  ]);
  appPasswords.value = passwords?.list ?? null;
  sessions.value = open?.list ?? null;
}

async function changePassword(): Promise<void> {
  const now = await ask(t().changePassword, t().currentPassword, "", "password");
  const next = now && (await ask(t().changePassword, t().newPassword, "", "password"));
  if (!now || !next) return;
  await request("POST", "/account/password", { current: now, new: next });
  say(t().passwordChanged);
}

async function makeAppPassword(): Promise<void> {
  const label = await ask(t().makeAppPassword, t().forWhat);
  const current = label && (await ask(t().makeAppPassword, t().currentPassword, "", "password"));
  if (!label || !current) return;
  const made = await request<{ password: string }>("POST", "/account/app-passwords", { label, current });
  shown.value = made?.password ?? null;
  await load();
}

const doing = (act: () => Promise<void>) => () => void act().catch(sayFailed);

export function Account() {
  useEffect(() => void load().catch(sayFailed), []);
  if (!appPasswords.value && !sessions.value) return null;
  return (
    <section aria-labelledby="account">
      <h2 id="account">{t().security}</h2>
      <div>
        <Button label={t().changePassword} icon="key-round" onClick={doing(changePassword)} showLabel />
      </div>
      {appPasswords.value && (
        <>
          <h3>{t().appPasswords}</h3>
          <p class="small">{t().appPasswordsHelp}</p>
          {shown.value && (
            <div class="notice" role="status">
              {t().shownOnce} <code class="mono">{shown.value}</code>
            </div>
          )}
          {appPasswords.value.map((one) => (
            <div class="line" key={one.label}>
              <span class="grow">{one.label}</span>
              <span class="small">{one.used ? t().lastUsed(shortDate(one.used)) : shortDate(one.created)}</span>
              <Button
                label={t().end}
                onClick={doing(
                  async () =>
                    void (await request("DELETE", `/account/app-passwords/${encodeURIComponent(one.label)}`), await load()),
                )}
                showLabel
              />
            </div>
          ))}
          <div>
            <Button label={t().makeAppPassword} icon="smartphone" onClick={doing(makeAppPassword)} showLabel />
          </div>
        </>
      )}
      {sessions.value && (
        <>
          <h3>{t().sessions}</h3>
          {sessions.value.map((one) => (
            <div class="line" key={one.id}>
              <span class="grow">
                {one.agent || one.address} {one.current && `(${t().thisSession})`}
              </span>
              <span class="small">
                {one.address} · {t().lastUsed(shortDate(one.used))}
              </span>
              {!one.current && (
                <Button
                  label={t().end}
                  onClick={doing(async () => void (await request("DELETE", `/account/sessions/${one.id}`), await load()))}
                  showLabel
                />
              )}
            </div>
          ))}
        </>
      )}
    </section>
  );
}
