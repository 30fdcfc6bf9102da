// The browsers that are signed in, and the end of those that should not be.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { shortDate, t } from "../i18n/t.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { refocus } from "../ui/focus.ts";
import { agentName } from "./agent.ts";
import { request } from "./resource.ts";

interface Session {
  id: string;
  agent: string;
  address: string;
  created: string;
  used: string;
  current: boolean;
}

const list = signal<Session[]>([]);

async function load(): Promise<void> {
  const all = (await request<{ list: Session[] }>("GET", "/account/sessions")).list;
  list.value = all.sort((a, b) => Number(b.current) - Number(a.current) || b.used.localeCompare(a.used));
}

async function end(one: Session): Promise<void> {
  await request("DELETE", `/account/sessions/${encodeURIComponent(one.id)}`);
  say(t().othersEnded(1));
  await load();
  refocus("#sessions");
}

async function endOthers(): Promise<void> {
  say(t().othersEnded((await request<{ ended: number }>("DELETE", "/account/sessions")).ended));
  await load();
  refocus("#sessions");
}

export function Sessions() {
  useEffect(() => void load().catch(sayFailed), []);
  return (
    <section aria-labelledby="sessions">
      <h3 id="sessions" tabIndex={-1}>
        {t().sessions}
      </h3>
      <p class="small">{t().sessionsHelp}</p>
      <ul>
        {list.value.map((one) => {
          const name = agentName(one.agent, t().browserOn) || one.address;
          return (
            <li class="line" key={one.id}>
              <span class="grow" title={one.agent}>
                {name} {one.current && `(${t().thisSession})`}
              </span>
              <span class="small">
                {one.address} · {t().lastUsed(shortDate(one.used))}
              </span>
              {!one.current && <Button label={t().endIt(name)} icon="log-out" onClick={() => void end(one).catch(sayFailed)} />}
            </li>
          );
        })}
      </ul>
      {list.value.length > 1 && (
        <div>
          <Button
            label={t().endOthers}
            icon="log-out"
            onClick={() => void endOthers().catch(sayFailed)}
            class="outlined"
            showLabel
          />
        </div>
      )}
    </section>
  );
}
