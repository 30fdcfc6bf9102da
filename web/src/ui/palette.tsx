// Ctrl-K: every act and every place by a few letters of its name.
import { useSignal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { Dialog } from "./dialog.tsx";
import { keyFor } from "./keys.ts";

export interface Command {
  name: string;
  key?: string;
  do: () => void;
}

/** Letters in order, the earlier and the closer together the better. */
export function score(name: string, typed: string): number {
  let at = 0;
  let cost = 0;
  const low = name.toLowerCase();
  for (const letter of typed.toLowerCase().replaceAll(" ", "")) {
    const next = low.indexOf(letter, at);
    if (next < 0) return -1;
    cost += next - at;
    at = next + 1;
  }
  return 1000 - cost;
}

export default function Palette({ commands, onClose }: { commands: Command[]; onClose: () => void }) {
  const typed = useSignal("");
  const at = useSignal(0);
  const found = commands
    .map((one) => ({ one, points: score(one.name, typed.value) }))
    .filter(({ points }) => points >= 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, 12)
    .map(({ one }) => one);
  const run = (one: Command | undefined) => {
    onClose();
    if (one) setTimeout(one.do);
  };
  return (
    <Dialog title={t().palette} onClose={onClose} class="palette">
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at.value] ? `palette-${at.value}` : undefined}
        aria-label={t().palette}
        autofocus
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") at.value = Math.min(found.length - 1, at.value + 1);
          else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1);
          else if (event.key === "Enter") run(found[at.value]);
          else return;
          event.preventDefault();
        }}
      />
      <ul id="palette-list" role="listbox" aria-label={t().palette}>
        {found.map((one, i) => (
          <li key={one.name} id={`palette-${i}`} role="option" aria-selected={i === at.value} onClick={() => run(one)}>
            <span class="grow">{one.name}</span>
            {one.key && keyFor(one.key) && <kbd>{keyFor(one.key)}</kbd>}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
