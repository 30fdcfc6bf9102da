// The files of a draft: how far they are, what failed and why.
import { size, t } from "../i18n/t.ts";
import { Button } from "../ui/button.tsx";
import { refocus } from "../ui/focus.ts";
import { Icon } from "../ui/icon.tsx";
import { detach, tryAgain } from "./attachments.ts";
import type { Draft } from "./drafts.ts";

export function Attached({ one }: { one: Draft }) {
  one.version.value;
  const list = one.content.attachments;
  if (!list.length) return null;
  return (
    <ul class="attached" aria-label={t().attachments(list.length)}>
      {list.map((entry) => {
        const share = one.uploads.get(entry.key)?.share.value;
        const failure = one.failures.get(entry.key);
        return (
          <li key={entry.key} class={failure ? "failed" : ""}>
            <span class="grow">
              {entry.name}
              {failure && (
                <span class="small why" role="alert">
                  <Icon name="triangle-alert" /> {t().notAttached(failure.why)}
                </span>
              )}
            </span>
            <span class="small">{size(entry.size)}</span>
            {share !== undefined && <progress max={1} value={share} aria-label={entry.name} />}
            {failure?.file && (
              <Button
                label={t().retry}
                icon="refresh-cw"
                onClick={(event) => {
                  tryAgain(one, entry.key);
                  refocus((event.currentTarget as HTMLElement).closest("li")?.querySelector(".button:last-of-type"));
                }}
                showLabel
              />
            )}
            <Button
              label={t().removeFile(entry.name)}
              icon="x"
              onClick={() => {
                detach(one, entry.key);
                refocus(".sheet .attached .button", ".sheet .sheet-foot input[type=file]");
              }}
            />
          </li>
        );
      })}
    </ul>
  );
}
