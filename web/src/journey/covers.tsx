// What a signature covers: the letter's own header fields, those under the signature tinted, and how much of the text. RFC 6376 section 5.4.2:
// of a field that stands several times h= takes the lowest first, so what was put on top later is not covered.
import { useSignal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Id } from "../jmap/types.ts";
import { sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";

export interface Field {
  name: string;
  value: string;
  signed: boolean;
}

/** Fields that people see or programs obey; the others would only make the list long. */
const SHOWN =
  /^(from|sender|reply-to|to|cc|subject|date|message-id|in-reply-to|references|mime-version|content-type|content-transfer-encoding|list-[a-z-]+|resent-[a-z-]+)$/i;

/** `fields` as they stand in the letter, top first; `names` as in h=. */
export function covered(fields: readonly { name: string; value: string }[], names: readonly string[]): Field[] {
  const left = new Map<string, number>();
  for (const name of names) left.set(name.toLowerCase(), (left.get(name.toLowerCase()) ?? 0) + 1);
  const out: Field[] = [];
  for (const { name, value } of [...fields].reverse()) {
    const key = name.toLowerCase();
    const count = left.get(key) ?? 0;
    if (count > 0) left.set(key, count - 1);
    out.unshift({ name, value: value.replace(/\s+/g, " ").trim(), signed: count > 0 });
  }
  return out.filter((one) => one.signed || SHOWN.test(one.name));
}

interface Props {
  id: Id;
  domain: string;
  good: boolean;
  names: readonly string[];
  length: number | undefined;
}

export function Covers(p: Props) {
  const open = useSignal(false);
  const fields = useSignal<Field[] | null>(null);
  const show = async () => {
    open.value = !open.peek();
    if (fields.peek()) return;
    const answer = await client.call<{ list: { headers: { name: string; value: string }[] }[] }>("Email/get", {
      ids: [p.id],
      properties: ["headers"],
    });
    fields.value = covered(answer.list[0]?.headers ?? [], p.names);
  };
  const bare = fields.value?.filter((one) => !one.signed).map((one) => one.name) ?? [];
  return (
    <>
      <div>
        <Button label={t().whatCovers} icon="file" expanded={open.value} onClick={() => void show().catch(sayFailed)} showLabel />
      </div>
      {open.value && fields.value && (
        <div class="covers">
          <p class="small">
            {p.good ? t().provesThat(p.domain) : t().provesNothing(p.domain)}
            {bare.length > 0 && ` ${t().notCovered([...new Set(bare)].join(", "))}`}
          </p>
          <ul>
            {fields.value.map((one, i) => (
              <li key={`${one.name}${i}`} class={one.signed ? "signed" : "bare"} data-signed={one.signed}>
                <span class="sr">{one.signed ? t().signedWord : t().notSignedWord}: </span>
                <strong>{one.name}:</strong> {one.value.slice(0, 300)}
              </li>
            ))}
            <li class="signed" data-signed="true">
              <span class="sr">{t().signedWord}: </span>
              {p.length === undefined ? t().wholeText : t().partOfText(p.length)}
            </li>
            {p.length !== undefined && (
              <li class="bare" data-signed="false">
                {t().restOfText}
              </li>
            )}
          </ul>
        </div>
      )}
    </>
  );
}
