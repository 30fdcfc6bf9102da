import assert from "node:assert/strict";
import { test } from "node:test";
import { entry, split } from "../../src/state/mbox.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

test("a file that is one message is one message, with line ends as mail has them", () => {
  assert.deepEqual(split(bytes("A: b\n\nx\r\ny\n")).map(text), ["A: b\r\n\r\nx\r\ny\r\n"]);
  assert.deepEqual(split(bytes("")), []);
});

test("an mbox is cut at From behind an empty line, and only there", () => {
  const sane = split(
    bytes("From a Mon Jan  1\nS: 1\n\nx\nFrom is text here\n>From here\n>>From there\n\nFrom b Mon Jan  1\nS: 2\n\ny\n\n"),
  ).map(text);
  assert.deepEqual(sane, ["S: 1\r\n\r\nx\r\nFrom is text here\r\nFrom here\r\n>From there\r\n", "S: 2\r\n\r\ny\r\n"]);
});

test("what is written is read again as it was", () => {
  const messages = [
    "From: a@b.test\r\n\r\nFrom the start\r\n>From quoted\r\n\r\nFrom after an empty line\r\n",
    "S: x\r\n\r\nno end",
    "S: \u00e4\r\n\r\n\r\n",
  ];
  const file = messages.map((one) => entry(bytes(one), "a@b.test", new Date("2026-11-23T17:05:04Z")));
  const all = new Uint8Array(file.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of file) {
    all.set(one, at);
    at += one.length;
  }
  assert.ok(text(all).startsWith("From a@b.test Mon Nov 23 17:05:04 2026\nFrom: a@b.test\n\n>From the start\n>>From quoted\n"));
  assert.deepEqual(split(all).map(text), [messages[0], "S: x\r\n\r\nno end\r\n", "S: \u00e4\r\n\r\n\r\n"]);
});
