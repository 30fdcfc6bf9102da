// Small things that keep a reader from harm: links that show another host than theirs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, deliver, launch, row, shot, signedIn } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const html = (subject, body) =>
  deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: ${subject}\nMIME-Version: 1.0\nContent-Type: text/html\n\n${body}\n`,
  );

test("a link whose text shows another host says beside it where it goes; others are left as they are", async () => {
  await html(
    "Two links",
    '<p><a href="https://evil.test/login">https://bank.example/login</a></p><p><a href="https://www.bank.example/help">bank.example</a> <a href="https://evil.test/">Help</a></p>',
  );
  const page = await signedIn(browser);
  await row(page, "Two links").click();
  const body = page.frameLocator("iframe.fill");
  await body.getByText("[→ evil.test]").waitFor();
  assert.equal(await body.locator("small").count(), 1);
  await shot(page, "link-elsewhere");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
