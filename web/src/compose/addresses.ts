// Addresses as people type and paste them: "Ana Lima <ana@example.org>, tom@example.net". Pure.
import type { Address } from "../jmap/types.ts";

export interface Typed extends Address {
  valid: boolean;
}

const SPEC = /^[^\s@<>()[\]\\,;:"]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u;

export const isAddress = (text: string): boolean => SPEC.test(text) && !/^\.|\.\.|\.@/.test(text);

/** Splits at commas, semicolons and line ends that are not inside quotes or angle brackets. */
export function parseAddresses(text: string): Typed[] {
  const pieces: string[] = [];
  let piece = "";
  let quoted = false;
  let angle = false;
  for (const letter of text.slice(0, 100_000)) {
    if (letter === '"') quoted = !quoted;
    else if (!quoted && letter === "<") angle = true;
    else if (!quoted && letter === ">") angle = false;
    if (!quoted && !angle && /[,;\n\r]/.test(letter)) {
      pieces.push(piece);
      piece = "";
    } else piece += letter;
  }
  pieces.push(piece);
  return pieces
    .map((one) => one.trim())
    .filter(Boolean)
    .map(one);
}

function one(text: string): Typed {
  const m = /^(.*?)\s*<([^<>]*)>$/.exec(text);
  const email = (m ? m[2]! : text).trim().replace(/^mailto:/i, "");
  const name = m
    ? m[1]!
        .trim()
        .replace(/^"(.*)"$/, "$1")
        .replace(/\\(.)/g, "$1")
    : "";
  return { name: name || null, email, valid: isAddress(email) };
}

export const same = (a: Address, b: Address): boolean => a.email.toLowerCase() === b.email.toLowerCase();

export function unique(list: Address[], except: readonly Address[] = []): Address[] {
  const out: Address[] = [];
  for (const address of list) if (![...out, ...except].some((known) => same(known, address))) out.push(address);
  return out;
}
