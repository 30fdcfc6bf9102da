// Which letters a notification tells of.
import assert from "node:assert/strict";
import { test } from "node:test";
import { letterWords, noticesOf, type Told } from "../../src/worker/told.ts";

const boxes = [
  { id: "F1", role: "inbox" },
  { id: "F2", role: "junk" },
  { id: "F3", role: null },
];
const letter = (id: string, some: Partial<Told> = {}): Told => ({
  id,
  threadId: `T${id}`,
  mailboxIds: { F1: true },
  keywords: {},
  from: [{ name: "Ana", email: "ana@example.org" }],
  subject: "Hello",
  preview: "How are you?",
  receivedAt: `2026-11-29T10:00:0${id}Z`,
  ...some,
});
const en = letterWords("en-GB");

test("unread letters of the inbox, oldest first, each with its conversation", () => {
  const told = noticesOf(
    [letter("2"), letter("1", { from: [{ name: null, email: "bo@example.org" }], subject: null })],
    boxes,
    en,
  );
  assert.deepEqual(
    told.map((one) => [one.title, one.body, one.data.path]),
    [
      ["bo@example.org", "(no subject)\nHow are you?", "/mail/inbox/T1"],
      ["Ana", "Hello\nHow are you?", "/mail/inbox/T2"],
    ],
  );
});

test("what is spam, read, a draft or filed away is not told of", () => {
  const quiet = [
    letter("1", { mailboxIds: { F2: true } }),
    letter("2", { keywords: { $seen: true } }),
    letter("3", { keywords: { $draft: true } }),
    letter("4", { mailboxIds: { F3: true } }),
  ];
  assert.deepEqual(noticesOf(quiet, boxes, en), []);
});

test("many are one notice, long ones are cut, German speaks German", () => {
  const many = noticesOf(
    ["1", "2", "3", "4"].map((id) => letter(id)),
    boxes,
    letterWords("de-AT"),
  );
  assert.deepEqual(
    many.map((one) => [one.title, one.data.path]),
    [["4 neue Nachrichten", "/mail/inbox"]],
  );
  const long = noticesOf(
    [letter("1", { subject: "x".repeat(100_000), from: [{ name: "y".repeat(5000), email: "" }] })],
    boxes,
    en,
  );
  assert.ok(long[0]!.title.length <= 100 && long[0]!.body!.length <= 300);
});
