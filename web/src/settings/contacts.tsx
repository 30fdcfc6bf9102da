// Contacts: enough for completion and a list (RFC 9610). Shown only where the server has the capability.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { client, from } from "../jmap/client.ts";
import type { Id } from "../jmap/types.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { refocus } from "../ui/focus.ts";

interface Card {
  id: Id;
  name?: { full?: string };
  emails?: Record<string, { address: string }>;
}

const cards = signal<Card[]>([]);

async function load(): Promise<void> {
  const [, answer] = (await client.batch([
    ["ContactCard/query", { sort: [{ property: "name/full" }], limit: 500 }],
    ["ContactCard/get", { "#ids": from(0, "ContactCard/query", "/ids"), properties: ["id", "name", "emails"] }],
  ])) as [unknown, { list: Card[] }];
  cards.value = answer.list;
}

export function Contacts() {
  const name = useSignal("");
  const email = useSignal("");
  useEffect(() => void load().catch(sayFailed), []);
  const add = async () => {
    try {
      await client.set("ContactCard", {
        create: { card: { name: { full: name.value }, emails: { e: { address: email.value } } } },
      });
      name.value = email.value = "";
      await load();
    } catch (error) {
      sayFailed(error);
    }
  };
  const remove = async (one: Card) => {
    try {
      await client.set("ContactCard", { destroy: [one.id] });
      await load();
      say(t().contactGone(one.name?.full || (Object.values(one.emails ?? {})[0]?.address ?? "")));
      refocus(".page h1");
    } catch (error) {
      sayFailed(error);
    }
  };
  return (
    <section class="page" aria-labelledby="contacts-title">
      <h1 id="contacts-title" tabIndex={-1}>
        {t().contacts}
      </h1>
      <form
        class="line"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <label class="field">
          <span>{t().name}</span>
          <input type="text" value={name.value} onInput={(event) => void (name.value = event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>{t().address}</span>
          <input type="email" required value={email.value} onInput={(event) => void (email.value = event.currentTarget.value)} />
        </label>
        <button type="submit" class="button primary">
          {t().save}
        </button>
      </form>
      {!cards.value.length && <p class="small">{t().noContacts}</p>}
      <ul>
        {cards.value.map((one) => (
          <li class="line" key={one.id}>
            <span class="grow">{one.name?.full}</span>
            <span>{Object.values(one.emails ?? {})[0]?.address}</span>
            <Button label={t().delete} icon="trash-2" onClick={() => void remove(one)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
