// A formatted letter in the dark.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, deliver, findings, launch, row, shot, signedIn, until } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("in the dark a formatted letter is dark, or as its sender made it, remembered for that sender", async () => {
  await deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Colours\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p style="color:#333;background:#fff">Dark on white.</p>\n`,
  );
  const page = await signedIn(browser, { colorScheme: "dark" });
  await row(page, "Colours").click();
  const frame = page.locator("iframe.fill");
  await page.frameLocator("iframe.fill").getByText("Dark on white.").waitFor();
  assert.match(await frame.getAttribute("src"), /dark=1/);
  await page.getByRole("button", { name: "Show in its own light colours" }).press("Enter");
  await until(async () => /dark=0/.test(await frame.getAttribute("src")), "it is asked for in light colours");
  await page.frameLocator("iframe.fill").getByText("Dark on white.").waitFor();
  await shot(page, "light-letter-dark");
  assert.deepEqual(await findings(page), []);
  await page.reload();
  await page.frameLocator("iframe.fill").getByText("Dark on white.").waitFor();
  assert.match(await frame.getAttribute("src"), /dark=0/);
  await page.getByRole("button", { name: "Show in dark colours" }).press("Enter");
  await until(async () => /dark=1/.test(await frame.getAttribute("src")), "it is dark again");
  // By day there is nothing to choose.
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("button", { name: "own light colours" }).waitFor({ state: "detached" });
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});
