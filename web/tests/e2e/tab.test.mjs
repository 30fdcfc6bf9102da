// Each screen by Tab alone: all that acts is reached, what has the focus looks different, the focus is never nowhere, and Shift-Tab goes back
// the same way. Within a list, a menu or a row of tabs, which are one stop, the arrows are tried.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, base, deliver, launch, open, row, signedIn, until } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
  const letter = (subject, more, text) =>
    deliver(
      `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: ${subject}\nMIME-Version: 1.0\nContent-Type: text/html\n${more}\n${text}\n`,
    );
  await letter(
    "Walk this way",
    "Message-ID: <walk1@blue.test>\n",
    '<p>The first. <a href="https://example.org/a">A link</a></p>',
  );
  await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: A plain walk\n\nOne foot, then the other.\n`);
  await letter(
    "Re: Walk this way",
    "Message-ID: <walk2@blue.test>\nIn-Reply-To: <walk1@blue.test>\nReferences: <walk1@blue.test>\nList-Unsubscribe: <https://example.org/u>\n",
    "<p>The second.</p>",
  );
});
after(() => browser.close());

/** In the page: what acts on this screen (the open dialog, or all), and how it looks without the focus. */
function look(within) {
  const root = document.querySelector("dialog[open]") ?? document.querySelector(within);
  const acts = "a[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable=true]";
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest("[inert], [aria-hidden=true]");
  const all = [...root.querySelectorAll(acts)].filter((one) => !one.disabled && seen(one));
  // One stop for many: the rest by arrows or keys of their own.
  const shared = (one) => one.closest("[role=row], [role=menu], [role=listbox], [role=tablist]");
  const list = all.filter((one) => one.tabIndex >= 0);
  const name = (one) =>
    `${one.nodeName.toLowerCase()} ${one.type ?? ""} “${(one.getAttribute("aria-label") ?? one.title ?? "") || one.labels?.[0]?.textContent || one.textContent?.trim().slice(0, 40) || one.id}”`;
  const left = all
    .filter((one) => one.tabIndex < 0 && !shared(one) && /^(A|BUTTON|INPUT|SELECT|TEXTAREA|SUMMARY)$/.test(one.nodeName))
    .map(name);
  // How it is drawn, and the label that is drawn in its place.
  const style = (one) => {
    const of = getComputedStyle(one);
    const ring = Number.parseFloat(of.outlineWidth) > 0 && of.outlineStyle !== "none" ? `${of.outline} ${of.outlineOffset}` : "";
    return [ring, of.boxShadow, of.backgroundColor, of.borderColor, of.textDecoration, of.top].join("|");
  };
  const drawn = (one) => [one, one.closest("label"), one.closest("[role=row]")].map((part) => part && style(part)).join("//");
  document.activeElement?.blur();
  globalThis.walk = { list, name, drawn, before: list.map(drawn) };
  return { names: list.map(name), left };
}

function now() {
  const { list, name, drawn, before } = globalThis.walk;
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const at = list.indexOf(one);
  return { at, name: name(one), changed: at < 0 || drawn(one) !== before[at] };
}

async function walk(page, screen, within = "body") {
  await page.waitForTimeout(150);
  const { names, left } = await page.evaluate(look, within);
  assert.deepEqual(left, [], `${screen}: no key reaches`);
  assert.ok(names.length > 0, `${screen}: nothing to walk`);
  // A frame with nothing to act on in it is one stop that the page does not see.
  const frames = names.filter((name) => name.startsWith("iframe")).length;
  const needed = names.flatMap((name, at) => (name.startsWith("iframe") ? [] : [at]));
  const reached = new Set();
  const path = [];
  let nowhere = 0;
  const step = async (key) => {
    await page.keyboard.press(key);
    const found = await page.evaluate(now);
    if (found?.changed) return found;
    // Into a frame and out of it the focus goes by another process.
    await page.waitForTimeout(100);
    return page.evaluate(now);
  };
  // Once around: the browser's own frame is where a page ends, so the focus may be there once for each time around.
  for (let i = 0; i < names.length * 2 + 200 && needed.some((at) => !reached.has(at)); i += 1) {
    const found = await step("Tab");
    if (!found) {
      nowhere += 1;
      assert.ok(nowhere <= 2 + 2 * frames, `${screen}: the focus is lost after ${path.at(-1)}`);
      continue;
    }
    assert.ok(found.changed, `${screen}: one does not see that ${found.name} has the focus`);
    if (found.at >= 0) reached.add(found.at);
    if (path.at(-1) !== found.name) path.push(found.name);
  }
  const missed = needed.filter((at) => !reached.has(at)).map((at) => names[at]);
  assert.deepEqual(missed, [], `${screen}: not reached by Tab; the way was\n${path.join("\n")}`);
  // And back.
  const back = [path.at(-1)];
  for (let i = 0; i < 12 && back.length < Math.min(path.length, 8); i += 1) {
    const found = await step("Shift+Tab");
    assert.ok(found || path.length < 8, `${screen}: the focus is lost on the way back, before ${back.at(-1)}`);
    if (found && back.at(-1) !== found.name) back.push(found.name);
  }
  assert.deepEqual(back, path.slice(-back.length).reverse(), `${screen}: Shift-Tab goes another way`);
}

/** Every menu on screen: opened by Enter, each item by the arrow, closed by Escape with the focus where it was. */
async function menus(page, screen, within = "body") {
  const openers = page.locator(`${within} [aria-haspopup=menu]:visible`);
  for (let i = 0; i < (await openers.count()); i += 1) {
    const opener = openers.nth(i);
    const name = (await opener.getAttribute("aria-label")) ?? (await opener.innerText());
    await opener.focus();
    await page.keyboard.press("Enter");
    const menu = page.locator(".menu:popover-open");
    await menu.getByRole("menuitem").or(menu.getByRole("menuitemcheckbox")).first().waitFor();
    const focused = () => menu.evaluate((one) => [...one.querySelectorAll("button")].indexOf(document.activeElement));
    const n = await menu.locator("button").count();
    for (let item = 0; item < n; item += 1) {
      await until(async () => (await focused()) === item, `${screen}, ${name}: item ${item}`, 5);
      await page.keyboard.press("ArrowDown");
    }
    assert.equal(await focused(), 0, `${screen}, ${name}: around`);
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" }).catch(() => {});
    assert.ok(await opener.evaluate((one) => one === document.activeElement), `${screen}, ${name}: the focus goes back`);
  }
}

const SMALL = { viewport: { width: 1280, height: 800 } };

test("by Tab: signing in", async () => {
  const page = await open(browser, SMALL);
  await page.goto(base);
  await page.getByLabel("Password").waitFor();
  await walk(page, "sign-in");
  await page.context().close();
});

test("by Tab: the list, what is ticked, and a list scrolled far from its cursor", async () => {
  const page = await signedIn(browser, SMALL);
  await row(page, "Walk this way").waitFor();
  await walk(page, "list");
  await row(page, "Walk this way").focus();
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "row-1");
  await page.keyboard.press(" ");
  await page.getByRole("toolbar", { name: "1 selected" }).waitFor();
  await walk(page, "selection");
  await menus(page, "selection", ".list-pane");
  await page.keyboard.press("Escape");
  await page.context().close();
  const far = await open(browser, SMALL);
  await far.goto(base);
  await far.locator("input[name=username]").fill("erin@blue.test");
  await far.locator("input[name=password]").fill(process.env.PASSWORD);
  await far.keyboard.press("Enter");
  await row(far, "Number 129.").waitFor();
  await far.locator("#list").evaluate((one) => {
    one.scrollTop = 3000;
  });
  await far.locator("#row-0").waitFor({ state: "detached" });
  await walk(far, "scrolled list");
  await far.context().close();
});

test("by Tab: a letter, a conversation of formatted letters, and their menus", async () => {
  const page = await signedIn(browser, SMALL);
  await row(page, "A plain walk").click();
  await page.locator(".plain").getByText("One foot, then the other.").waitFor();
  await page.locator(".evidence span").first().waitFor();
  await walk(page, "letter");
  await page.keyboard.press("u");
  await row(page, "Walk this way").click();
  await page.locator("article.message").nth(1).waitFor();
  await page.locator("article .evidence span").nth(1).waitFor();
  await walk(page, "conversation");
  await menus(page, "conversation", ".reader");
  await page.context().close();
});

test("by Tab: the journey, each of its tabs by arrows", async () => {
  const page = await signedIn(browser, SMALL);
  await row(page, "A plain walk").click();
  await page.locator(".evidence span").first().waitFor();
  await page.keyboard.press("y");
  await page.locator(".journey .hops").first().waitFor();
  await walk(page, "story");
  for (const name of ["Proof", "Raw"]) {
    await page.locator("[role=tab][aria-selected=true]").focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("tab", { name, selected: true }).waitFor();
    await walk(page, name, ".journey");
  }
  await page.context().close();
});

test("by Tab: writing", async () => {
  const page = await signedIn(browser, SMALL);
  await row(page, "Walk this way").waitFor();
  await page.keyboard.press("c");
  await page.getByLabel("To", { exact: true }).fill("bob@green.test");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Cc / Bcc" }).click();
  await page.getByLabel("Subject").fill("By Tab");
  await page
    .locator(".sheet input[type=file]")
    .setInputFiles([{ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") }]);
  await page.getByRole("button", { name: "Remove a.txt" }).waitFor();
  await page.locator(".ways li").first().waitFor();
  await walk(page, "compose", ".sheet");
  await menus(page, "compose", ".sheet");
  await page.getByLabel("Plain text").check();
  await walk(page, "compose, plain", ".sheet");
  await page.getByLabel("Plain text").uncheck();
  await page.keyboard.press("Escape");
  await page.locator(".folded-sheet").waitFor();
  await walk(page, "a folded draft");
  await page.locator(".folded-sheet .button").first().press("Enter");
  await page.getByRole("button", { name: "Discard draft" }).press("Enter");
  await page.context().close();
});

test("by Tab: what a search found, settings, contacts, letters for later", async () => {
  const page = await signedIn(browser, SMALL, `/search/${encodeURIComponent("subject:walk from:carol")}`);
  await row(page, "Walk this way").first().waitFor();
  await walk(page, "search");
  await page.goto(`${base}/settings`);
  await page.getByRole("region", { name: "Sessions" }).getByText("(this one)").first().waitFor();
  await page.getByText("Keys of your own").click();
  await walk(page, "settings", ".page");
  await page.goto(`${base}/contacts`);
  await page.getByRole("heading", { name: "Contacts" }).waitFor();
  await page.getByLabel("Name").fill("Tom Tab");
  await page.getByLabel("Mail address").fill("tom@green.test");
  await page.keyboard.press("Enter");
  await page.getByText("tom@green.test").waitFor();
  await walk(page, "contacts");
  await page.getByRole("listitem").filter({ hasText: "Tom Tab" }).getByRole("button", { name: "Delete" }).press("Enter");
  await page.getByText("tom@green.test").waitFor({ state: "detached" });
  await page.goto(`${base}/mail/scheduled`);
  await page.getByRole("heading", { name: "Scheduled" }).waitFor();
  await walk(page, "scheduled");
  await page.context().close();
});

test("by Tab: questions, the palette and the help, which keep the focus and give it back", async () => {
  const page = await signedIn(browser, SMALL);
  await row(page, "Walk this way").focus();
  const opener = await page.evaluate(() => document.activeElement.id);
  for (const [key, name] of [
    ["?", "help"],
    ["Control+k", "palette"],
  ]) {
    await page.keyboard.press(key);
    await page.locator("dialog[open] button").first().waitFor();
    await walk(page, name);
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    await page.waitForFunction((id) => document.activeElement?.id === id, opener);
  }
  await page.getByRole("button", { name: "New label or folder" }).press("Enter");
  await page.getByRole("dialog").getByLabel("Name").waitFor();
  await walk(page, "question");
  await page.keyboard.press("Escape");
  await page.context().close();
});

test("without single keys a row is opened and ticked all the same", async () => {
  const page = await open(browser, SMALL);
  await page.addInitScript(() => localStorage.setItem("settings", JSON.stringify({ keys: false })));
  await page.goto(base);
  await page.locator("input[name=username]").fill(address);
  await page.locator("input[name=password]").fill(process.env.PASSWORD);
  await page.keyboard.press("Enter");
  await row(page, "A plain walk").focus();
  await page.keyboard.press(" ");
  await page.getByRole("toolbar", { name: "1 selected" }).waitFor();
  await page.keyboard.press(" ");
  await page.keyboard.press("Enter");
  await page.locator(".plain").getByText("One foot, then the other.").waitFor();
  await page.context().close();
});
