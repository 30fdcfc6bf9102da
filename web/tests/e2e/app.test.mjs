// The app around the mail: printing, the source, files in and out, German, installing it, and the focus of who uses only a keyboard.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { address, deliver, findings, imap, launch, open, row, shot, signedIn, signIn, toast, until } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
  await deliver(
    `From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Formatted\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<h1>Big words</h1><p>and <a href="https://example.org/x">a link</a></p><img src="https://track.example/a.gif">\n`,
  );
});
after(() => browser.close());

test("a formatted letter is printed with its head, without the app around it", async () => {
  const page = await signedIn(browser);
  await row(page, "Formatted").click();
  await page.frameLocator("iframe.fill").getByText("Big words").waitFor();
  await page.locator("article").getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Print" }).click();
  await page.locator("iframe.printing[data-printed]").waitFor({ state: "attached" });
  const paper = page.frames().find((frame) => frame.url().includes("print=1"));
  const words = await paper.evaluate(() => document.body.innerText);
  for (const word of ["Subject: Formatted", "From: Carol <carol@blue.test>", "Big words"]) assert.ok(words.includes(word), words);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("images from the net are offered, not loaded; the link says where it goes", async () => {
  const page = await signedIn(browser);
  await row(page, "Formatted").click();
  await page.getByRole("button", { name: "Show once" }).waitFor();
  const link = page.frameLocator("iframe.fill").getByRole("link", { name: "a link" });
  assert.equal(await link.getAttribute("title"), "example.org");
  await page.getByRole("button", { name: "Show as plain text" }).click();
  await page.locator(".plain").getByText("Big words").waitFor();
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("the source is shown in a tab of its own, as text", async () => {
  const page = await signedIn(browser);
  await row(page, "Formatted").click();
  await page.frameLocator("iframe.fill").getByText("Big words").waitFor();
  await page.locator("article").getByRole("button", { name: "More" }).click();
  const [source] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("menuitem", { name: "Show source" }).click(),
  ]);
  await source.getByText("Subject: Formatted").waitFor();
  assert.equal(await source.evaluate(() => document.contentType), "text/plain");
  assert.ok((await source.evaluate(() => document.body.innerText)).includes("<h1>Big words</h1>"));
  await page.context().close();
});

test("a mailbox goes out as a file and comes in again elsewhere", async () => {
  const page = await signedIn(browser);
  await page.goto(`${process.env.URL}/settings`);
  const section = page.getByRole("region", { name: "Mail files" });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    section.getByRole("button", { name: "Save this mailbox as a file" }).click(),
  ]);
  const file = await download.path();
  const text = await readFile(file, "latin1");
  assert.match(text, /^From carol@blue\.test /);
  assert.ok(text.includes("This is letter 3."));
  const before = Number(/MESSAGES (\d+)/.exec(await imap("STATUS INBOX (MESSAGES)", ""))[1]);
  assert.equal(text.match(/^From \S+ \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/gm).length, before);
  await section.getByLabel("Mailbox").selectOption({ label: "Archive" });
  await section.getByLabel("Bring in files").setInputFiles([
    {
      name: "one.eml",
      mimeType: "message/rfc822",
      buffer: Buffer.from("From: x@y.test\r\nSubject: From a file\r\nDate: Mon, 23 Nov 2020 17:05:04 +0000\r\n\r\nHello\r\n"),
    },
    {
      name: "two.mbox",
      mimeType: "application/mbox",
      buffer: Buffer.from(
        "From x@y.test Mon Nov 23 17:05:04 2020\nSubject: In a box 1\n\n>From here\n\nFrom x@y.test Mon Nov 23 17:05:05 2020\nSubject: In a box 2\n\nEnd\n",
      ),
    },
  ]);
  await toast(page, "3 messages brought in").waitFor();
  assert.match(await imap('UID SEARCH SUBJECT "In a box 1" BODY "From here" NOT BODY ">From here"', "Archive"), /SEARCH \d+/);
  assert.match(await imap('UID SEARCH SUBJECT "From a file" BEFORE 1-Jan-2021', "Archive"), /SEARCH \d+/);
  assert.deepEqual(await findings(page), []);
  await page.context().close();
});

