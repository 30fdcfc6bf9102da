// What people type into the search box.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSearch } from "../../src/search/parse.ts";

const places = { now: new Date("2026-11-29T12:00:00Z"), mailbox: (name: string) => (name === "work" ? "F7" : undefined) };
const filter = (text: string) => parseSearch(text, places).filter;

test("words and phrases are text, all must be there", () => {
  assert.deepEqual(filter("lease"), { text: "lease" });
  assert.deepEqual(filter('lease "clause seven"'), {
    operator: "AND",
    conditions: [{ text: "lease" }, { text: '"clause seven"' }],
  });
  assert.deepEqual(filter('"not typed to its end'), { text: '"not typed to its end"' });
  assert.deepEqual(filter('"back\\slash"'), { text: '"back\\\\slash"' });
  assert.deepEqual(filter('"from:ana is quoted"'), { text: '"from:ana is quoted"' });
  assert.deepEqual(filter('-"two words"'), { operator: "NOT", conditions: [{ text: '"two words"' }] });
  assert.equal(filter('""'), null);
  assert.equal(filter("   "), null);
});

test("operators", () => {
  const table: [string, unknown][] = [
    ["from:ana", { from: "ana" }],
    ['subject:"two words"', { subject: '"two words"' }],
    ['from:"Ana Lima"', { from: '"Ana Lima"' }],
    ['list:"dev list"', { header: ["List-Id", '"dev list"'] }],
    ['in:"work"', { inMailbox: "F7" }],
    ["has:attachment", { hasAttachment: true }],
    ["is:unread", { notKeyword: "$seen" }],
    ["in:work", { inMailbox: "F7" }],
    ["before:2026-11-01", { before: new Date(2026, 10, 1).toISOString().replace(".000Z", "Z") }],
    ["newer_than:7d", { after: "2026-11-22T12:00:00Z" }],
    ["larger:2M", { minSize: 2_000_000 }],
    ["rfc822msgid:a@b", { header: ["Message-ID", "a@b"] }],
    ["filename:report.pdf", { attachmentName: "report.pdf" }],
    ["tls:none", { arrivedEncrypted: false }],
    ["tls:yes", { arrivedEncrypted: true }],
    ["altered:yes", { altered: true }],
    ["-altered:no", { operator: "NOT", conditions: [{ altered: false }] }],
    ["altered:perhaps", { text: "altered:perhaps" }],
    ["country:de", { country: "DE" }],
    ["country:germany", { text: "country:germany" }],
    ["dmarc:fail", { header: ["Authentication-Results", "dmarc=fail"] }],
  ];
  for (const [text, want] of table) assert.deepEqual(filter(text), want, text);
});

test("-x, OR and brackets", () => {
  assert.deepEqual(filter("-from:ana"), { operator: "NOT", conditions: [{ from: "ana" }] });
  assert.deepEqual(filter("a OR b"), { operator: "OR", conditions: [{ text: "a" }, { text: "b" }] });
  assert.deepEqual(filter("x (a OR b)"), {
    operator: "AND",
    conditions: [{ text: "x" }, { operator: "OR", conditions: [{ text: "a" }, { text: "b" }] }],
  });
  assert.deepEqual(filter("-(a b)"), {
    operator: "NOT",
    conditions: [{ operator: "AND", conditions: [{ text: "a" }, { text: "b" }] }],
  });
  assert.deepEqual(filter("((((("), null);
  assert.deepEqual(filter(")a("), { text: "a" });
});

test("what is not understood is searched as text and said so", () => {
  const parsed = parseSearch("frm:ana before:never in:nowhere http://x", places);
  assert.deepEqual(parsed.chips, [
    { text: "frm:ana", understood: false },
    { text: "before:never", understood: false },
    { text: "in:nowhere", understood: false },
    { text: "http://x", understood: false },
  ]);
  assert.deepEqual((parsed.filter as { conditions: unknown[] }).conditions[0], { text: "frm:ana" });
});

test("a query that says where searches there", () => {
  assert.equal(parseSearch("in:anywhere x", places).saysWhere, true);
  assert.deepEqual(filter("in:anywhere x"), { text: "x" });
  assert.equal(parseSearch("x", places).saysWhere, false);
});

test("long input is cut, not hung on", () => {
  assert.ok(parseSearch("a ".repeat(100_000), places).chips.length <= 100);
  assert.ok(parseSearch("(".repeat(100_000), places));
});
