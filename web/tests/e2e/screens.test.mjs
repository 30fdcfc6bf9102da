// Every screen in light and dark, wide and on a phone: a picture of each (SHOTS=FOLDER) and axe on each.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, deliver, findings, launch, open, PHONE, row, shot, signedIn } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
  await deliver(
    `From: "Ana Lima" <carol@blue.test>\nTo: ${address}, bob@green.test\nSubject: Lease draft\nList-Unsubscribe: <https://example.org/u>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html; charset=utf-8\n\n<p>Dear all,</p><p>I moved <b>clause 7</b> and <a href="https://example.org/lease">put the draft here</a>.</p><blockquote>Where is clause 7?</blockquote><table border=1><tr><th>Clause<th>Where<tr><td>7<td>page 3</table><img src="https://pictures.example/a.png">\n--x\nContent-Type: application/pdf; name=lease.pdf\nContent-Disposition: attachment; filename=lease.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--x--\n`,
  );
});
after(() => browser.close());

const SCREENS = {
  inbox: async () => {},
  message: async (page) => {
    await row(page, "Lease draft").click();
    await page.frameLocator("iframe.fill").getByText("Dear all").waitFor();
    await page.locator(".evidence span").first().waitFor();
  },
  details: async (page) => {
    await page.getByRole("button", { name: "Details" }).click();
    await page.locator("dl.details").waitFor();
  },
  journey: async (page) => {
    await page.keyboard.press("y");
    await page.getByRole("complementary", { name: "Journey" }).locator(".hops").first().waitFor();
  },
  proof: async (page) => page.getByRole("tab", { name: "Proof" }).click(),
  raw: async (page) => {
    await page.getByRole("tab", { name: "Raw" }).click();
    await page.locator("pre.raw").waitFor();
    await page.keyboard.press("y");
    await page.getByRole("complementary", { name: "Journey" }).waitFor({ state: "detached" });
  },
  menu: async (page) => {
    await page.locator("article").getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Print" }).waitFor();
  },
  compose: async (page) => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("r");
    await page.locator(".sheet .editor").waitFor();
  },
  palette: async (page) => {
    await page.getByRole("button", { name: "Discard draft" }).click();
    await page.locator(".sheet").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Type a command or a mailbox" }).waitFor();
  },
  help: async (page) => {
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
  },
  search: async (page) => {
    await page.keyboard.press("Escape");
    await page.goto(`${process.env.URL}/search/${encodeURIComponent("subject:letter from:carol")}`);
    await page.getByRole("grid").waitFor();
  },
  suggestions: async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type(" f");
    await page.getByRole("option", { name: "from:" }).waitFor();
  },
  rail: async (page) => {
    await page.goto(`${process.env.URL}/mail/inbox`);
    await row(page, "Lease draft").waitFor();
    // Where the rail is hidden.
    const button = page.getByRole("button", { name: "Menu" });
    if (await button.isVisible()) await button.click();
    await page.getByRole("link", { name: "Settings" }).waitFor();
  },
  question: async (page) => {
    await page.getByRole("button", { name: "New label or folder" }).click();
    await page.getByRole("dialog").getByLabel("Name").waitFor();
  },
  selection: async (page) => {
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const button = page.getByRole("button", { name: "Menu" });
    if (await button.isVisible()) await button.click();
    await row(page, "Lease draft").focus();
    await page.keyboard.press("*");
    await page.keyboard.press("a");
    await page.getByRole("button", { name: "Clear selection" }).waitFor();
  },
  "snooze-menu": async (page) => {
    await page.keyboard.press("b");
    await page.getByRole("menuitem", { name: "Pick a time" }).waitFor();
  },
  "label-menu": async (page) => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("l");
    await page.getByRole("menuitem", { name: "New label or folder" }).waitFor();
  },
  scheduled: async (page) => {
    await page.goto(`${process.env.URL}/mail/scheduled`);
    await page.getByRole("heading", { name: "Scheduled" }).waitFor();
  },
  contacts: async (page) => {
    await page.goto(`${process.env.URL}/contacts`);
    await page.getByRole("heading", { name: "Contacts" }).waitFor();
  },
  empty: async (page) => {
    await page.goto(`${process.env.URL}/mail/trash`);
    await page.locator(".empty, .row").first().waitFor();
  },
  settings: async (page) => {
    await page.goto(`${process.env.URL}/settings`);
    await page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
    await page.getByRole("heading", { name: "Mail files" }).waitFor();
  },
  vacation: async (page) => {
    await page.getByRole("region", { name: "Automatic reply" }).waitFor();
    await page.getByRole("region", { name: "Automatic reply" }).evaluate((one) => one.scrollIntoView());
  },
  "own-keys": async (page) => {
    await page.getByText("Keys of your own").click();
    await page.locator(".key-table").evaluate((one) => one.scrollIntoView());
  },
  account: async (page) => {
    await page.getByRole("heading", { name: "Account and security" }).scrollIntoViewIfNeeded();
    await page.getByRole("region", { name: "Sessions" }).getByText("(this one)").first().waitFor();
    await page.evaluate(() => document.getElementById("account").scrollIntoView());
  },
};

const LOOKS = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  "phone-light": { ...PHONE, colorScheme: "light" },
  "phone-dark": { ...PHONE, colorScheme: "dark" },
};

for (const [look, options] of Object.entries(LOOKS))
  test(`every screen is clean: ${look}`, async () => {
    const login = await open(browser, options);
    await login.goto(process.env.URL);
    await login.getByLabel("Password").waitFor();
    await shot(login, `${look}-login`);
    assert.deepEqual(await findings(login), [], "login");
    await login.context().close();
    const page = await signedIn(browser, options);
    await row(page, "Lease draft").waitFor();
    for (const [name, reach] of Object.entries(SCREENS)) {
      await reach(page);
      await page.waitForTimeout(150);
      await shot(page, `${look}-${name}`);
      assert.deepEqual(await findings(page), [], name);
      assert.equal(
        await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        true,
        `${name} is wider than the screen`,
      );
    }
    assert.deepEqual(page.troubles, []);
    await page.context().close();
  });
