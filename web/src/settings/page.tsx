// Settings: how it looks, how one reads and writes, names and signatures, the automatic reply, the account.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isAddress, parseAddresses } from "../compose/addresses.ts";
import { identities, loadIdentities } from "../compose/drafts.ts";
import { chooseLanguage, t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Identity } from "../jmap/types.ts";
import { change, type Settings as Preferences, settings } from "../state/settings.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { askAll, sure } from "../ui/dialog.tsx";
import { refocus } from "../ui/focus.ts";
import { Account } from "./account.tsx";
import { KeyTable } from "./keys.tsx";
import { Notifications } from "./notifications.tsx";
import { Transfer } from "./transfer.tsx";
import { VacationForm } from "./vacation.tsx";

function Choice<K extends keyof Preferences>(p: {
  name: K;
  label: string;
  of: [Preferences[K] & (string | number), string][];
  then?: () => void;
}) {
  return (
    <label class="line">
      <span class="grow">{p.label}</span>
      <select
        value={String(settings.value[p.name])}
        onChange={(event) => {
          const found = p.of.find(([value]) => String(value) === event.currentTarget.value);
          if (found) change({ [p.name]: found[0] });
          p.then?.();
        }}
      >
        {p.of.map(([value, text]) => (
          <option key={String(value)} value={String(value)}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Switch(p: { name: "conversations" | "keys" | "plainText"; label: string }) {
  return (
    <label class="line">
      <span class="grow">{p.label}</span>
      <input
        type="checkbox"
        checked={settings.value[p.name]}
        onChange={(event) => change({ [p.name]: event.currentTarget.checked })}
      />
    </label>
  );
}

async function addIdentity(): Promise<void> {
  const given = await askAll(
    t().addIdentity,
    [
      { label: t().address, type: "email" },
      { label: t().name, value: identities.peek()[0]?.name ?? "" },
    ],
    t().save,
    t().addIdentityHelp,
  );
  if (!given) return;
  try {
    await client.set("Identity", { create: { one: { email: given[0], name: given[1] } } });
    await loadIdentities(true);
    say(t().savedWord);
  } catch (error) {
    sayFailed(error);
  }
}

async function removeIdentity(one: Identity): Promise<void> {
  if (!(await sure(t().removeIdentity(one.email)))) return;
  try {
    await client.set("Identity", { destroy: [one.id] });
    await loadIdentities(true);
    refocus("#add-identity");
  } catch (error) {
    sayFailed(error);
  }
}

function IdentityForm({ one }: { one: Identity }) {
  const name = useSignal(one.name);
  const text = useSignal(one.textSignature);
  const answers = useSignal((one.replyTo ?? []).map((who) => who.email).join(", "));
  const save = async () => {
    try {
      const list = parseAddresses(answers.value).map(({ name, email }) => ({ name, email }));
      const bad = list.find((who) => !isAddress(who.email));
      if (bad) throw new Error(t().badAddress(bad.email));
      const now = { name: name.value, textSignature: text.value, replyTo: list.length ? list : null };
      await client.set("Identity", { update: { [one.id]: now } });
      identities.value = identities.peek().map((other) => (other.id === one.id ? { ...other, ...now } : other));
      say(t().savedWord);
    } catch (error) {
      sayFailed(error);
    }
  };
  return (
    <fieldset class="card">
      <legend>{one.email}</legend>
      <label class="field">
        <span>{t().name}</span>
        <input type="text" value={name.value} onInput={(event) => void (name.value = event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>{t().answersTo}</span>
        <input
          type="text"
          inputMode="email"
          autocomplete="off"
          value={answers.value}
          onInput={(event) => void (answers.value = event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>{t().signature}</span>
        <textarea rows={3} value={text.value} onInput={(event) => void (text.value = event.currentTarget.value)} />
      </label>
      <div class="acts">
        <Button label={t().save} onClick={() => void save()} class="outlined" showLabel />
        {one.mayDelete && <Button label={t().removeIt(one.email)} icon="trash-2" onClick={() => void removeIdentity(one)} />}
      </div>
    </fieldset>
  );
}

export function Settings() {
  useEffect(() => void loadIdentities().catch(sayFailed), []);
  return (
    <section class="page" aria-labelledby="settings-title">
      <h1 id="settings-title">{t().settings}</h1>
      <section aria-labelledby="looks">
        <h2 id="looks">{t().appearance}</h2>
        <Choice
          name="theme"
          label={t().theme}
          of={[
            ["system", t().system],
            ["light", t().light],
            ["dark", t().dark],
          ]}
        />
        <Choice
          name="density"
          label={t().density}
          of={[
            ["compact", t().compact],
            ["cosy", t().cosy],
            ["roomy", t().roomy],
          ]}
        />
        <Choice
          name="language"
          label={t().languageWord}
          of={[
            ["system", t().system],
            ["en", "English"],
            ["de", "Deutsch"],
          ]}
          then={() => void chooseLanguage()}
        />
      </section>
      <section aria-labelledby="reads">
        <h2 id="reads">{t().reading}</h2>
        <Switch name="conversations" label={t().groupThreads} />
        <Switch name="keys" label={t().keysOn} />
        {settings.value.keys && <KeyTable />}
        {settings.value.imagesFrom.length > 0 && (
          <div class="line">
            <span class="grow">
              {t().allowedImages}: {settings.value.imagesFrom.join(", ")}
            </span>
            <Button label={t().end} onClick={() => change({ imagesFrom: [] })} showLabel />
          </div>
        )}
      </section>
      <section aria-labelledby="writes">
        <h2 id="writes">{t().writing}</h2>
        <Choice
          name="undoSeconds"
          label={t().undoTime}
          of={[5, 10, 15, 20, 30].map((n) => [n, t().seconds(n)] as [number, string])}
        />
        <Switch name="plainText" label={t().plainText} />
      </section>
      <section aria-labelledby="names">
        <h2 id="names">{t().identities}</h2>
        {identities.value.map((one) => (
          <IdentityForm key={one.id} one={one} />
        ))}
        <div>
          <Button
            id="add-identity"
            label={t().addIdentity}
            icon="plus"
            onClick={() => void addIdentity()}
            class="outlined"
            showLabel
          />
        </div>
      </section>
      {client.can("urn:ietf:params:jmap:vacationresponse") && <VacationForm />}
      <Notifications />
      <Transfer />
      <Account />
    </section>
  );
}
