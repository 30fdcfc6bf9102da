// About how tall a formatted letter will be, from its markup. Its frame is of no origin, so nothing can measure it; a guess keeps a letter of two
// lines from taking half the window. What does not fit is scrolled to within the frame, or the frame is made larger. Pure.
import { tokens, wordsOf } from "../compose/markup.ts";

/** As the server's page has them (src/mail/html/rebuild.cpp). */
const LINE = 22.5;
const LETTER = 7.6;
const EDGE = 16;
/** Longer letters fill the room in any case. */
const LONGEST = 40_000;

/** In pixels, for a frame so wide; null: more than any window. */
export function guessHeight(html: string, width: number): number | null {
  if (html.length > LONGEST) return null;
  const columns = Math.max(20, Math.floor(width / LETTER));
  let lines = 0;
  for (const line of wordsOf(html).split("\n")) lines += Math.max(1, Math.ceil(line.length / columns));
  let more = 0;
  for (const token of tokens(html)) {
    if (token.kind !== "open") continue;
    if (/^h[1-3]$/.test(token.name)) more += 24;
    else if (token.name === "tr") more += 6;
    else if (token.name === "img") more += pictureHeight(token.attributes);
  }
  return Math.ceil((lines + 1) * LINE * 1.05 + more + EDGE);
}

function pictureHeight(attributes: ReadonlyMap<string, string>): number {
  const given =
    /^\d{1,4}/.exec(attributes.get("height") ?? "") ?? /(?:^|[;\s])height:\s*(\d{1,4})px/i.exec(attributes.get("style") ?? "");
  if (given) return Number(given[1] ?? given[0]);
  // From the net, it is not even loaded before the reader wants it.
  return /^cid:/i.test(attributes.get("src") ?? "") ? 240 : 40;
}
