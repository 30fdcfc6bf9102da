import { t } from "../i18n/t.ts";
import { dismiss, toast, undoLast } from "../state/toast.ts";
import { Button } from "./button.tsx";
import { refocus } from "./focus.ts";

/** Announced politely, once; the undo button can be reached by `z` from anywhere. */
export function Toasts() {
  const now = toast.value;
  return (
    <div class="toasts" role="status" aria-live="polite">
      {now && (
        <div class={`toast ${now.kind}`} key={now.id}>
          <span>{now.text}</span>
          {now.act && <Button label={now.act.label} onClick={now.act.do} showLabel />}
          {now.undo && <Button label={t().undo} hint="z" onClick={() => void undoLast().then(() => refocus())} showLabel />}
          <Button
            label={t().close}
            icon="x"
            onClick={() => {
              dismiss();
              refocus();
            }}
          />
        </div>
      )}
    </div>
  );
}
