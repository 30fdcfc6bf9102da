// Foreign markup read as text, before a browser's parser sees any of it: into plain words, or rebuilt from a short allow list. A browser
// reports every handler and style of what it parses, even where none can run; so nothing foreign gets that far. Pure, linear, no recursion.
const LONGEST = 2_000_000;
const MOST_ATTRIBUTES = 32;

export type Token =
  | { kind: "text"; text: string }
  | { kind: "open"; name: string; attributes: ReadonlyMap<string, string> }
  | { kind: "close"; name: string };

/** What is between their tags is no markup, or not for readers. */
const RAW = /^(?:iframe|noembed|noframes|plaintext|script|style|textarea|title|xmp|template|noscript|svg|math|select|object)$/;
const NAMED: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  hellip: "…",
  mdash: "—",
  ndash: "–",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  bdquo: "„",
  laquo: "«",
  raquo: "»",
  euro: "€",
  copy: "©",
  auml: "ä",
  ouml: "ö",
  uuml: "ü",
  Auml: "Ä",
  Ouml: "Ö",
  Uuml: "Ü",
  szlig: "ß",
};

export function decode(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]{2,8}));?/gi, (whole, hex, decimal, name) => {
    if (name) return NAMED[name as string] ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || code === 0 ? "\ufffd" : String.fromCodePoint(code);
  });
}

/** The flat run of tokens. A tag that does not end, ends the input. */
export function* tokens(markup: string): Generator<Token> {
  const html = markup.slice(0, LONGEST);
  let at = 0;
  // Where text began that was not told yet: a "<" that begins no tag is part of it.
  let text = 0;
  for (let next = html.indexOf("<"); next >= 0; next = html.indexOf("<", at)) {
    const second = html[next + 1] ?? "";
    const isTag = /[a-z]/i.test(second) || (second === "/" && /[a-z]/i.test(html[next + 2] ?? ""));
    if (!isTag && !/[!?/]/.test(second)) {
      at = next + 1;
      continue;
    }
    if (next > text) yield { kind: "text", text: decode(html.slice(text, next)) };
    if (isTag) {
      const found = tag(html, next);
      if (!found) return;
      at = found.end;
      yield found.token;
      if (found.token.kind === "open" && RAW.test(found.token.name)) {
        const rest = new RegExp(`</${found.token.name}[\\s/>]`, "gi");
        rest.lastIndex = at;
        const close = rest.exec(html);
        if (!close) return;
        at = close.index;
      }
    } else {
      const comment = html.startsWith("<!--", next);
      const close = html.indexOf(comment ? "-->" : ">", next + (comment ? 2 : 1));
      if (close < 0) return;
      at = close + (comment ? 3 : 1);
    }
    text = at;
  }
  if (text < html.length) yield { kind: "text", text: decode(html.slice(text)) };
}

const NAME = /[^\s/>]*/y;
const ATTRIBUTE = /[\s/]*(?:([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*)?))?)?/y;

