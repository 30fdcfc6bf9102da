// Addresses as people type and paste them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isAddress, parseAddresses, unique } from "../../src/compose/addresses.ts";

test("lists are parted at commas, semicolons and lines, but not within names", () => {
  assert.deepEqual(
    parseAddresses('"Lima, Ana" <ana@example.org>, tom@example.net; x@y.test\nz@y.test').map(({ name, email }) => [name, email]),
    [
      ["Lima, Ana", "ana@example.org"],
      [null, "tom@example.net"],
      [null, "x@y.test"],
      [null, "z@y.test"],
    ],
  );
});

test("what is no address is kept and marked", () => {
  const [one] = parseAddresses("Ana <ana@>");
  assert.equal(one!.valid, false);
  for (const bad of ["a", "a@", "@b.c", "a@b", "a b@c.d", "a@b..c", ".a@b.c", "a@b.c\r\nBcc: x@y.z", "<a@b.c>"])
    assert.equal(isAddress(bad), false, bad);
  for (const good of ["a@b.cd", "a+b@c.example", "ü@bücher.example", "a@xn--bcher-kva.example"])
    assert.equal(isAddress(good), true, good);
});

test("nobody stands twice", () => {
  const a = { name: "A", email: "A@b.cd" };
  assert.deepEqual(unique([a, { name: null, email: "a@B.cd" }]), [a]);
  assert.deepEqual(unique([a], [{ name: null, email: "a@b.cd" }]), []);
});
