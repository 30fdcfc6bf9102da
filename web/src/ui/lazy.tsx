// Parts of the app that come when they are first needed.
import { type Signal, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { sayFailed } from "../state/toast.ts";

/** A part that does not come: without the network, or because the server has a newer Posthorn and no longer the files of this one. */
export const part = <T,>(load: Promise<T>): Promise<T> =>
  load.catch(() => {
    throw new Error(t().partMissing);
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
