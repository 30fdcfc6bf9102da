// A row pulled aside with a finger: to the right and to the left mean an act each. Up and down stay the list's own.
import { useSignal } from "@preact/signals";

const FAR = 96;
const SURE = 12;

export function useSwipe(right: () => void, left: () => void) {
  const pulled = useSignal(0);
  const start = useSignal<{ x: number; y: number; sideways: boolean | null } | null>(null);
  return {
    pulled,
    handlers: {
      onTouchStart: (event: TouchEvent) => {
        const touch = event.touches[0]!;
        start.value = event.touches.length === 1 ? { x: touch.clientX, y: touch.clientY, sideways: null } : null;
      },
      onTouchMove: (event: TouchEvent) => {
        const from = start.peek();
        const touch = event.touches[0]!;
        if (!from) return;
        const [dx, dy] = [touch.clientX - from.x, touch.clientY - from.y];
        if (from.sideways === null && Math.hypot(dx, dy) > SURE) from.sideways = Math.abs(dx) > 2 * Math.abs(dy);
        if (from.sideways) pulled.value = dx;
      },
      onTouchEnd: () => {
        const far = pulled.peek();
        start.value = null;
        pulled.value = 0;
        if (far > FAR) right();
        else if (far < -FAR) left();
      },
      onTouchCancel: () => {
        start.value = null;
        pulled.value = 0;
      },
    },
  };
}
