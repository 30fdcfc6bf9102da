import { parseInert } from "../ui/inert.ts";

// The plain text of what was written, for the text/plain part that every letter has (RFC 2046, section 5.1.4). Quotes get "> ".
export function htmlToText(html: string): string {
  const root = parseInert(html);
  const lines: string[] = [];
  let line = "";
  const end = (depth: number, force = false) => {
    if (line || force) lines.push("> ".repeat(depth) + line.replace(/\u00a0/g, " ").trimEnd());
    line = "";
  };
  const BLOCK = /^(div|p|ul|ol|table|tr|h[1-6]|pre|blockquote|li)$/;
  // A stack of our own, since pasted markup may be nested deeper than a call stack likes.
  const work: { node: Node; depth: number; leave: boolean }[] = [{ node: root, depth: 0, leave: false }];
  while (work.length) {
    const { node, depth, leave } = work.pop()!;
    const tag = node.nodeName.toLowerCase();
    if (leave) {
      if (BLOCK.test(tag)) end(depth);
      continue;
    }
    if (node.nodeType === Node.TEXT_NODE) line += (node.textContent ?? "").replace(/[\t\n\r ]+/g, " ");
    else if (tag === "br") end(depth, true);
    else if (tag === "img") line += `[${(node as Element).getAttribute("alt") ?? "image"}]`;
    else if (tag !== "script" && tag !== "style") {
      if (BLOCK.test(tag)) end(depth);
      if (tag === "li") line = "- ";
      const inner = depth + (tag === "blockquote" ? 1 : 0);
      work.push({ node, depth: inner, leave: true });
      for (let child = node.lastChild; child; child = child.previousSibling)
        work.push({ node: child, depth: inner, leave: false });
    }
  }
  end(0);
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Pictures inside the text are shown from this device but travel as parts that the letter names (RFC 2392). */
export function toWire(html: string): string {
  const page = parseInert(html);
  for (const image of page.querySelectorAll("img")) {
    const cid = image.getAttribute("data-cid");
    if (cid) image.setAttribute("src", `cid:${cid}`);
    image.removeAttribute("data-cid");
  }
  return page.innerHTML;
}

/** The way back, when a draft is opened again. */
export function fromWire(html: string, urlOf: (cid: string) => string | null): string {
  const page = parseInert(html);
  for (const image of page.querySelectorAll("img")) {
    const cid = /^cid:(.+)$/i.exec(image.getAttribute("src") ?? "")?.[1];
    if (!cid) continue;
    image.setAttribute("data-cid", cid);
    image.setAttribute("src", urlOf(cid) ?? "");
  }
  return page.innerHTML;
}
