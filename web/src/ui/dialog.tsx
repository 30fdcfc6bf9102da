// Dialogs on the native <dialog>: the browser traps the focus, closes on Escape and gives the focus back.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { Button } from "./button.tsx";
import { refocus } from "./focus.ts";

export function Dialog(p: { title: string; onClose: () => void; children: ComponentChildren; class?: string }) {
  const ref = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    ref.current?.showModal();
    ref.current?.querySelector<HTMLElement>(".dialog-body input")?.focus();
    return () => {
      before?.focus();
      refocus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={`dialog ${p.class ?? ""}`}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        p.onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === ref.current) p.onClose();
      }}
    >
      <div class="dialog-head">
        <h2 id={title}>{p.title}</h2>
        <Button label={t().close} icon="x" onClick={p.onClose} />
      </div>
      <div class="dialog-body">{p.children}</div>
    </dialog>
  );
}

interface Question {
  text: string;
  field?: { label: string; value: string; type?: "text" | "url" | "password" | "datetime-local" };
  answer: (value: string | null) => void;
}

const question = signal<Question | null>(null);

/** Asks yes or no. Only for what cannot be undone. */
export function sure(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    question.value = { text, answer: (value) => resolve(value !== null) };
  });
}

/** Asks for one line of text. */
export function ask(
  text: string,
  label: string,
  value = "",
  type: "text" | "url" | "password" | "datetime-local" = "text",
): Promise<string | null> {
  return new Promise((resolve) => {
    question.value = { text, field: { label, value, type }, answer: resolve };
  });
}

export function Questions() {
  const asked = question.value;
  const input = useRef<HTMLInputElement>(null);
  if (!asked) return null;
  const done = (value: string | null) => {
    question.value = null;
    asked.answer(value);
  };
  return (
    <Dialog title={asked.text} onClose={() => done(null)} class="question">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const value = input.current?.value ?? "";
          if (!asked.field || value) done(value);
        }}
      >
        {asked.field && (
          <label class="field">
            <span>{asked.field.label}</span>
            <input
              ref={input}
              {...({ type: asked.field.type ?? "text" } as { type: "text" })}
              defaultValue={asked.field.value}
              autofocus
            />
          </label>
        )}
        <div class="dialog-acts">
          <Button label={t().cancel} onClick={() => done(null)} />
          <button type="submit" class="button primary">
            {t().yes}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
