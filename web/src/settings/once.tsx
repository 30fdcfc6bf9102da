// What is shown once and has to be kept by the reader: copied, or saved as a file.
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import { say, sayFailed } from "../state/toast.ts";
import { save } from "../state/transfer.ts";
import { Button } from "../ui/button.tsx";

export function copy(text: string): void {
  navigator.clipboard.writeText(text).then(() => say(t().copied), sayFailed);
}

export function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const title = useRef<HTMLHeadingElement>(null);
  // Who reads by ear is told of them, and who uses the keyboard goes on from here.
  useEffect(() => title.current?.focus(), []);
  const text = `${t().recoveryOf(client.session.username)}\n\n${codes.join("\n")}\n`;
  return (
    <div class="card">
      <h4 ref={title} tabIndex={-1}>
        {t().recoveryCodes}
      </h4>
      <p class="small">{t().recoveryHelp}</p>
      <ol class="codes mono">
        {codes.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ol>
      <div class="acts">
        <Button label={t().copy} icon="copy" onClick={() => copy(text)} class="outlined" showLabel />
        <Button
          label={t().download}
          icon="download"
          onClick={() => save(new Blob([text], { type: "text/plain" }), "posthorn-recovery-codes.txt")}
          class="outlined"
          showLabel
        />
        <Button label={t().keptThem} kind="primary" onClick={onKept} showLabel />
      </div>
    </div>
  );
}
