import { t } from "../i18n/t.ts";
import { OPERATORS } from "../search/parse.ts";
import { Dialog } from "./dialog.tsx";
import { keyFor } from "./keys.ts";
import type { Command } from "./palette.tsx";

/** What `?` shows: every key and every search word, from the tables that run them. */
export default function Help({ commands, onClose }: { commands: Command[]; onClose: () => void }) {
  return (
    <Dialog title={t().help} onClose={onClose} class="help">
      <dl class="keys">
        {commands
          .filter((one) => one.key && keyFor(one.key))
          .map((one) => (
            <div key={one.name}>
              <dt>
                <kbd>{keyFor(one.key!)}</kbd>
              </dt>
              <dd>{one.name}</dd>
            </div>
          ))}
        {[
          ["Ctrl-Enter", t().send],
          ["Ctrl-Shift-Enter", t().sendAndArchive],
          ["Ctrl-Shift-C / B", `${t().cc} / ${t().bcc}`],
        ].map(([key, name]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
      <h3>{t().search}</h3>
      <p class="mono">
        {Object.keys(OPERATORS)
          .map((name) => `${name}:`)
          .join("  ")}{" "}
        "two words" -x OR ( )
      </p>
    </Dialog>
  );
}
