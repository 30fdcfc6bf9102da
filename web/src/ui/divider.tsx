// The edge between two panes, to be drawn with the pointer or moved with the arrows; a double click or Enter gives back the usual width.
import { useRef } from "preact/hooks";
import { LEAST, most, type Pane, widen, widths } from "../state/widths.ts";

const STEP = 16;

/** `grows`: 1 where the pane lies before the edge, -1 where behind it. */
export function Divider({ pane, label, of, grows }: { pane: Pane; label: string; of: string; grows: 1 | -1 }) {
  const from = useRef<{ x: number; width: number } | null>(null);
  const width = () => document.querySelector(of)?.getBoundingClientRect().width ?? LEAST[pane];
  return (
    <div
      class={`divider of-${pane}`}
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuemin={LEAST[pane]}
      aria-valuemax={most()}
      aria-valuenow={widths.value[pane] ?? Math.round(width())}
      tabIndex={0}
      onPointerDown={(event) => {
        from.current = { x: event.clientX, width: width() };
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
      }}
      onPointerMove={(event) => {
        if (from.current) widen(pane, from.current.width + grows * (event.clientX - from.current.x));
      }}
      onPointerUp={() => {
        from.current = null;
      }}
      onPointerCancel={() => {
        from.current = null;
      }}
      onDblClick={() => widen(pane, null)}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
        if (by) widen(pane, width() + grows * by);
        else if (event.key === "Enter") widen(pane, null);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
