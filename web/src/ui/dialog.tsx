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
    // Back into a letter's frame no key would come through.
    const now = document.activeElement as HTMLElement | null;
    const before = now?.nodeName === "IFRAME" ? now.closest<HTMLElement>("article") : now;
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

export interface Field {
  label: string;
  value?: string;
  type?: "text" | "email" | "url" | "password" | "datetime-local";
  /** What a password manager may do with it. */
  autocomplete?: "current-password" | "new-password" | "off";
  least?: number;
}

interface Question {
  text: string;
  help?: string;
  fields: Field[];
  act: string;
  answer: (values: string[] | null) => void;
}

const question = signal<Question | null>(null);

/** Asks yes or no. Only for what cannot be undone. */
export function sure(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    question.value = { text, fields: [], act: t().yes, answer: (values) => resolve(values !== null) };
  });
}

/** Asks for some lines of text; each has to be filled in. `act` names what follows. */
export function askAll(text: string, fields: Field[], act: string, help?: string): Promise<string[] | null> {
  return new Promise((resolve) => {
    question.value = { text, fields, act, answer: resolve, ...(help ? { help } : {}) };
  });
}

/** Asks for one line of text. */
export async function ask(text: string, label: string, value = "", type: Field["type"] = "text"): Promise<string | null> {
  return (await askAll(text, [{ label, value, type }], t().yes))?.[0] ?? null;
}

export function Questions() {
  const asked = question.value;
  const form = useRef<HTMLFormElement>(null);
  if (!asked) return null;
  const done = (values: string[] | null) => {
    question.value = null;
    asked.answer(values);
  };
  return (
    <Dialog title={asked.text} onClose={() => done(null)} class="question">
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          done([...form.current!.querySelectorAll("input")].map((input) => input.value));
        }}
      >
        {asked.help && <p class="small">{asked.help}</p>}
        {asked.fields.map((field) => (
          <label class="field" key={field.label}>
            <span>{field.label}</span>
            <input
              {...({ type: field.type ?? "text", minLength: field.least } as { type: "text" })}
              autocomplete={field.autocomplete ?? "off"}
              defaultValue={field.value ?? ""}
              step={field.type === "datetime-local" ? "any" : undefined}
              required
            />
          </label>
        ))}
        <div class="dialog-acts">
          <Button label={t().cancel} onClick={() => done(null)} />
          <button type="submit" class="button primary">
            {asked.act}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
