// The keyboard: single keys and sequences ("g i"), off while one types. Any view adds its own table; the latest added is asked first.
import { settings } from "../state/settings.ts";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

/** What to press for what a key of the standard table does, as it is shown. Empty: its user took the key away. */
export const keyFor = (standard: string): string => shown(settings.value.keysFor[standard] ?? standard);
export const shown = (name: string): string =>
  name.replace(/^Shift-([a-z])$/, (_, letter: string) => `Shift-${letter.toUpperCase()}`);

const tables: Keys[] = [];
let pending = "";
let timer: ReturnType<typeof setTimeout> | undefined;

export function addKeys(table: Keys): () => void {
  tables.unshift(table);
  return () => {
    tables.splice(tables.indexOf(table), 1);
  };
}

function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(
    element?.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], [role=menu]"),
  );
}

export function nameOf(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey && (event.key.length > 1 || event.ctrlKey || event.metaKey || /[a-z]/i.test(event.key))) parts.push("Shift");
  parts.push(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  return parts.join("-");
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const name = nameOf(event);
  // The browser closes an open menu; what is behind it stays.
  if (name === "Escape" && document.querySelector(":popover-open")) return;
  const withControl = name.startsWith("Ctrl-") || name === "Escape";
  if (!withControl && (typing(event.target) || !settings.peek().keys)) return;
  // A button that has the focus keeps Enter and Space for itself.
  if ((name === "Enter" || name === " ") && (event.target as HTMLElement).closest("button, a, summary")) return;
  const wanted = pending ? `${pending} ${name}` : name;
  clearTimeout(timer);
  pending = "";
  for (const table of tables) {
    if (table[wanted]) {
      event.preventDefault();
      table[wanted](event);
      return;
    }
  }
  if (!withControl && tables.some((table) => Object.keys(table).some((key) => key.startsWith(`${wanted} `)))) {
    event.preventDefault();
    pending = wanted;
    timer = setTimeout(() => {
      pending = "";
    }, 1500);
  }
});
