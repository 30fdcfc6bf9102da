// How wide people drew the panes, on this device. Nothing: as the style sheet has it.
import { signal } from "@preact/signals";

export type Pane = "list" | "journey";
export const LEAST: Record<Pane, number> = { list: 280, journey: 260 };
/** Of the window: what is left is for the letter. */
const MOST_SHARE = 0.6;

function read(): Partial<Record<Pane, number>> {
  try {
    const kept = JSON.parse(localStorage.getItem("widths") ?? "{}") as Record<string, unknown>;
    const found: Partial<Record<Pane, number>> = {};
    for (const pane of ["list", "journey"] as const)
      if (typeof kept[pane] === "number" && Number.isFinite(kept[pane])) found[pane] = kept[pane];
    return found;
  } catch {
    return {};
  }
}

export const widths = signal(read());

export const most = (): number => Math.round(innerWidth * MOST_SHARE);

export function widen(pane: Pane, to: number | null): void {
  const { [pane]: _, ...others } = widths.peek();
  widths.value = to === null ? others : { ...others, [pane]: Math.round(Math.min(most(), Math.max(LEAST[pane], to))) };
  localStorage.setItem("widths", JSON.stringify(widths.peek()));
}

/** For the grid of the panes; on a smaller window the letter keeps its share. */
export function widthStyle(): Record<string, string> {
  return Object.fromEntries(Object.entries(widths.value).map(([pane, width]) => [`--${pane}`, `min(${width}px, 60vw)`]));
}