test("a contact is kept, completes an address, and goes", async () => {
  const page = await signedIn(browser);
  await page.getByRole("link", { name: "Contacts" }).click();
  await page.getByRole("heading", { name: "Contacts" }).waitFor();
  await page.getByLabel("Name").fill("Zoe Zimmer");
  await page.getByLabel("Mail address").fill("zoe@green.test");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("listitem").filter({ hasText: "zoe@green.test" }).waitFor();
  await shot(page, "contacts");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Compose" }).click();
  await page.getByLabel("To", { exact: true }).pressSequentially("zoe");
  await page.getByRole("option", { name: /Zoe Zimmer/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByTitle("zoe@green.test").waitFor();
  await page.getByRole("button", { name: "Discard draft" }).click();
  await page.getByRole("listitem").filter({ hasText: "zoe@green.test" }).getByRole("button", { name: "Delete" }).click();
  await page.getByRole("listitem").filter({ hasText: "zoe@green.test" }).waitFor({ state: "detached" });
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("what is used of the quota is told", async () => {
  const page = await signedIn(browser);
  await page.locator(".quota meter").waitFor();
  assert.match(await page.locator(".quota").innerText(), /of .* used/);
  await page.context().close();
});

test("all of it speaks German", async () => {
  const page = await open(browser, { locale: "de-DE" });
  await page.goto(process.env.URL);
  await page.getByLabel("Mailadresse").or(page.getByLabel("E-Mail-Adresse")).first().waitFor();
  await signIn(page);
  assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
  await page
    .getByRole("button", { name: "Schreiben" })
    .or(page.getByRole("button", { name: "Verfassen" }))
    .first()
    .waitFor();
  await row(page, "Letter 11").click();
  await page.locator(".plain").getByText("This is letter 11.").waitFor();
  await page.keyboard.press("y");
  await page.getByRole("complementary").waitFor();
  await shot(page, "german");
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  // No English word that is a whole label may be left.
  const left = await page.evaluate(() =>
    document.body.innerText.match(/^(Reply|Forward|Archive|Delete|Settings|Search mail|Compose|Undo|Close)$/gm),
  );
  assert.equal(left, null);
  assert.deepEqual(page.troubles, []);
  await page.context().close();
});

test("the app can be installed, and its shell starts without the net", async () => {
  const page = await open(browser, { serviceWorkers: "allow" });
  await signIn(page);
  const cdp = await page.context().newCDPSession(page);
  const { errors, data } = await cdp.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  assert.equal(manifest.display, "standalone");
  assert.ok(manifest.icons.some((icon) => icon.sizes === "192x192") && manifest.icons.some((icon) => icon.sizes === "512x512"));
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  // A browser without a window, and one in private mode, can never install; nothing else may be in the way.
  assert.deepEqual(
    installabilityErrors.map((one) => one.errorId).filter((id) => !/in-incognito|platform/.test(id)),
    [],
  );
  for (const icon of manifest.icons) assert.equal((await page.request.get(process.env.URL + icon.src)).status(), 200, icon.src);
  await page.context().close();
});

test("the focus is never lost: opening, going back, acting, menus, dialogs, writing", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 10").waitFor();
  const focus = () =>
    page.evaluate(
      () =>
        `${document.activeElement?.nodeName} ${document.activeElement?.id} ${document.activeElement?.getAttribute("aria-label") ?? ""}`,
    );
  const kept = async (what) => {
    await page.waitForTimeout(50);
    await until(async () => !(await focus()).startsWith("BODY"), `the focus is somewhere: ${what}`, 5);
  };
  await row(page, "Letter 10").focus();
  await page.keyboard.press("Enter");
  await page.locator(".plain").getByText("This is letter 10.").waitFor();
  await kept("a letter is open");
  await page.keyboard.press("u");
  await kept("back in the list");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await kept("in the help");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await kept("after the help");
  await row(page, "Letter 10").focus();
  await page.keyboard.press("e");
  await row(page, "Letter 10").waitFor({ state: "detached" });
  await kept("after a letter went");
  await page.keyboard.press("z");
  await row(page, "Letter 10").waitFor();
  await kept("after undo");
  await row(page, "Letter 10").focus();
  await page.keyboard.press("Enter");
  await page.locator(".plain").getByText("This is letter 10.").waitFor();
  await page.keyboard.press("e");
  await toast(page, "Archived").waitFor();
  await kept("after an open letter went");
  await page.keyboard.press("z");
  await page.keyboard.press("c");
  await page.getByLabel("Subject").waitFor();
  await kept("in a new draft");
  await page.keyboard.press("Escape");
  await kept("after the draft was folded");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Type a command or a mailbox" }).waitFor();
  await page.keyboard.press("Escape");
  await kept("after the palette");
  await page.context().close();
});

test("every control is reached by Tab, and the focus is always seen", async () => {
  const page = await signedIn(browser);
  await row(page, "Letter 9").click();
  await page.locator(".plain").getByText("This is letter 9.").waitFor();
  // From the top of the page.
  await page.evaluate(() => document.querySelector(".skip").focus());
  const seen = new Set();
  for (let i = 0; i < 120; i += 1) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const style = getComputedStyle(one);
      const box = one.getBoundingClientRect();
      return {
        name: `${one.nodeName} ${one.getAttribute("aria-label") ?? one.textContent?.trim().slice(0, 40)} ${one.id}`,
        ring: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2,
        size: box.width > 0 && box.height > 0,
        framed: one.nodeName === "IFRAME" || one.closest(".sr") !== null || one.matches("input.sr"),
      };
    });
    if (!now) break;
    if (!now.framed) assert.ok(now.ring && now.size, `no ring: ${now.name}`);
    if (seen.has(now.name) && seen.size > 25 && i > 60) break;
    seen.add(now.name);
  }
  const all = [...seen].join("\n");
  for (const name of ["Compose", "Search mail", "Archive", "Reply", "Forward", "Settings", "Look for new mail", "Sign out"])
    assert.ok(all.includes(name), `${name} is not reached:\n${all}`);
  await page.context().close();
});

