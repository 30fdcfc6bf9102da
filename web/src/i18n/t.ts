// The words of the interface. English is part of the first load, other languages come when asked for. A text is a string or a function of
// its values; TypeScript refuses a language that lacks one.
import { signal } from "@preact/signals";
import { settings } from "../state/settings.ts";
import { en } from "./en.ts";
import { language } from "./format.ts";

export * from "./format.ts";

export type Messages = { [K in keyof typeof en]: (typeof en)[K] extends string ? string : (typeof en)[K] };

const words = signal<Messages>(en);

export async function chooseLanguage(): Promise<void> {
  const wanted = settings.peek().language === "system" ? navigator.language : settings.peek().language;
  const short = wanted.slice(0, 2) === "de" ? "de" : "en";
  words.value = short === "de" ? (await import("./de.ts")).de : en;
  language.value = short === "de" ? "de" : wanted.startsWith("en") ? wanted : "en";
  document.documentElement.lang = short;
}

/** The dictionary of the chosen language: `t().archive`, `t().selected(3)`. */
export const t = (): Messages => words.value;
