import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { signIn } from "../jmap/client.ts";

/** The first page. It names no reason that would tell a stranger which addresses exist. */
export function Login({ onDone }: { onDone: () => Promise<void> }) {
  const problem = useSignal("");
  const busy = useSignal(false);
  const needsCode = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const value = (name: string) => (form.current!.elements.namedItem(name) as HTMLInputElement | null)?.value ?? "";
    busy.value = true;
    problem.value = "";
    try {
      const answer = await signIn(value("username").trim(), value("password"), value("code").trim() || undefined);
      if (answer === "ok") return await onDone();
      if (answer === "slow") problem.value = t().slowDown;
      else if (answer === "code") {
        problem.value = needsCode.value ? t().codeRefused : "";
        needsCode.value = true;
        setTimeout(() => (form.current?.elements.namedItem("code") as HTMLInputElement | null)?.focus());
      } else problem.value = t().refused;
    } catch {
      problem.value = t().unreachable;
    } finally {
      busy.value = false;
    }
  };
  return (
    <main class="login">
      <form ref={form} onSubmit={(event) => void submit(event)}>
        <img src="/posthorn.svg" alt="" width="56" height="56" />
        <h1>Posthorn</h1>
        <label class="field">
          <span>{t().address}</span>
          <input name="username" type="email" autocomplete="username" required autofocus />
        </label>
        <label class="field">
          <span>{t().password}</span>
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        {needsCode.value && (
          <label class="field">
            <span>{t().code}</span>
            <input name="code" inputMode="numeric" autocomplete="one-time-code" pattern="[0-9A-Za-z \-]{6,24}" required />
          </label>
        )}
        <p class="problem" role="alert">
          {problem.value}
        </p>
        <button type="submit" class="button primary" disabled={busy.value}>
          {t().signIn}
        </button>
      </form>
    </main>
  );
}
