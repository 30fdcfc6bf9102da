// Mail files: one message (.eml) or many (mbox, RFC 4155, with ">From " as mboxrd does). Pure, over octets, so that no charset is guessed.
const LF = 10;
const CR = 13;
const GT = 62;
const FROM = [70, 114, 111, 109, 32];

const startsAt = (data: Uint8Array, at: number): boolean => FROM.every((octet, i) => data[at + i] === octet);

function lineEnd(data: Uint8Array, from: number): number {
  const end = data.indexOf(LF, from);
  return end < 0 ? data.length : end + 1;
}

/** "From " behind any number of ">": what mboxrd quotes. */
function isQuotable(data: Uint8Array, at: number, least: number): boolean {
  let i = at;
  while (data[i] === GT) i += 1;
  return i - at >= least && startsAt(data, i);
}

/** The messages of a file, with line ends as mail has them. A file that does not begin with "From " is one message. */
export function split(data: Uint8Array): Uint8Array<ArrayBuffer>[] {
  if (!startsAt(data, 0)) return data.length ? [normal(data, 0, data.length, false)] : [];
  const out: Uint8Array<ArrayBuffer>[] = [];
  let start = lineEnd(data, 0);
  for (let at = start; at < data.length; at = lineEnd(data, at)) {
    // A separator stands behind an empty line.
    const emptyBefore = data[at - 1] === LF && (data[at - 2] === LF || (data[at - 2] === CR && data[at - 3] === LF));
    if (!startsAt(data, at) || !emptyBefore) continue;
    out.push(normal(data, start, at, true));
    start = lineEnd(data, at);
  }
  if (start < data.length) out.push(normal(data, start, data.length, true));
  return out;
}

function normal(data: Uint8Array, from: number, to: number, unquote: boolean): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array((to - from) * 2);
  let n = 0;
  for (let at = from; at < to; ) {
    const end = Math.min(lineEnd(data, at), to);
    if (unquote && isQuotable(data, at, 1)) at += 1;
    for (; at < end; at += 1) {
      const octet = data[at]!;
      if (octet === LF && out[n - 1] !== CR) out[n++] = CR;
      out[n++] = octet;
    }
  }
  // The empty line that stands before a separator is none of the message's.
  if (unquote && n >= 4 && out[n - 1] === LF && out[n - 3] === LF) n -= 2;
  return out.slice(0, n);
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** One message as it stands in an mbox: separator, text with "From " quoted, empty line. */
export function entry(message: Uint8Array, sender: string, received: Date): Uint8Array<ArrayBuffer> {
  const two = (n: number) => String(n).padStart(2, "0");
  const when = `${DAYS[received.getUTCDay()]} ${MONTHS[received.getUTCMonth()]} ${String(received.getUTCDate()).padStart(2)} ${two(received.getUTCHours())}:${two(received.getUTCMinutes())}:${two(received.getUTCSeconds())} ${received.getUTCFullYear()}`;
  const head = new TextEncoder().encode(`From ${sender.replace(/[^\x21-\x7e]/g, "") || "MAILER-DAEMON"} ${when}\n`);
  const out = new Uint8Array(head.length + message.length + countQuotable(message) + 2);
  out.set(head);
  let n = head.length;
  for (let at = 0; at < message.length; ) {
    const end = lineEnd(message, at);
    if (isQuotable(message, at, 0)) out[n++] = GT;
    for (; at < end; at += 1) if (message[at] !== CR || message[at + 1] !== LF) out[n++] = message[at]!;
  }
  if (out[n - 1] !== LF) out[n++] = LF;
  out[n++] = LF;
  return out.slice(0, n);
}

function countQuotable(message: Uint8Array): number {
  let n = 0;
  for (let at = 0; at < message.length; at = lineEnd(message, at)) if (isQuotable(message, at, 0)) n += 1;
  return n;
}
