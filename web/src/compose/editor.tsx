// The text field of a draft: Squire, which was made for mail. What is pasted or restored is rebuilt from a short allow list; the same list is
// what we ever send.
import DOMPurify from "dompurify";
import { useEffect, useRef } from "preact/hooks";
import Squire from "squire-rte";
import { t } from "../i18n/t.ts";
import { Button } from "../ui/button.tsx";
import { ask } from "../ui/dialog.tsx";
import { rebuilt } from "./markup.ts";
import { htmlToText } from "./text.ts";

const ALLOWED = {
  ALLOWED_TAGS: [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "div",
    "em",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "u",
    "ul",
  ],
  ALLOWED_ATTR: ["href", "src", "alt", "width", "height"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|cid:|blob:|\/jmap\/)/i,
};

const purify = DOMPurify(window);

/** Rebuilt as text first (markup.ts); DOMPurify is the second wall, should that one have a hole. */
export function cleanHtml(html: string): DocumentFragment {
  return purify.sanitize(rebuilt(html), { ...ALLOWED, RETURN_DOM_FRAGMENT: true });
}

interface Props {
  html: string;
  plain: boolean;
  label: string;
  onInput: (html: string) => void;
  onFiles: (files: File[], inline: boolean) => { cid: string | null; preview: string }[];
  focus: boolean;
}

export function Editor(p: Props) {
  const root = useRef<HTMLDivElement>(null);
  const squire = useRef<Squire | null>(null);
  useEffect(() => {
    if (p.plain) return;
    const one = new Squire(root.current!, { blockTag: "DIV", sanitizeToDOMFragment: (html: string) => cleanHtml(html) });
    one.setHTML(p.html);
    one.addEventListener("input", () => p.onInput(one.getHTML()));
    one.addEventListener("pasteImage", (event: Event) => {
      const { clipboardData } = (event as CustomEvent<{ clipboardData: DataTransfer }>).detail;
      insertImages([...clipboardData.files]);
    });
    squire.current = one;
    if (p.focus) {
      one.focus();
      one.moveCursorToStart();
    }
    return () => one.destroy();
  }, [p.plain]);
  const insertImages = (files: File[]) => {
    for (const { cid, preview } of p.onFiles(files, true))
      squire.current?.insertImage(preview, { alt: "", "data-cid": cid ?? "" });
  };
  if (p.plain)
    return (
      <textarea
        class="editor plain-editor"
        aria-label={p.label}
        defaultValue={htmlToText(p.html)}
        onInput={(event) => p.onInput(event.currentTarget.value)}
        autofocus={p.focus}
      />
    );
  const run = (act: (one: Squire) => void) => () => {
    if (squire.current) act(squire.current);
    squire.current?.focus();
  };
  const flip = (tag: string, on: (one: Squire) => void, off: (one: Squire) => void) =>
    run((one) => (one.hasFormat(tag) ? off(one) : on(one)));
  return (
    <>
      <div class="format" role="toolbar" aria-label={p.label}>
        <Button
          label={t().bold}
          icon="bold"
          onClick={flip(
            "B",
            (one) => one.bold(),
            (one) => one.removeBold(),
          )}
        />
        <Button
          label={t().italic}
          icon="italic"
          onClick={flip(
            "I",
            (one) => one.italic(),
            (one) => one.removeItalic(),
          )}
        />
        <Button
          label={t().bullets}
          icon="list"
          onClick={flip(
            "UL",
            (one) => one.makeUnorderedList(),
            (one) => one.removeList(),
          )}
        />
        <Button
          label={t().numbers}
          icon="list-ordered"
          onClick={flip(
            "OL",
            (one) => one.makeOrderedList(),
            (one) => one.removeList(),
          )}
        />
        <Button
          label={t().quote}
          icon="quote"
          onClick={flip(
            "BLOCKQUOTE",
            (one) => one.increaseQuoteLevel(),
            (one) => one.decreaseQuoteLevel(),
          )}
        />
        <Button
          label={t().link}
          icon="link"
          onClick={() =>
            void ask(t().link, t().linkAddress, "https://", "url").then((url) => {
              if (url && /^(https?|mailto):/i.test(url)) squire.current?.makeLink(url, {});
              squire.current?.focus();
            })
          }
        />
        <Button label={t().clearFormat} icon="eraser" onClick={run((one) => one.removeAllFormatting())} />
      </div>
      <div
        ref={root}
        class="editor"
        role="textbox"
        aria-multiline="true"
        aria-label={p.label}
        contentEditable
        tabIndex={0}
        onDrop={(event) => {
          const pictures = [...(event.dataTransfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));
          if (!pictures.length) return;
          event.preventDefault();
          event.stopPropagation();
          insertImages(pictures);
        }}
      />
    </>
  );
}