function tag(html: string, start: number): { token: Exclude<Token, { kind: "text" }>; end: number } | null {
  const close = html[start + 1] === "/";
  NAME.lastIndex = start + (close ? 2 : 1);
  const name = NAME.exec(html)![0].toLowerCase();
  let at = NAME.lastIndex;
  const attributes = new Map<string, string>();
  while (at < html.length && html[at] !== ">") {
    ATTRIBUTE.lastIndex = at;
    const found = ATTRIBUTE.exec(html);
    // A quote without its end, or nothing that could be read: the letter ends in the tag, or one octet is left out.
    if (!found?.[0]) at += 1;
    else {
      at += found[0].length;
      // A value whose quote is never closed takes the rest of the letter.
      if (/["']/.test(html[at] ?? "") && /=\s*$/.test(found[0])) return null;
      const key = found[1]?.toLowerCase();
      if (key && !attributes.has(key) && attributes.size < MOST_ATTRIBUTES)
        attributes.set(key, decode(found[2] ?? found[3] ?? found[4] ?? ""));
    }
  }
  if (at >= html.length) return null;
  return { token: close ? { kind: "close", name } : { kind: "open", name, attributes }, end: at + 1 };
}

const BLOCK =
  /^(?:address|article|blockquote|center|dd|div|dl|dt|footer|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|table|tr|ul)$/;

/** The words of a formatted letter. Line by line, so that a long letter costs no more than its length. */
export function wordsOf(html: string): string {
  const lines: string[] = [];
  let line = "";
  let raw = "";
  const end = () => {
    if (line.trim()) lines.push(line.trimEnd());
    line = "";
  };
  const gap = () => {
    end();
    if (lines.length && lines.at(-1) !== "") lines.push("");
  };
  for (const token of tokens(html)) {
    if (token.kind === "text") {
      if (raw) continue;
      const words = token.text.replace(/[\t\n\r ]+/g, " ");
      line += line === "" || line.endsWith(" ") ? words.trimStart() : words;
    } else if (token.kind === "close") {
      if (token.name === raw) raw = "";
      if (/^(?:p|h[1-6]|table|ul|ol|blockquote)$/.test(token.name)) gap();
      else if (BLOCK.test(token.name)) end();
    } else if (RAW.test(token.name)) raw = token.name;
    else if (token.name === "br") {
      if (line.trim()) end();
      else lines.push("");
    } else if (token.name === "td" || token.name === "th") {
      if (line && !line.endsWith(" ")) line += " ";
    } else if (token.name === "img") line += token.attributes.get("alt") ? `[${token.attributes.get("alt")}]` : "";
    else if (BLOCK.test(token.name)) {
      end();
      if (token.name === "li") line = "- ";
    }
  }
  end();
  return lines
    .join("\n")
    .replace(/\u00a0/g, " ")
    .trimEnd();
}

const KEPT = /^(?:a|b|blockquote|br|code|div|em|i|img|li|ol|p|pre|s|span|strong|u|ul)$/;
const EMPTY = /^(?:br|img)$/;
const HREF = /^(?:https?:\/\/|mailto:)/i;
const SRC = /^(?:cid:|blob:|\/jmap\/)/i;

const escaped = (text: string): string => text.replace(/[&<>"'`]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** Rebuilt from what our composer knows; every value is written anew. */
export function rebuilt(html: string): string {
  let out = "";
  let raw = "";
  const open: string[] = [];
  for (const token of tokens(html)) {
    if (raw) {
      if (token.kind === "close" && token.name === raw) raw = "";
    } else if (token.kind === "text") out += escaped(token.text);
    else if (token.kind === "close") {
      if (!open.includes(token.name)) continue;
      while (open.at(-1) !== token.name) out += `</${open.pop()}>`;
      out += `</${open.pop()}>`;
    } else if (RAW.test(token.name)) raw = token.name;
    else if (KEPT.test(token.name) && (EMPTY.test(token.name) || open.length < 100)) {
      out += `<${token.name}${attributesOf(token.name, token.attributes)}>`;
      if (!EMPTY.test(token.name)) open.push(token.name);
    }
  }
  while (open.length) out += `</${open.pop()}>`;
  return out;
}

function attributesOf(name: string, all: ReadonlyMap<string, string>): string {
  let out = "";
  const put = (key: string, value: string | undefined, good: RegExp) => {
    // Browsers leave out tabs and line ends within addresses.
    const read = value?.replace(/[\t\n\r]/g, "").trim();
    if (read && good.test(read)) out += ` ${key}="${escaped(read)}"`;
  };
  if (name === "a") put("href", all.get("href"), HREF);
  if (name !== "img") return out;
  put("src", all.get("src"), SRC);
  put("alt", all.get("alt"), /./);
  put("width", all.get("width"), /^\d{1,4}$/);
  put("height", all.get("height"), /^\d{1,4}$/);
  put("data-cid", all.get("data-cid"), /^[\w.@+-]{1,200}$/);
  return out;
}
