// A row of recipients: chips that arrows and Backspace reach, completion from contacts and from the mail that was read.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import type { Address } from "../jmap/types.ts";
import { Icon } from "../ui/icon.tsx";
import { isAddress, parseAddresses, unique } from "./addresses.ts";
import { suggest } from "./suggest.ts";

export function Recipients(p: {
  id: string;
  label: string;
  list: Address[];
  onChange: (list: Address[]) => void;
  focus?: boolean;
}) {
  const input = useRef<HTMLInputElement>(null);
  const found = useSignal<Address[]>([]);
  const at = useSignal(0);
  const look = async (text: string) => {
    at.value = 0;
    const wanted = text.trim();
    found.value = wanted.length < 1 ? [] : await suggest(wanted);
    if (input.current?.value !== text) found.value = [];
  };
  const add = (list: Address[]) => {
    if (list.length) p.onChange(unique([...p.list, ...list.map(({ name, email }) => ({ name, email }))]));
    found.value = [];
    if (input.current) input.current.value = "";
  };
  const take = () => add(parseAddresses(input.current?.value ?? ""));
  const open = found.value.length > 0;
  return (
    <div class="recipients">
      <label for={p.id}>{p.label}</label>
      <div class="chips grow">
        {p.list.map((one) => (
          <span class={`chip ${isAddress(one.email) ? "" : "bad"}`} key={one.email} title={one.email}>
            {one.name || one.email}
            <button
              type="button"
              aria-label={t().removeFile(one.email)}
              onClick={() => {
                p.onChange(p.list.filter((other) => other !== one));
                input.current?.focus();
              }}
            >
              <Icon name="x" />
            </button>
          </span>
        ))}
        <input
          ref={input}
          id={p.id}
          type="text"
          autocomplete="off"
          autofocus={p.focus}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${p.id}-found`}
          aria-autocomplete="list"
          aria-activedescendant={open ? `${p.id}-${at.value}` : undefined}
          onInput={(event) => void look(event.currentTarget.value).catch(() => {})}
          onBlur={take}
          onPaste={(event) => {
            const list = parseAddresses(event.clipboardData?.getData("text/plain") ?? "");
            if (list.length < 2) return;
            event.preventDefault();
            add(list);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown" && open) at.value = Math.min(found.value.length - 1, at.value + 1);
            else if (event.key === "ArrowUp" && open) at.value = Math.max(0, at.value - 1);
            else if (event.key === "Escape" && open) found.value = [];
            else if ((event.key === "Enter" || event.key === "Tab") && open && found.value[at.value])
              add([found.value[at.value]!]);
            else if (
              (event.key === "Enter" || event.key === "," || event.key === ";") &&
              event.currentTarget.value.trim() &&
              !event.ctrlKey
            )
              take();
            else if (event.key === "Backspace" && !event.currentTarget.value && p.list.length) p.onChange(p.list.slice(0, -1));
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        />
        <ul id={`${p.id}-found`} role="listbox" class="found" hidden={!open} aria-label={t().contacts}>
          {found.value.map((one, i) => (
            <li
              key={one.email}
              id={`${p.id}-${i}`}
              role="option"
              aria-selected={i === at.value}
              onMouseDown={(event) => {
                event.preventDefault();
                add([one]);
              }}
            >
              {one.name && <strong>{one.name} </strong>}
              {one.email}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
