// The search box: what was understood is shown as chips, what was not says so. Escape gives back what was on screen before.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t.ts";
import { type Completion, complete, lastWord, MOST_SHOWN, people, personIn, replaced } from "../search/complete.ts";
import { parseSearch } from "../search/parse.ts";
import { fullName, mailboxes } from "../state/mailboxes.ts";
import { go, route } from "../state/route.ts";
import { Icon } from "./icon.tsx";
import { mailboxLabel } from "./names.ts";
import { places } from "./query.ts";

const text = signal("");
const active = signal(false);
const known = signal<{ word: string; list: Completion[] }>({ word: "", list: [] });
/** Which of the offers the arrows are on; none: Enter searches for what is typed. */
const at = signal(-1);
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
  const word = active.value ? lastWord(text.value) : "";
  const offers = [
    ...complete(
      word,
      mailboxes.value.map((one) => (one.role ? mailboxLabel(one) : fullName(one))),
    ),
    ...(known.value.word === word ? known.value.list : []),
  ].slice(0, MOST_SHOWN);
  useEffect(() => {
    at.value = -1;
    const who = personIn(word);
    if (!who) return;
    // People come when they come; who types on is not asked about any more.
    const timer = setTimeout(() => {
      void import("../compose/suggest.ts")
        .then(({ suggest }) => suggest(who))
        .then((found) => {
          known.value = { word, list: people(word, found) };
        })
        .catch(() => {});
    }, 150);
    return () => clearTimeout(timer);
  }, [word]);
  const take = (one: Completion) => {
    text.value = replaced(text.peek(), word, one);
    at.value = -1;
    input.current?.focus();
  };
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
        {...({ role: "combobox" } as object)}
        aria-expanded={offers.length > 0}
        aria-controls="search-offers"
        aria-autocomplete="list"
        aria-activedescendant={at.value >= 0 ? `search-offer-${at.value}` : undefined}
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
          const offer = offers[Math.max(0, at.value)];
          if (event.key === "Escape") leave();
          else if (event.key === "ArrowDown" && offer) at.value = (at.value + 1) % offers.length;
          else if (event.key === "ArrowUp" && offer) at.value = (Math.max(0, at.value) + offers.length - 1) % offers.length;
          // Tab finishes a word of ours; past somebody who was only offered it goes on to the next control.
          else if (
            offer &&
            (at.value >= 0 ? event.key === "Enter" || event.key === "Tab" : event.key === "Tab" && offer.kind !== "person") &&
            !event.shiftKey
          )
            take(offer);
          else return;
          event.preventDefault();
        }}
      />
      {(chips.length > 0 || offers.length > 0) && (
        <div class="chips">
          {chips.map((chip) => (
            <span class={`chip ${chip.understood ? "" : "warn"}`} key={chip.text}>
              {chip.text}
              {!chip.understood && ` (${t().asText})`}
            </span>
          ))}
          <ul id="search-offers" role="listbox" class="offers" aria-label={t().suggestions} hidden={!offers.length}>
            {offers.map((one, i) => (
              <li
                key={one.text}
                id={`search-offer-${i}`}
                role="option"
                class="chip hint"
                aria-selected={i === at.value}
                onMouseDown={(event) => {
                  event.preventDefault();
                  take(one);
                }}
              >
                {one.label}
              </li>
            ))}
          </ul>
        </div>
      )}
    </form>
  );
}
