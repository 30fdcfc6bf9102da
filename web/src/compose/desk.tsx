// The open drafts on screen: one sheet at a time, the others folded to their subject. Escape folds, it never throws away.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { archive } from "../state/actions.ts";
import { go } from "../state/route.ts";
import { change } from "../state/settings.ts";
import { sayFailed } from "../state/toast.ts";
import { laterItems } from "../ui/act_menus.tsx";
import { Button } from "../ui/button.tsx";
import { sure } from "../ui/dialog.tsx";
import { refocus } from "../ui/focus.ts";
import { Icon } from "../ui/icon.tsx";
import { addKeys } from "../ui/keys.ts";
import { Menu } from "../ui/menu.tsx";
import { textToHtml } from "./answer.ts";
import { Attached } from "./attached.tsx";
import { attach } from "./attachments.ts";
import { changed, close, type Draft, discard, drafts, failedNames, identities, identityOf, save, writeAs } from "./drafts.ts";
import { Editor } from "./editor.tsx";
import { Recipients } from "./recipients.tsx";
import { objections, send } from "./send.ts";
import { forgetWays, Ways } from "./ways_list.tsx";

export function Desk() {
  return (
    <div class="desk">
      {drafts.value.map((one) =>
        one.state.value === "folded" ? <Folded key={one.content.key} one={one} /> : <Sheet key={one.content.key} one={one} />,
      )}
    </div>
  );
}

function Folded({ one }: { one: Draft }) {
  return (
    <div class="sheet folded-sheet">
      <Button
        label={one.content.subject || t().newMessage}
        icon="chevron-up"
        onClick={() => {
          for (const other of drafts.peek()) other.state.value = "folded";
          one.state.value = "open";
        }}
        showLabel
      />
      <Button label={t().close} icon="x" onClick={() => void tryClose(one)} />
    </div>
  );
}

/** Closed, it is among the drafts; a file that is not up would not be with it. */
async function tryClose(one: Draft): Promise<void> {
  if (!one.failures.size || (await sure(t().closeWithout(failedNames(one))))) close(one);
}

async function trySend(one: Draft, at: Date | null): Promise<boolean> {
  // An address that is still being typed is taken when its field loses the focus.
  const field = document.activeElement;
  if (field instanceof HTMLElement && field.closest(".recipients")) field.blur();
  try {
    const { refused, ask } = objections(one);
    if (refused) throw new Error(refused);
    for (const question of ask ?? []) if (!(await sure(question))) return false;
    await send(one, at);
    forgetWays();
    return true;
  } catch (error) {
    one.state.value = "open";
    sayFailed(error);
    return false;
  }
}

/** Answered and done with: the conversation goes to the archive. Undo brings the letter back first, then the conversation. */
async function sendAndArchive(one: Draft): Promise<void> {
  const { about } = one.content;
  if (!(await trySend(one, null)) || !about) return;
  go({ thread: null }, "replace");
  await archive([about.id], true);
}

function SavedLine({ one }: { one: Draft }) {
  const state = one.saved.value;
  const text = {
    clean: "",
    device: t().saving,
    saving: t().saving,
    server: t().saved(one.savedAt.value ?? ""),
    failed: one.kept ? t().notSaved : t().keptNowhere,
  }[state ?? "clean"];
  return (
    <span class={`small saved ${state === "failed" ? "warn" : ""}`} role="status" data-saved={state}>
      {text}
    </span>
  );
}

