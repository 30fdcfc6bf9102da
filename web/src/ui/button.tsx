// A button with an icon, its name for everyone, and the key that does the same. After a click the key is shown for a moment: so people
// learn keys without reading a list.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { settings } from "../state/settings.ts";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icons.ts";
import { keyFor } from "./keys.ts";

export const taught = signal<string | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

function teach(key: string): void {
  taught.value = key;
  clearTimeout(timer);
  timer = setTimeout(() => {
    taught.value = null;
  }, 1500);
}

interface Props {
  label: string;
  icon?: IconName;
  /** The key that does the same. */
  hint?: string;
  kind?: "plain" | "primary" | "danger";
  pressed?: boolean;
  disabled?: boolean;
  showLabel?: boolean;
  class?: string;
  onClick: (event: MouseEvent) => void;
  children?: ComponentChildren;
  id?: string;
  expanded?: boolean;
}

export function Button(p: Props) {
  const text = p.showLabel || !p.icon;
  const hint = p.hint && settings.value.keys ? keyFor(p.hint) : "";
  return (
    <button
      type="button"
      id={p.id}
      class={`button ${p.kind ?? "plain"} ${text ? "" : "bare"} ${p.class ?? ""}`}
      aria-label={text ? undefined : p.label}
      aria-pressed={p.pressed}
      aria-expanded={p.expanded}
      aria-keyshortcuts={hint || undefined}
      title={hint ? `${p.label} (${hint})` : p.label}
      disabled={p.disabled}
      onClick={(event) => {
        if (hint && event.detail > 0) teach(hint);
        p.onClick(event);
      }}
    >
      {p.icon && <Icon name={p.icon} />}
      {text && <span>{p.label}</span>}
      {p.children}
    </button>
  );
}

export function TaughtKey() {
  return taught.value ? (
    <div class="taught" aria-hidden="true">
      <kbd>{taught.value}</kbd>
    </div>
  ) : null;
}
