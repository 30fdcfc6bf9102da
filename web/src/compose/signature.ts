// The signature is ordinary text of the letter; it follows the identity as long as nobody changed it by hand.
import { parseInert } from "../ui/inert.ts";
import { textToHtml } from "./answer.ts";

/** With an empty line above; nothing where there is none. */
export const signatureHtml = (text: string): string => (text ? `<div><br></div><div>-- </div>${textToHtml(text)}` : "");

const words = (one: Element | undefined): string | undefined => one?.textContent?.replaceAll("\u00a0", " ").trimEnd();

export function swapSignature(html: string, before: string, after: string): string {
  if (before === after) return html;
  const page = parseInert(html);
  const blocks = [...page.children];
  const lines = before
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.trimEnd());
  const isSignature = (at: number) => words(blocks[at]) === "--" && lines.every((line, i) => words(blocks[at + 1 + i]) === line);
  const at = before ? blocks.findIndex((_, i) => isSignature(i)) : -1;
  if (before && at < 0) return html;
  let place: Element | null;
  if (at >= 0) {
    // Its empty line goes with it.
    const first = at > 0 && words(blocks[at - 1]) === "" ? at - 1 : at;
    for (const one of blocks.slice(first, at + 1 + lines.length)) one.remove();
    place = blocks[at + 1 + lines.length] ?? null;
  } else {
    // Above what is quoted: the line that says who wrote, and the empty one before it.
    const quote = blocks.findIndex((one) => one.nodeName === "BLOCKQUOTE");
    place = quote < 0 ? null : (blocks[Math.max(0, quote - 2)] ?? null);
  }
  for (const one of [...parseInert(signatureHtml(after)).children]) page.insertBefore(one, place);
  return page.innerHTML;
}
