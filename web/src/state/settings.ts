// What the user prefers on this device. Kept in localStorage; a value that no longer makes sense falls back to the default.
import { effect, signal } from "@preact/signals";

export interface Settings {
  theme: "system" | "light" | "dark";
  density: "compact" | "cosy" | "roomy";
  conversations: boolean;
  pane: "right" | "none";
  language: "system" | "en" | "de";
  keys: boolean;
  /** What is pressed instead of a standard key; empty: nothing. */
  keysFor: Record<string, string>;
  undoSeconds: number;
  plainText: boolean;
  imagesFrom: string[];
  /** Senders whose formatted letters keep their own light colours in the dark. */
  lightFrom: string[];
}

const DEFAULTS: Settings = {
  theme: "system",
  density: "cosy",
  conversations: true,
  pane: "right",
  language: "system",
  keys: true,
  keysFor: {},
  undoSeconds: 15,
  plainText: false,
  imagesFrom: [],
  lightFrom: [],
};

function read(): Settings {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem("settings") ?? "{}") as Partial<Settings>) };
  } catch {
    return DEFAULTS;
  }
}

export const settings = signal<Settings>(read());

export function change(some: Partial<Settings>): void {
  settings.value = { ...settings.peek(), ...some };
  localStorage.setItem("settings", JSON.stringify(settings.peek()));
}

effect(() => {
  const { theme, density } = settings.value;
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.density = density;
});
