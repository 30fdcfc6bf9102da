// Parts of the app that come when they are first needed.
import { type Signal, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { PartMissing, sayFailed } from "../state/toast.ts";

export const part = <T,>(load: Promise<T>): Promise<T> =>
  load.catch(() => {
    throw new PartMissing();
  });

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  const loaded: Signal<ComponentType<P> | null> = signal(null);
  return function Lazy(props: P) {
    useEffect(() => {
      if (loaded.peek()) return;
      part(load()).then((one) => {
        loaded.value = one;
      }, sayFailed);
    }, []);
    const Part = loaded.value;
    return Part ? <Part {...props} /> : null;
  };
}
