// Keys of one's own (WCAG 2.1.4): each act shows its key, which is pressed anew after a click on it.
import { useSignal } from "@preact/signals";
import { t } from "../i18n/t.ts";
import { change, settings } from "../state/settings.ts";
import { Button } from "../ui/button.tsx";
import { keyFor, nameOf, shown } from "../ui/keys.ts";
import { commands } from "../ui/shell.tsx";

interface Act {
  name: string;
  key: string;
}

const acts = (): Act[] => commands().flatMap(({ name, key }) => (key ? [{ name, key }] : []));
/** What is pressed now, as events are named. */
const pressedFor = ({ key }: Act): string =>
  settings.value.keysFor[key] ?? key.replace(/[A-Z]$/, (letter) => letter.toLowerCase());

/** Another act that this key would hide, or that would hide it: the same, or the beginning of a sequence. */
function inTheWay(key: string, own: Act): Act | undefined {
  const clash = (other: string) => other === key || other.startsWith(`${key} `) || key.startsWith(`${other} `);
  return acts().find((one) => one.key !== own.key && Boolean(pressedFor(one)) && clash(pressedFor(one)));
}

function KeyLine({ act, asked, onAsk }: { act: Act; asked: boolean; onAsk: (act: Act | null) => void }) {
  const first = useSignal("");
  const problem = useSignal("");
  const take = (key: string) => {
    const other = key ? inTheWay(key, act) : undefined;
    first.value = "";
    if (other) {
      problem.value = t().keyTaken(shown(key), other.name);
      return;
    }
    problem.value = "";
    change({ keysFor: { ...settings.peek().keysFor, [act.key]: key } });
    onAsk(null);
  };
  const press = (event: KeyboardEvent) => {
    // Tab goes on, so nobody is caught here.
    if (!asked || event.key === "Tab" || /^(Shift|Control|Alt|Meta)$/.test(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const name = nameOf(event);
    if (name === "Escape") {
      problem.value = first.value = "";
      onAsk(null);
    } else if (name === "Backspace" || name === "Delete") take("");
    else if (!first.peek() && acts().some((one) => pressedFor(one).startsWith(`${name} `))) first.value = name;
    else take(first.peek() ? `${first.peek()} ${name}` : name);
  };
  const text = !asked ? keyFor(act.key) || t().noKey : first.value ? `${first.value} …` : t().pressKey;
  return (
    <li class="line">
      <span class="grow">{act.name}</span>
      <button
        type="button"
        class="button outlined key-button"
        aria-label={`${act.name}: ${text}`}
        aria-pressed={asked}
        onClick={() => onAsk(asked ? null : act)}
        onBlur={() => asked && onAsk(null)}
        onKeyDown={press}
      >
        {asked ? text : <kbd>{text}</kbd>}
      </button>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </li>
  );
}

export function KeyTable() {
  const asked = useSignal<string | null>(null);
  return (
    <details class="key-table">
      <summary>{t().ownKeys}</summary>
      <p class="small">{t().ownKeysHelp}</p>
      <ul>
        {acts().map((act) => (
          <KeyLine
            key={act.key}
            act={act}
            asked={asked.value === act.key}
            onAsk={(one) => {
              asked.value = one?.key ?? null;
            }}
          />
        ))}
      </ul>
      <Button label={t().standardKeys} onClick={() => change({ keysFor: {} })} class="outlined" showLabel />
    </details>
  );
}
