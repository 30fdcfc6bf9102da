// A link to a place of the app: the browser's own with a modifier key, else it goes there without loading anything.
import type { ComponentChildren } from "preact";
import { go, print, type Route } from "../state/route.ts";

export function Link(p: { to: Route; class?: string; current?: boolean; onGo?: () => void; children: ComponentChildren }) {
  return (
    <a
      href={print(p.to)}
      class={p.class}
      aria-current={p.current ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        p.onGo?.();
        go(p.to);
      }}
    >
      {p.children}
    </a>
  );
}
