// A menu on the native Popover API: it opens over everything, closes on Escape and a click elsewhere. Arrows move, Home and End jump.
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { settings } from "../state/settings.ts";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icons.ts";
import { keyFor } from "./keys.ts";

export interface Item {
  label: string;
  icon?: IconName;
  checked?: boolean;
  do: () => void;
}

export function Menu(p: {
  label: string;
  icon?: IconName;
  /** A function is asked when the menu is opened: for menus of which there are many. */
  items: Item[] | (() => Item[]);
  showLabel?: boolean;
  class?: string;
  hint?: string;
  id?: string;
}) {
  const id = useId();
  const hint = p.hint && settings.value.keys ? keyFor(p.hint) : "";
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const open = useSignal(false);
  const items = Array.isArray(p.items) ? p.items : open.value ? p.items() : [];
  const place = () => {
    const at = opener.current!.getBoundingClientRect();
    const menu = box.current!;
    const width = menu.offsetWidth;
    menu.style.insetInlineStart = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
    const below = at.bottom + menu.offsetHeight + 8 < innerHeight;
    menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - menu.offsetHeight - 4)}px`;
  };
  const move = (event: KeyboardEvent) => {
    const items = [...box.current!.querySelectorAll<HTMLElement>("[role^=menuitem]")];
    const now = items.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: now + 1, ArrowUp: now - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    items[next % items.length]?.focus();
  };
  return (
    <>
      <button
        ref={opener}
        id={p.id}
        type="button"
        class={`button plain ${p.icon && !p.showLabel ? "bare" : ""} ${p.class ?? ""}`}
        aria-label={p.icon && !p.showLabel ? p.label : undefined}
        title={hint ? `${p.label} (${hint})` : p.label}
        aria-haspopup="menu"
        popovertarget={id}
      >
        {p.icon && <Icon name={p.icon} />}
        {(!p.icon || p.showLabel) && <span>{p.label}</span>}
      </button>
      <div
        ref={box}
        id={id}
        popover="auto"
        role="menu"
        aria-label={p.label}
        class="menu"
        onKeyDown={move}
        onBeforeToggle={(event) => {
          if ((event as unknown as ToggleEvent).newState === "open") open.value = true;
        }}
        onToggle={(event) => {
          // Not before it is closed: the browser gives the focus back from an item to the opener.
          open.value = (event as unknown as ToggleEvent).newState === "open";
          if (!open.peek()) return;
          place();
          box.current!.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
        }}
      >
        {items.map((item) => (
          <button
            type="button"
            key={item.label}
            role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
            aria-checked={item.checked}
            tabIndex={-1}
            onClick={() => {
              box.current!.hidePopover();
              opener.current!.focus();
              item.do();
            }}
          >
            {item.icon && <Icon name={item.icon} />}
            <span>{item.label}</span>
            {item.checked && <Icon name="check" />}
          </button>
        ))}
      </div>
    </>
  );
}
