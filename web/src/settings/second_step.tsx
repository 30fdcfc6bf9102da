// The second step at sign-in: codes of an authenticator app (RFC 6238). The key is shown as a picture that is drawn here, and counts only once
// a code of it was typed in, so that nobody locks themself out. Key and recovery codes are forgotten when the page is left.
import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { say, sayFailed } from "../state/toast.ts";
import { Button } from "../ui/button.tsx";
import { refocus } from "../ui/focus.ts";
import { lazy } from "../ui/lazy.tsx";
import { copy, RecoveryCodes } from "./once.tsx";
import { proved, Refused, request } from "./resource.ts";

const QrCode = lazy(() => import("./qr_code.tsx").then((one) => one.QrCode));

interface State {
  on: boolean;
  recoveryLeft: number;
}
interface Begun {
  secret: string;
  url: string;
}

const state = signal<State | null>(null);
const begun = signal<Begun | null>(null);
const recovery = signal<readonly string[] | null>(null);

async function load(): Promise<void> {
  state.value = await request<State>("GET", "/account/codes");
}

async function begin(): Promise<void> {
  const given = await proved(t().twoSteps, t().setUp);
  if (given) begun.value = await request<Begun>("POST", "/account/codes", { current: given.current });
}

async function confirm(code: string): Promise<void> {
  recovery.value = (await request<{ recovery: string[] }>("POST", "/account/codes/confirm", { code })).recovery;
  begun.value = null;
  say(t().twoStepsNowOn);
  await load();
}

async function renew(): Promise<void> {
  const given = await proved(t().newRecovery, t().newRecovery);
  if (!given) return;
  recovery.value = (
    await request<{ recovery: string[] }>("POST", "/account/codes/recovery", { current: given.current })
  ).recovery;
  await load();
}

async function switchOff(): Promise<void> {
  const given = await proved(t().twoSteps, t().switchOff);
  if (!given) return;
  await request("DELETE", "/account/codes", { current: given.current });
  recovery.value = null;
  say(t().twoStepsNowOff);
  await load();
  refocus("#second-step-begin");
}

function Setup({ secret, url }: Begun) {
  const problem = useSignal("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const send = async () => {
    problem.value = "";
    try {
      await confirm(input.current!.value.trim());
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problem.value = error.message;
      input.current?.select();
    }
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void send().catch(sayFailed);
      }}
    >
      <p>{t().scanThis}</p>
      <div class="scan">
        <QrCode text={url} label={t().scanLabel} />
        <div>
          <p class="small" id="second-step-key">
            {t().keyWord}
          </p>
          <p>
            <code class="mono">{secret.match(/.{1,4}/g)?.join(" ")}</code>
          </p>
          <Button label={t().copy} icon="copy" onClick={() => copy(secret)} class="outlined" showLabel />
          <p>
            <a href={url}>{t().openInApp}</a>
          </p>
        </div>
      </div>
      <label class="field">
        <span>{t().thenCode}</span>
        <input
          ref={input}
          type="text"
          class="digits"
          inputMode="numeric"
          autocomplete="one-time-code"
          maxLength={7}
          pattern="[0-9]{3} ?[0-9]{3}"
          required
        />
      </label>
      <p class="problem" role="alert">
        {problem.value}
      </p>
      <div class="acts">
        <button type="submit" class="button primary">
          {t().confirm}
        </button>
        <Button
          label={t().cancel}
          onClick={() => {
            begun.value = null;
            refocus("#second-step-begin");
          }}
          showLabel
        />
      </div>
    </form>
  );
}

export function SecondStep() {
  useEffect(() => {
    void load().catch(sayFailed);
    return () => {
      begun.value = recovery.value = null;
    };
  }, []);
  const now = state.value;
  return (
    <section aria-labelledby="second-step">
      <h3 id="second-step">{t().twoSteps}</h3>
      {now && <p class="small">{now.on ? `${t().twoStepsOn} ${t().recoveryLeft(now.recoveryLeft)}` : t().twoStepsHelp}</p>}
      {begun.value && <Setup {...begun.value} />}
      {recovery.value && (
        <RecoveryCodes
          codes={recovery.value}
          onKept={() => {
            recovery.value = null;
            refocus("#second-step-begin");
          }}
        />
      )}
      {now && !begun.value && !recovery.value && (
        <div class="acts">
          <Button
            id="second-step-begin"
            label={now.on ? t().newRecovery : t().setUp}
            icon="shield-check"
            onClick={() => void (now.on ? renew() : begin()).catch(sayFailed)}
            class="outlined"
            showLabel
          />
          {now.on && (
            <Button
              label={t().switchOff}
              kind="danger"
              onClick={() => void switchOff().catch(sayFailed)}
              class="outlined"
              showLabel
            />
          )}
        </div>
      )}
    </section>
  );
}
