// The text of a message. Formatted mail comes as a document of its own, rebuilt by the server from an allow list, in a frame of opaque
// origin with its own policy: no script can run and nothing is fetched. Plain text becomes text nodes; links are found in it here.
import { signal, useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { wordsOf } from "../compose/markup.ts";
import { t } from "../i18n/t.ts";
import { client } from "../jmap/client.ts";
import type { Email } from "../jmap/types.ts";
import { change, settings } from "../state/settings.ts";
import { Button } from "./button.tsx";
import "./lent_focus.ts";
import { guessHeight } from "./letter_height.ts";
import { linkify } from "./linkify.ts";

const REMOTE = /\b(?:src|background|srcset)\s*=\s*["']?\s*(?:https?:)?\/\/|url\(\s*["']?\s*(?:https?:)?\/\//i;

export function isFormatted(one: Email): boolean {
  return Boolean(one.htmlBody?.some((part) => part.type === "text/html"));
}

/** Only whether to offer images: what is loaded is decided by the frame's policy, not by this. */
export function asksForImages(one: Email): boolean {
  return (one.htmlBody ?? []).some(
    (part) => part.type === "text/html" && REMOTE.test(one.bodyValues?.[part.partId ?? ""]?.value ?? ""),
  );
}

const systemDark = signal(false);
const asked = matchMedia("(prefers-color-scheme: dark)");
const look = () => {
  systemDark.value = asked.matches;
};
look();
asked.addEventListener("change", look);
const isDark = (): boolean => settings.value.theme === "dark" || (settings.value.theme === "system" && systemDark.value);

function frameUrl(one: Email, images: boolean, dark: boolean): string {
  return `/body/${encodeURIComponent(client.accountId)}/${encodeURIComponent(one.id)}?images=${images ? 1 : 0}&dark=${dark ? 1 : 0}`;
}

/** About what is left of the window for a letter. */
const frameWidth = (): number => (innerWidth < 720 ? innerWidth - 60 : (innerWidth - 216) * 0.55);

export function Body({ one, alone }: { one: Email; alone: boolean }) {
  const plain = useSignal(false);
  const once = useSignal(false);
  const sender = one.from?.[0]?.email ?? "";
  const trusted = settings.value.imagesFrom.includes(sender);
  const formatted = isFormatted(one) && !plain.value;
  const light = settings.value.lightFrom.includes(sender);
  const flip = () => {
    const others = settings.peek().lightFrom.filter((who) => who !== sender);
    change({ lightFrom: light ? others : [...others, sender] });
  };
  /** As tall as the pane. */
  const large = useSignal(false);
  const frame = useRef<HTMLIFrameElement>(null);
  const source = one.htmlBody?.find((part) => part.type === "text/html")?.partId ?? "";
  const html = one.bodyValues?.[source];
  const guess = useMemo(() => (html && !html.isTruncated ? guessHeight(html.value, frameWidth()) : null), [html]);
  const grow = () => {
    large.value = !large.peek();
    setTimeout(() => frame.current?.scrollIntoView({ block: "nearest" }));
  };
  const wantsImages = formatted && asksForImages(one);
  return (
    <div class="body">
      {wantsImages && !once.value && !trusted && (
        <div class="notice">
          <span class="grow">{t().imagesHidden}</span>
          <Button
            label={t().showImages}
            onClick={() => {
              once.value = true;
            }}
            showLabel
          />
          {sender && (
            <Button
              label={t().alwaysImages(sender)}
              onClick={() => change({ imagesFrom: [...settings.peek().imagesFrom, sender] })}
              showLabel
            />
          )}
        </div>
      )}
      {formatted ? (
        <iframe
          ref={frame}
          class={`${alone ? "fill" : "part"} ${large.value ? "large" : ""}`}
          style={guess === null ? undefined : { "--guess": `${guess}px` }}
          title={t().messageBody}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerpolicy="no-referrer"
          src={frameUrl(one, once.value || trusted, isDark() && !light)}
          data-light={isDark() && light ? "" : undefined}
        />
      ) : (
        <PlainText one={one} />
      )}
      {isFormatted(one) && (
        <div class="body-acts">
          {formatted && (
            <button type="button" class="link small" aria-pressed={large.value} onClick={grow}>
              {large.value ? t().smaller : t().larger}
            </button>
          )}
          <button
            type="button"
            class="link small"
            onClick={() => {
              plain.value = !plain.value;
            }}
          >
            {plain.value ? t().showHtml : t().showText}
          </button>
          {formatted && isDark() && sender && (
            <button type="button" class="link small" aria-pressed={light} onClick={flip}>
              {light ? t().darkLetter : t().lightLetter}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

const QUOTED = /^>/;

function PlainText({ one }: { one: Email }) {
  const parts = (one.textBody ?? []).filter((part) => part.type.startsWith("text/"));
  const values = parts.map((part) => one.bodyValues?.[part.partId ?? ""]);
  const text = values
    .map((value, i) => (parts[i]!.type === "text/html" ? wordsOf(value?.value ?? "") : (value?.value ?? "")))
    .join("\n")
    .replace(/\r\n/g, "\n")
    .trimEnd();
  const blocks: { quoted: boolean; text: string }[] = [];
  for (const line of text.split("\n")) {
    const quoted = QUOTED.test(line);
    const last = blocks.at(-1);
    if (last && last.quoted === quoted) last.text += `\n${line}`;
    else blocks.push({ quoted, text: line });
  }
  return (
    <>
      <div class="plain" dir="auto">
        {blocks.map((block, i) =>
          block.quoted ? (
            <details class="quoted" key={`${i}q`} open={blocks.length < 3}>
              <summary>{t().earlier}</summary>
              <pre>{linkify(block.text)}</pre>
            </details>
          ) : (
            <pre key={`${i}t`}>{linkify(block.text)}</pre>
          ),
        )}
      </div>
      {values.some((value) => value?.isTruncated) && (
        <p class="small">
          {t().shownPart} <a href={client.downloadUrl(one.blobId, "message.eml", "message/rfc822")}>{t().downloadMessage}</a>
        </p>
      )}
    </>
  );
}
