// Days as a date field has them, and the instants that JMAP keeps. Pure.
const two = (n: number) => String(n).padStart(2, "0");

/** The day of the user's own clock; empty where there is none. */
export function dayOf(instant: string | null): string {
  if (!instant) return "";
  const date = new Date(instant);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** That time of a day, by the user's own clock. */
export function instant(day: string, time: string): string | null {
  return day ? new Date(`${day}T${time}`).toISOString().replace(/\.\d+Z$/, "Z") : null;
}