test("leaving ends the session here and on the server; no form is shown before all is over", async () => {
  const page = await signedIn(browser);
  let letGo = () => {};
  const held = new Promise((done) => {
    letGo = done;
  });
  await page.route("**/auth/logout", async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("status").filter({ hasText: "Signing out" }).waitFor();
  await shot(page, "signing-out");
  assert.deepEqual(await findings(page), []);
  // The server has ended the session by now, and says so to whoever asks.
  await page.waitForTimeout(400);
  assert.equal(await page.getByLabel("Password").count(), 0);
  const loaded = page.waitForEvent("load");
  letGo();
  await loaded;
  await page.getByLabel("Password").waitFor();
  assert.equal((await page.request.get(`${process.env.URL}/jmap/session`, { headers: { "X-Posthorn": "1" } })).status(), 401);
  await until(async () => (await page.locator("main.panes").count()) === 0, "nothing of the mail is left");
  await page.context().close();
});

test("a new build leaves nothing of an older one in the browser", async () => {
  const fresh = await launch("--ignore-certificate-errors");
  const page = await open(fresh, { serviceWorkers: "allow" });
  // What a worker of an older build kept.
  await page.goto(`${process.env.URL}/manifest.webmanifest`);
  await page.evaluate(async () => (await caches.open("shell-2")).put("/app/old.js", new Response("old")));
  await page.goto(process.env.URL);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => null));
  const [name, ...others] = await until(async () => {
    const names = await page.evaluate(() => caches.keys());
    return !names.includes("shell-2") && names;
  }, "the old one is gone");
  assert.match(name, /^shell-[0-9a-f]{10}$/);
  assert.deepEqual(others, []);
  // All that the first page needs is there, also what this visit took from elsewhere.
  const kept = await page.evaluate(
    async (name) => (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname),
    name,
  );
  const needed = await page.evaluate(() =>
    [...document.querySelectorAll("script[src], link[rel=stylesheet]")].map((one) => new URL(one.src ?? one.href).pathname),
  );
  for (const path of ["/", ...needed]) assert.ok(kept.includes(path), `${path} is not among ${kept}`);
  await fresh.close();
});
