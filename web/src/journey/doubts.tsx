// What speaks against a message, each a fact, in one calm place below the evidence. Why, and not a problem: then it is not said again of this
// message on this device. Of what was not checked nothing is said here; the line of evidence says that.
import { signal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Id } from "../jmap/types.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { current } from "../ui/reader.tsx";
import { journeyOpen } from "../ui/shell.tsx";
import { type Doubt, journey } from "./data.ts";

const MOST_KEPT = 300;
const KEY = "no-problem";
const place = (id: Id) => `${client.accountId}/${id}`;

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}
const fine = signal<readonly string[]>(read());

function dismiss(id: Id): void {
  fine.value = [...fine.peek(), place(id)].slice(-MOST_KEPT);
  localStorage.setItem(KEY, JSON.stringify(fine.peek()));
}

function sentence(one: Doubt): string | undefined {
  const words = t().doubts;
  return Object.hasOwn(words, one.kind) ? words[one.kind](one.shown, one.real) : undefined;
}

export function Doubts({ id }: { id: Id }) {
  const one = journey(id);
  const list = one && typeof one !== "string" ? one.doubts.map(sentence).filter((text) => text !== undefined) : [];
  if (!list.length || fine.value.includes(place(id))) return null;
  return (
    <div class="notice warn doubts" role="note" aria-label={t().beCareful}>
      <Icon name="triangle-alert" />
      <ul class="grow">
        {list.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <Button
        label={t().why}
        onClick={() => {
          current.value = id;
          journeyOpen.value = true;
        }}
        showLabel
      />
      <Button label={t().noProblem} onClick={() => dismiss(id)} showLabel />
    </div>
  );
}
