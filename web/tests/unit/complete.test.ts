// What the search box offers for the word that is being typed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, lastWord, people, personIn, replaced } from "../../src/search/complete.ts";

const boxes = ["Inbox", "Work papers", "Work/Clients", 'The "odd" one'];
const offered = (text: string) => complete(lastWord(text), boxes).map((one) => one.text);

test("operators, their values and mailboxes are offered, and nothing that is typed whole", () => {
  assert.deepEqual(offered("fi"), ["filename:"]);
  assert.deepEqual(offered("lease -is:un"), ["is:unread", "is:unstarred"]);
  assert.deepEqual(offered("is:unread"), []);
  assert.deepEqual(offered("(label:work"), ["label:Work-papers", "label:Work/Clients"]);
  assert.deepEqual(offered("in:any"), ["in:anywhere"]);
  assert.deepEqual(offered("label:any"), []);
  assert.deepEqual(offered("in:odd"), [], "no word can name it");
  assert.deepEqual(offered("tls:"), ["tls:yes", "tls:none"]);
  assert.deepEqual(offered('"is:un'), [], "quotes are a phrase");
  assert.deepEqual(offered("constructor:x"), []);
  assert.deepEqual(offered(""), []);
});

test("people are offered after the operators that name them, and for bare words", () => {
  assert.equal(personIn("from:an"), "an");
  assert.equal(personIn("an"), "an");
  assert.equal(personIn("a"), "");
  assert.equal(personIn("subject:an"), "");
  const found = people("to:an", [
    { name: "Ana Lima", email: "ana@example.org" },
    { name: null, email: "anton@example.org" },
    { name: "x", email: '"odd one"@example.org' },
  ]);
  assert.deepEqual(
    found.map((one) => one.text),
    ["to:ana@example.org", "to:anton@example.org"],
  );
  assert.equal(replaced("lease to:an", "to:an", found[0]!), "lease to:ana@example.org ");
  assert.equal(replaced("lease fi", "fi", complete("fi", [])[0]!), "lease filename:");
  assert.deepEqual(people("from:ana@example.org", [{ name: null, email: "Ana@example.org" }]), []);
});
