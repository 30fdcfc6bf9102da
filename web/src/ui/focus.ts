// The focus of who uses a keyboard or a screen reader is never lost: what had it may go, then what stands for it gets it.
import { cursor } from "../state/selection.ts";

const isLost = (): boolean => !document.activeElement || document.activeElement === document.body;

/** When all is drawn: if nothing has the focus, the first of these that is there gets it, else the row of the cursor, else the list. */
export function refocus(...wanted: (Element | string | null | undefined)[]): void {
  setTimeout(() => {
    if (!isLost()) return;
    for (const one of [...wanted, `#row-${cursor.peek()}`, "#list", ".page h1", "#search"]) {
      const element = typeof one === "string" ? document.querySelector<HTMLElement>(one) : (one as HTMLElement | null);
      if (!element?.isConnected || element === document.body || !element.checkVisibility()) continue;
      element.focus({ preventScroll: true });
      if (!isLost()) return;
    }
  });
}
