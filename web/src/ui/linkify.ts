// Web and mail addresses in plain text, as links. What comes back is text and anchor elements, never markup; only http, https and mailto.
import { type ComponentChild, h } from "preact";

const FOUND = /\b(?:https?:\/\/[^\s<>"'`]{1,2000}|[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,10})/gi;

export function linkify(text: string): ComponentChild[] {
  const out: ComponentChild[] = [];
  let at = 0;
  for (const found of text.matchAll(FOUND)) {
    // A full stop or a closing bracket at the end belongs to the sentence.
    let shown = found[0].replace(/[.,;:!?]+$/, "");
    if (shown.endsWith(")") && !shown.includes("(")) shown = shown.slice(0, -1);
    const href = /^https?:/i.test(shown) ? shown : `mailto:${shown}`;
    // "https://@" looks like an address and is none.
    if (!URL.canParse(href)) continue;
    if (found.index > at) out.push(text.slice(at, found.index));
    out.push(h("a", { href, target: "_blank", rel: "noopener noreferrer" }, shown));
    at = found.index + shown.length;
  }
  if (at < text.length) out.push(text.slice(at));
  return out;
}