function Sheet({ one }: { one: Draft }) {
  const { content } = one;
  const to = useSignal(content.to);
  const cc = useSignal(content.cc);
  const bcc = useSignal(content.bcc);
  const subject = useSignal(content.subject);
  const more = useSignal(content.cc.length + content.bcc.length > 0);
  const plain = useSignal(content.plain);
  const fresh = !content.to.length;
  /** Goes up when the text was changed from outside its field. */
  const rewritten = useSignal(0);
  useEffect(() => {
    const before = document.activeElement;
    return () => refocus(".folded-sheet .button", before);
  }, []);
  useEffect(
    () =>
      addKeys({
        "Ctrl-Enter": () => void trySend(one, null),
        "Ctrl-Shift-Enter": () => void sendAndArchive(one),
        "Ctrl-Shift-c": () => void (more.value = true),
        "Ctrl-Shift-b": () => void (more.value = true),
        Escape: () => void (one.state.value = "folded"),
      }),
    [],
  );
  const full = one.state.value === "full";
  const id = (name: string) => `${name}-${content.key}`;
  return (
    <section
      class={`sheet ${full ? "full" : ""}`}
      role="dialog"
      aria-label={subject.value || t().newMessage}
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => {
        if (!event.dataTransfer?.files.length) return;
        event.preventDefault();
        attach(one, event.dataTransfer.files);
      }}
    >
      <header class="sheet-head">
        <h2 class="grow">{subject.value || t().newMessage}</h2>
        <SavedLine one={one} />
        <Button label={t().minimise} icon="minus" hint="Escape" onClick={() => void (one.state.value = "folded")} />
        <Button
          label={t().fullScreen}
          icon={full ? "minimize-2" : "maximize-2"}
          class="full-button"
          pressed={full}
          onClick={() => void (one.state.value = full ? "open" : "full")}
        />
        <Button label={t().close} icon="x" onClick={() => void tryClose(one)} />
      </header>
      {identities.value.length > 1 && (
        <div class="recipients">
          <label for={id("from")}>{t().from}</label>
          <select
            id={id("from")}
            value={identityOf(content)?.id}
            onChange={(event) => {
              writeAs(one, event.currentTarget.value);
              rewritten.value += 1;
            }}
          >
            {identities.value.map((identity) => (
              <option key={identity.id} value={identity.id}>
                {identity.name ? `${identity.name} <${identity.email}>` : identity.email}
              </option>
            ))}
          </select>
        </div>
      )}
      <Recipients
        id={id("to")}
        label={t().to}
        list={to.value}
        focus={fresh}
        onChange={(list) => {
          to.value = list;
          changed(one, { to: list });
        }}
      />
      {more.value ? (
        <>
          <Recipients
            id={id("cc")}
            label={t().cc}
            list={cc.value}
            onChange={(list) => {
              cc.value = list;
              changed(one, { cc: list });
            }}
          />
          <Recipients
            id={id("bcc")}
            label={t().bcc}
            list={bcc.value}
            onChange={(list) => {
              bcc.value = list;
              changed(one, { bcc: list });
            }}
          />
        </>
      ) : (
        <button type="button" class="link small more-recipients" onClick={() => void (more.value = true)}>
          {t().cc} / {t().bcc}
        </button>
      )}
      <Ways list={[...to.value, ...cc.value, ...bcc.value]} />
      <div class="recipients">
        <label for={id("subject")}>{t().subject}</label>
        <input
          id={id("subject")}
          class="grow"
          type="text"
          value={subject.value}
          onInput={(event) => {
            subject.value = event.currentTarget.value;
            changed(one, { subject: event.currentTarget.value.replace(/[\r\n]+/g, " ") });
          }}
        />
      </div>
      <Editor
        key={rewritten.value}
        html={content.html}
        plain={plain.value}
        label={t().messageBody}
        focus={!fresh && !rewritten.value}
        onInput={(text) => changed(one, { html: plain.peek() ? textToHtml(text) : text })}
        onFiles={(files, inline) =>
          attach(one, files, inline).map(({ entry, file }) => ({ cid: entry.cid, preview: URL.createObjectURL(file) }))
        }
      />
      <Attached one={one} />
      <footer class="sheet-foot">
        <Button label={t().send} icon="send" kind="primary" hint="Ctrl-Enter" onClick={() => void trySend(one, null)} showLabel />
        <Menu label={t().sendLater} icon="clock" class="later" items={laterItems((at) => void trySend(one, at))} />
        <label class="button plain bare" title={t().attach}>
          <span class="sr">{t().attach}</span>
          <Icon name="paperclip" />
          <input
            type="file"
            multiple
            class="sr"
            onChange={(event) => {
              attach(one, event.currentTarget.files ?? []);
              event.currentTarget.value = "";
            }}
          />
        </label>
        <label class="toggle">
          <input
            type="checkbox"
            checked={plain.value}
            onChange={(event) => {
              plain.value = event.currentTarget.checked;
              change({ plainText: plain.value });
              changed(one, { plain: plain.value });
            }}
          />
          {t().plainText}
        </label>
        <span class="grow" />
        <Button label={t().save} icon="check" onClick={() => void save(one).catch(sayFailed)} />
        <Button label={t().discard} icon="trash-2" onClick={() => void discard(one)} />
      </footer>
    </section>
  );
}
