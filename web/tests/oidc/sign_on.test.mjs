// The login by an OpenID provider in a real browser: the button, the provider's own forms, and back. Run by tests/e2e/oidc_test.py, which starts both.
import assert from "node:assert/strict";
import { test } from "node:test";
import { base, findings, launch, open } from "../e2e/browser.mjs";

const provider = process.env.PROVIDER;

test("the button leads to the provider and back into the mailbox", async () => {
  const browser = await launch();
  const page = await open(browser);
  // The provider's pages name fonts of the internet.
  await page.route(
    (url) => url.origin !== base && url.origin !== provider,
    (route) => route.abort(),
  );
  await page.goto(base);
  const button = page.getByRole("link", { name: "Single sign-on" });
  await button.waitFor();
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(page.troubles, []);
  await button.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${provider}/**`);
  await page.locator("input[name=login]").fill("alice@blue.test");
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.locator("input[name=prompt][value=consent]").waitFor({ state: "attached" });
  await page.locator("button[type=submit]").click();
  await page.locator("main.panes").waitFor();
  assert.equal(new URL(page.url()).origin, base);
  await browser.close();
});
