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

const formatted = (subject, more, html) =>
  deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: ${subject}\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n${more}\n${html}\n`,
  );

test("in a conversation a short letter takes little room and a long one the pane; the wheel goes on from one to the next", async () => {
  await formatted(
    "A long talk",
    "Message-ID: <talk1@blue.test>\n",
    `<p>${"All that was said at length. ".repeat(200)}</p><p>The end of it.</p>`,
  );
  await formatted(
    "Re: A long talk",
    "Message-ID: <talk2@blue.test>\nReferences: <talk1@blue.test>\n",
    "<div>Fine with me.</div><div>Carol</div>",
  );
  const page = await signedIn(browser, { viewport: { width: 1280, height: 800 } });
  await row(page, "A long talk").click();
  const frames = page.locator("article iframe");
  await until(async () => (await frames.count()) === 2, "both are open");
  const height = async (i) => (await frames.nth(i).boundingBox()).height;
  const pane = (await page.locator(".thread").boundingBox()).height;
  assert.ok((await height(1)) < 130, `the short one: ${await height(1)}`);
  assert.ok((await height(0)) > 0.6 * pane && (await height(0)) < pane, `the long one: ${await height(0)} of ${pane}`);
  await shot(page, "conversation-frames");
  // The wheel within the long letter: through it, then on to the next one.
  const box = await frames.nth(0).boundingBox();
  await page.mouse.move(box.x + 100, box.y + 100);
  const scrolled = () => page.locator(".thread").evaluate((one) => one.scrollTop);
  const inside = () =>
    page
      .frames()
      .find((one) => one !== page.mainFrame())
      ?.evaluate(() => scrollY)
      .catch(() => null);
  await page.mouse.wheel(0, 120);
  await until(async () => (await inside()) > 0, "the letter scrolls");
  assert.equal(await scrolled(), 0, "and nothing else");
  await until(async () => {
    await page.mouse.wheel(0, 400);
    return (await scrolled()) > 0;
  }, "at its end the conversation goes on");
  // Larger: all of the pane; and as it was.
  await page.getByRole("button", { name: "Larger" }).first().click();
  await until(async () => (await height(0)) > 0.85 * pane, "it fills the pane");
  await shot(page, "conversation-large");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Smaller" }).click();
  await until(async () => (await height(0)) < 0.8 * pane, "and no longer");
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("after a click into a letter the keys work again as soon as the pointer is elsewhere, and what was marked can be copied", async () => {
  await formatted("Click into it", "", "<p>Marked words stand here.</p>");
  const page = await signedIn(browser, { viewport: { width: 1280, height: 800 } });
  await row(page, "Click into it").click();
  const words = page.frameLocator("iframe.fill").getByText("Marked words");
  await words.dblclick({ position: { x: 10, y: 8 } });
  assert.equal(await page.evaluate(() => document.activeElement?.nodeName), "IFRAME");
  await page.locator(".thread-head h1").hover();
  await until(async () => (await page.evaluate(() => document.activeElement?.nodeName)) === "ARTICLE", "the app has the focus");
  await page.keyboard.press("Control+c");
  await page.keyboard.press("u");
  await page.waitForTimeout(1700);
  await page.keyboard.press("u");
  await page.locator(".reader.nothing").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.press("Control+v");
  assert.equal((await page.getByRole("combobox", { name: "Search mail" }).inputValue()).trim(), "Marked");
  await page.context().close();
});

test("a letter that chose colours for a white page is dark in the dark and keeps their contrast; its pictures are as they were", async () => {
  await formatted(
    "Turned round",
    "",
    '<table bgcolor="#ffffff" width="100%"><tr><td style="color:#111">Black words. <a href="https://example.org/">A link</a><img alt="" width="40" height="40" src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="></td></tr></table>',
  );
  const page = await signedIn(browser, { colorScheme: "dark", viewport: { width: 1280, height: 800 } });
  await row(page, "Turned round").click();
  const body = page.frameLocator("iframe.fill");
  await body.getByText("Black words.").waitFor();
  const filter = (of) => body.locator(of).evaluate((one) => getComputedStyle(one).filter);
  assert.match(await filter("html"), /^invert\(0\.91\) hue-rotate\(180deg\)$/);
  assert.match(await filter("img"), /^invert\(1\) hue-rotate\(180deg\)$/);
  await shot(page, "dark-on-white-turned");
  await page.getByRole("button", { name: "Show in its own light colours" }).click();
  await until(async () => (await filter("html").catch(() => "")) === "none", "and as its sender made it");
  await page.getByRole("button", { name: "Show in dark colours" }).click();
  await page.context().close();
});

test("a newsletter drawn for 600 pixels is not cut off on a phone", async () => {
  await formatted(
    "Fixed width",
    "",
    `<table width="100%"><tr><td><table width="600"><tr><td width="600">${"Words of a newsletter. ".repeat(30)}</td></tr></table></td></tr></table>`,
  );
  const page = await signedIn(browser, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await row(page, "Fixed width").click();
  const body = page.frameLocator("iframe.fill");
  await body.getByText("Words of a newsletter.").waitFor();
  await shot(page, "phone-fixed-width");
  const [inner, outer] = await body.locator("html").evaluate((one) => [one.scrollWidth, one.clientWidth]);
  assert.ok(inner <= outer, `${inner} of ${outer}`);
  await page.context().close();
});
