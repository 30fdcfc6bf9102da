// Passkeys of the account: named, listed with their last use, removed.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { type CreationOptions, makePasskey } from "../jmap/passkeys.ts";
import { passkeysHere } from "../jmap/passkeys_here.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { sure } from "../ui/dialog.tsx";
import { refocus } from "../ui/focus.ts";
import { agentName } from "./agent.ts";
import { type Dated, DatedLine } from "./dated_line.tsx";
import { proved, request } from "./resource.ts";

const list = signal<Dated[]>([]);

async function load(): Promise<void> {
  list.value = (await request<{ list: Dated[] }>("GET", "/account/passkeys")).list;
}

async function add(): Promise<void> {
  const here = agentName(navigator.userAgent, t().browserOn);
  const given = await proved(t().addPasskey, t().addPasskey, [{ label: t().passkeyName, value: here }]);
  if (!given) return;
  const options = await request<CreationOptions>("POST", "/account/passkeys/begin", { current: given.current });
  let made: Record<string, string>;
  try {
    made = await makePasskey(options);
  } catch (error) {
    const there = (error as DOMException).name === "InvalidStateError";
    return say(there ? t().passkeyThere : t().passkeyStopped, { kind: "failed" });
  }
  await request("POST", "/account/passkeys", { label: given.values[0], ...made });
  say(t().passkeyAdded);
  await load();
}

async function remove(one: Dated): Promise<void> {
  if (!(await sure(t().removePasskey(one.label)))) return;
  await request("DELETE", `/account/passkeys/${encodeURIComponent(one.label)}`);
  await load();
  refocus("#add-passkey");
}

export function Passkeys() {
  useEffect(() => void load().catch(sayFailed), []);
  return (
    <section aria-labelledby="passkeys">
      <h3 id="passkeys">{t().passkeys}</h3>
      <p class="small">{passkeysHere ? t().passkeysHelp : t().noPasskeys}</p>
      {list.value.length > 0 && (
        <ul>
          {list.value.map((one) => (
            <DatedLine key={one.label} one={one} ending={t().removeIt(one.label)} end={() => remove(one)} />
          ))}
        </ul>
      )}
      {passkeysHere && (
        <div>
          <Button
            id="add-passkey"
            label={t().addPasskey}
            icon="key-round"
            onClick={() => void add().catch(sayFailed)}
            class="outlined"
            showLabel
          />
        </div>
      )}
    </section>
  );
}
