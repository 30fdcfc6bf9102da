// The search box: what was understood is shown as chips, what was not says so. Escape gives back what was on screen before.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { OPERATORS, parseSearch } from "../search/parse.ts";
import { go, route } from "../state/route.ts";
import { Icon } from "./icon.tsx";
import { places } from "./query.ts";

const text = signal("");
const active = signal(false);
let before = "inbox";

export function focusSearch(): void {
  document.getElementById("search")?.focus();
}

export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (route.value.view === "search") text.value = route.value.place;
    else {
      text.value = "";
      if (route.value.view === "mail") before = route.value.place;
    }
  }, [route.value]);
  const chips = text.value ? parseSearch(text.value, places()).chips.filter((chip) => chip.text.includes(":")) : [];
  const word = text.value.split(/\s/).at(-1) ?? "";
  const hints =
    active.value && /^[a-z_]{1,}$/.test(word)
      ? Object.keys(OPERATORS)
          .filter((name) => name.startsWith(word) && name !== word)
          .slice(0, 6)
      : [];
  const leave = () => {
    active.value = false;
    input.current?.blur();
    if (route.peek().view === "search") go({ view: "mail", place: before });
    text.value = "";
  };
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        active.value = false;
        if (text.value.trim()) go({ view: "search", place: text.value.trim() });
        else leave();
        document.getElementById("list")?.focus();
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        id="search"
        type="search"
        aria-label={t().search}
        placeholder={`${t().search}  /`}
        title={t().searchHint}
        autocomplete="off"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
        onFocus={() => {
          active.value = true;
        }}
        onBlur={() => {
          active.value = false;
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") leave();
          else if (event.key === "Tab" && hints[0] && !event.shiftKey) {
            event.preventDefault();
            text.value = `${text.value.slice(0, text.value.length - word.length)}${hints[0]}:`;
          }
        }}
      />
      {(chips.length > 0 || hints.length > 0) && (
        <div class="chips">
          {chips.map((chip) => (
            <span class={`chip ${chip.understood ? "" : "warn"}`} key={chip.text}>
              {chip.text}
              {!chip.understood && ` (${t().asText})`}
            </span>
          ))}
          {hints.map((name) => (
            <span class="chip hint" key={name}>
              {name}:
            </span>
          ))}
        </div>
      )}
    </form>
  );
}
