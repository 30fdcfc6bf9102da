// How tall the frame of a letter is made, as nothing can measure it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { guessHeight } from "../../src/ui/letter_height.ts";

test("a letter of two lines takes little room, a long one more, on a phone still more", () => {
  const short = guessHeight("<div>Thanks!</div><div>Ana</div>", 560)!;
  assert.ok(short > 50 && short < 110, String(short));
  const long = guessHeight(`<p>${"Some words of a letter. ".repeat(60)}</p>`, 560)!;
  assert.ok(long > 400 && long < 700, String(long));
  assert.ok(guessHeight(`<p>${"Some words of a letter. ".repeat(60)}</p>`, 330)! > 1.5 * long);
});

test("pictures count as tall as they say, and those of the net only a little before they are loaded", () => {
  const words = guessHeight("<p>Look:</p>", 560)!;
  assert.equal(guessHeight('<p>Look:</p><img src="cid:a" height="300">', 560), words + 300);
  assert.equal(guessHeight('<p>Look:</p><img src="cid:a" style="width:10px;height:120px">', 560), words + 120);
  assert.equal(guessHeight('<p>Look:</p><img src="https://example.org/a.png">', 560), words + 40);
});

test("what is not shown does not count, and a letter without end is not read to its end", () => {
  assert.equal(guessHeight(`<style>${"a{color:red}\n".repeat(500)}</style><p>Hi</p>`, 560), guessHeight("<p>Hi</p>", 560));
  assert.equal(guessHeight("<p>x</p>".repeat(10_000), 560), null);
});
