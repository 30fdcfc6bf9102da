// Numbers, sizes and dates as the chosen language writes them.
import { signal } from "@preact/signals";

export const language = signal<string>("en");

export function plural(n: number, one: string, other: string): string {
  return (new Intl.PluralRules(language.peek()).select(n) === "one" ? one : other).replace("#", number(n));
}

export function number(n: number): string {
  return new Intl.NumberFormat(language.peek()).format(n);
}

export function size(octets: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const power = Math.min(3, Math.floor(Math.log(Math.max(1, octets)) / Math.log(1000)));
  return new Intl.NumberFormat(language.peek(), {
    style: "unit",
    unit: units[power],
    unitDisplay: power ? "short" : "long",
    maximumFractionDigits: power && octets / 1000 ** power < 10 ? 1 : 0,
  }).format(octets / 1000 ** power);
}

/** As short as can be understood: the time today, the weekday this week, else the date. */
export function shortDate(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = (startOfDay(now) - startOfDay(date)) / 86_400_000;
  const as = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language.peek(), options).format(date);
  if (days === 0) return as({ hour: "2-digit", minute: "2-digit" });
  if (days > 0 && days < 7) return as({ weekday: "short", hour: "2-digit", minute: "2-digit" });
  if (date.getFullYear() === now.getFullYear()) return as({ month: "short", day: "numeric" });
  return as({ year: "numeric", month: "short", day: "numeric" });
}

export function fullDate(iso: string): string {
  return new Intl.DateTimeFormat(language.peek(), { dateStyle: "full", timeStyle: "short" }).format(new Date(iso));
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
