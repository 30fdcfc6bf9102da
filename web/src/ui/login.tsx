import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { signIn } from "../jmap/client.ts";
import { passkeysHere } from "../jmap/passkeys_here.ts";
import { Button } from "./button.tsx";
import { SignOn } from "./sign_on.tsx";

/** The second step: the code of the app, or one of the recovery codes, which have letters too. */
function Code() {
  const recovery = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), [recovery.value]);
  return (
    <>
      <label class="field">
        <span>{recovery.value ? t().recoveryCode : t().code}</span>
        <input
          ref={input}
          key={String(recovery.value)}
          name="code"
          inputMode={recovery.value ? "text" : "numeric"}
          autocomplete={recovery.value ? "off" : "one-time-code"}
          autocapitalize="off"
          spellcheck={false}
          pattern={recovery.value ? "[0-9A-Za-z \\-]{6,40}" : "[0-9]{3} ?[0-9]{3}"}
          required
        />
      </label>
      <button
        type="button"
        class="link small"
        onClick={() => {
          recovery.value = !recovery.value;
        }}
      >
        {recovery.value ? t().useApp : t().useRecovery}
      </button>
    </>
  );
}

/** The first page. It names no reason that would tell a stranger which addresses exist. */
export function Login({ onDone }: { onDone: () => Promise<void> }) {
  const problem = useSignal("");
  const busy = useSignal(false);
  const needsCode = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const trying = async (what: () => Promise<string>) => {
    busy.value = true;
    problem.value = "";
    try {
      problem.value = await what();
    } catch {
      problem.value = t().unreachable;
    } finally {
      busy.value = false;
    }
  };
  /** Answers what to say; nothing if all is well. */
  const byPassword = async (): Promise<string> => {
    const field = (name: string) => form.current!.elements.namedItem(name) as HTMLInputElement | null;
    const value = (name: string) => field(name)?.value ?? "";
    const answer = await signIn(value("username").trim(), value("password"), value("code").trim() || undefined);
    if (answer === "ok") await onDone();
    else if (answer === "codeNeeded") needsCode.value = true;
    else if (answer === "codeWrong") field("code")?.select();
    return { ok: "", codeNeeded: "", codeWrong: t().codeRefused, slow: t().slowDown, refused: t().refused }[answer];
  };
  const passkeyWords = { ok: "", stopped: t().passkeyStopped, slow: t().slowDown, refused: t().passkeyRefused };
  const byPasskey = async (): Promise<string> => {
    // Only one question of this kind may be open.
    offered.current?.abort();
    const { signInWithPasskey } = await import("../jmap/passkeys.ts");
    const answer = await signInWithPasskey();
    if (answer === "ok") await onDone();
    return passkeyWords[answer];
  };
  // Passkeys stand among the names that the browser fills in.
  const offered = useRef<AbortController | null>(null);
  useEffect(() => {
    if (!passkeysHere) return;
    const over = new AbortController();
    offered.current = over;
    void (async () => {
      const answer = await (await import("../jmap/passkeys.ts")).offerPasskeys(over.signal);
      if (answer === "ok") await onDone();
      else if (answer === "refused") problem.value = passkeyWords.refused;
    })().catch(() => {});
    return () => over.abort();
  }, []);
  return (
    <main class="login">
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void trying(byPassword);
        }}
      >
        <img src="/posthorn.svg" alt="" width="56" height="56" />
        <h1>Posthorn</h1>
        <label class="field">
          <span>{t().address}</span>
          <input name="username" type="email" autocomplete="username webauthn" required autofocus />
        </label>
        <label class="field">
          <span>{t().password}</span>
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        {needsCode.value && <Code />}
        <p class="problem" role="alert">
          {problem.value}
        </p>
        <button type="submit" class="button primary" disabled={busy.value}>
          {t().signIn}
        </button>
        {passkeysHere && (
          <Button
            label={t().withPasskey}
            icon="key-round"
            class="outlined"
            disabled={busy.value}
            onClick={() => void trying(byPasskey)}
            showLabel
          />
        )}
        <SignOn />
      </form>
    </main>
  );
}
