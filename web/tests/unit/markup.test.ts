import assert from "node:assert/strict";
import { test } from "node:test";
import { rebuilt, wordsOf } from "../../src/compose/markup.ts";

test("the words of a formatted letter", () => {
  const table: [string, string][] = [
    ["<p>Hello <b>you</b></p><p>there</p>", "Hello you\n\nthere"],
    ["a<br>b<div>c</div>d", "a\nb\nc\nd"],
    ["<ul><li>one<li>two</ul>end", "- one\n- two\n\nend"],
    ["<style>p{}</style><script>alert(1)</script>x<title>t</title>y", "xy"],
    ["&lt;b&gt; &amp;amp; &#65;&#x42; &unknown; &euro;", "<b> &amp; AB &unknown; €"],
    ["1 < 2 <!-- <b> --> 3", "1 < 2 3"],
    ["<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"],
    ["<img alt='a cat' src=x>", "[a cat]"],
    ["<p title='a>b'>x", "x"],
    ["<p title='never ends>x", ""],
  ];
  for (const [html, words] of table) assert.equal(wordsOf(html), words, html);
});

test("what is rebuilt has only what the composer knows", () => {
  const table: [string, string][] = [
    ["<p onclick=x style='color:red' class=y>a<b>b</p>", "<p>a<b>b</b></p>"],
    [
      "<a href='javascript:x'>a</a><a href='java\tscript:x'>b</a><a href=' https://x.test/?a=1&amp;b=\"'>c</a>",
      '<a>a</a><a>b</a><a href="https://x.test/?a=1&#38;b=&#34;">c</a>',
    ],
    [
      "<img src=x onerror=alert(1)><img src='https://track.test/a'><img src=data:image/svg+xml,x><img src='cid:a@b' alt='\"><script>'>",
      '<img><img><img><img src="cid:a@b" alt="&#34;&#62;&#60;script&#62;">',
    ],
    ["<svg><script>alert(1)</script></svg>x<math><style></math><img src=cid:a>", 'x<img src="cid:a">'],
    ["</p></div>x<form><input>y</form>", "xy"],
    ["<script>alert(1)//", ""],
    [`${"<b>".repeat(500)}x`, `${"<b>".repeat(100)}x${"</b>".repeat(100)}`],
  ];
  for (const [html, clean] of table) {
    assert.equal(rebuilt(html), clean, html);
    assert.equal(rebuilt(clean), clean, html);
  }
});

test("hostile shapes cost linear time", () => {
  const started = performance.now();
  for (const piece of ["<", "<p ", "<p a=", "<p a='", "<!--", "</", "<script>", "&", "&#", "<p a=b ", "<style></styl"]) {
    rebuilt(piece.repeat(100_000));
    wordsOf(piece.repeat(100_000));
  }
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
});
