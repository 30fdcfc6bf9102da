// The account page: second step, passkeys, app passwords, sessions, password, export of everything. The account is dora's, so that nobody
// else's sign-in changes.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import jsQR from "jsqr";
import { base, cleanEverywhere, codeOf, deliver, findings, imap, launch, open, shot, signIn, toast, until } from "./browser.mjs";

const dora = { url: base, address: "dora@blue.test", password: process.env.PASSWORD };
// Passkeys are bound to a name, and the server under test listens on a number: the browser is told which is which.
const named = `https://blue.localhost:${new URL(base).port}`;
let browser;
before(async () => {
  browser = await launch(`--host-resolver-rules=MAP blue.localhost ${new URL(base).hostname}`);
});
after(() => browser.close());

const region = (page, name) => page.getByRole("region", { name, exact: true });

/** Fills in the question on screen, by keyboard. */
async function answer(page, ...texts) {
  await page.getByRole("dialog").locator("input").first().waitFor();
  for (const [i, text] of texts.entries()) {
    if (i) await page.keyboard.press("Tab");
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Presses the button that a keyboard reaches by its name. */
async function press(page, button) {
  await button.focus();
  await page.keyboard.press("Enter");
}

async function signOut(page) {
  // The page is loaded anew, so that nothing of the mail is left in it.
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Sign out" }).click()]);
  await page.getByLabel("Password").waitFor();
}

async function giveNameAndPassword(page) {
  await page.getByLabel("Mail address").fill(dora.address);
  await page.getByLabel("Password").fill(dora.password);
  await page.keyboard.press("Enter");
}

/** What a camera would read of an element. */
async function readQr(page, element) {
  const png = (await element.screenshot()).toString("base64");
  const { data, width, height } = await page.evaluate(async (png) => {
    const bytes = Uint8Array.from(atob(png), (one) => one.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const brush = new OffscreenCanvas(image.width, image.height).getContext("2d");
    brush.drawImage(image, 0, 0);
    return { data: [...brush.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height };
  }, png);
  return jsQR(new Uint8ClampedArray(data), width, height)?.data;
}

/** Refusals are answers with a status of their own, which the browser notes; nothing else may have gone wrong. */
function clean(page, refusals = 0) {
  const refused = page.troubles.filter((one) => /status of 403/.test(one));
  assert.deepEqual(
    page.troubles.filter((one) => !refused.includes(one)),
    [],
  );
  assert.equal(refused.length, refusals);
}

test("the second step: set up by keyboard from its picture, asked for at sign-in, opened by a recovery code, switched off", async () => {
  const page = await open(browser);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, "/settings", dora);
  const section = region(page, "Second step at sign-in");
  await press(page, section.getByRole("button", { name: "Set up" }));
  await answer(page, "not my password");
  await toast(page, "This is not your password.").waitFor();
  await press(page, section.getByRole("button", { name: "Set up" }));
  await answer(page, dora.password);
  const picture = section.getByRole("img", { name: "QR code of the key" });
  await picture.waitFor();
  await picture.scrollIntoViewIfNeeded();
  // Held before it until it is sharp: a notice may lie over it for a moment.
  const read = new URL(await until(() => readQr(page, picture), "the picture can be read"));
  assert.equal(`${read.protocol}//${read.host}`, "otpauth://totp");
  assert.ok(decodeURIComponent(read.pathname).endsWith(":dora@blue.test"), read.pathname);
  const secret = read.searchParams.get("secret");
  assert.equal((await section.locator("code").innerText()).replaceAll(" ", ""), secret);
  await cleanEverywhere(page, "second-step-setup", "[aria-labelledby=second-step]");
  // The field for the code has the focus; a wrong one says so and can be typed over.
  const shownNow = codeOf(secret);
  await section.getByLabel("2. Type the six digits").focus();
  await page.keyboard.type(shownNow === "000000" ? "111111" : "000000");
  await page.keyboard.press("Enter");
  await section.getByRole("alert").filter({ hasText: "This code is not right" }).waitFor();
  await page.keyboard.type(codeOf(secret));
  await page.keyboard.press("Enter");
  await section.getByRole("heading", { name: "Recovery codes" }).waitFor();
  await until(() => page.evaluate(() => document.activeElement.textContent === "Recovery codes"), "the codes have the focus");
  const codes = await section.getByRole("listitem").allInnerTexts();
  assert.equal(new Set(codes).size, 10);
  await cleanEverywhere(page, "recovery-codes", "[aria-labelledby=second-step]");
  await press(page, section.getByRole("button", { name: "Copy" }));
  await toast(page, "Copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    press(page, section.getByRole("button", { name: "Download" })),
  ]);
  const saved = await readFile(await download.path(), "utf8");
  for (const code of codes) assert.ok(copied.includes(code) && saved.includes(code), code);
  await press(page, section.getByRole("button", { name: "I have kept them" }));
  await section.getByText("10 recovery codes are left.").waitFor();
  assert.notEqual(await page.evaluate(() => document.activeElement.nodeName), "BODY");
  assert.equal(await page.getByText(codes[0]).count(), 0, "shown once");

  await signOut(page);
  await giveNameAndPassword(page);
  await page.getByLabel("Six digits").waitFor();
  await until(() => page.evaluate(() => document.activeElement.name === "code"), "the field has the focus");
  await shot(page, "login-code");
  assert.deepEqual(await findings(page), []);
  await page.keyboard.type("123123");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "This code is not right" }).waitFor();
  // The code of now was used to set it up; that of the next half minute is good already.
  await page.keyboard.type(codeOf(secret, Date.now() + 30_000));
  await page.keyboard.press("Enter");
  await page.locator("main.panes").waitFor();

  await signOut(page);
  await giveNameAndPassword(page);
  await page.getByRole("button", { name: "Use a recovery code instead" }).click();
  await page.getByLabel("Recovery code").fill(codes[4]);
  await page.keyboard.press("Enter");
  await page.locator("main.panes").waitFor();
  await page.goto(`${base}/settings`);
  await section.getByText("9 recovery codes are left.").waitFor();
  await press(page, section.getByRole("button", { name: "Switch off" }));
  await answer(page, dora.password);
  await section.getByRole("button", { name: "Set up" }).waitFor();
  await signOut(page);
  await giveNameAndPassword(page);
  await page.locator("main.panes").waitFor();
  clean(page, 2);
  await page.context().close();
});

test("a passkey is made, named, opens the account without a password, and opens it no more once removed", async () => {
  const page = await open(browser, {}, named);
  const debug = await page.context().newCDPSession(page);
  await debug.send("WebAuthn.enable");
  const { authenticatorId } = await debug.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await signIn(page, "/settings", { ...dora, url: named });
  const section = region(page, "Passkeys");
  await press(page, section.getByRole("button", { name: "Add a passkey" }));
  assert.equal(await page.getByLabel("Name of the device").inputValue(), "Chrome on Linux");
  await answer(page, "Dora’s desk", dora.password);
  await section.getByRole("listitem").filter({ hasText: "Dora’s desk" }).filter({ hasText: "never used" }).waitFor();
  const { credentials } = await debug.send("WebAuthn.getCredentials", { authenticatorId });
  assert.deepEqual(
    credentials.map((one) => [one.rpId, one.isResidentCredential]),
    [["blue.localhost", true]],
  );
  await cleanEverywhere(page, "passkeys", "[aria-labelledby=passkeys]");
  // One device, one key.
  await press(page, section.getByRole("button", { name: "Add a passkey" }));
  await answer(page, "Again", dora.password);
  await toast(page, "This device has a passkey for your account already.").waitFor();

  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Sign out" }).click()]);
  // This authenticator has no screen to choose on: it gives its one passkey as soon as the form offers it.
  await page.locator("main.panes").waitFor();
  await page.goto(`${named}/settings`);
  await section.getByRole("listitem").filter({ hasText: "Dora’s desk" }).filter({ hasText: "last used" }).waitFor();
  // Where the browser cannot do that there is the button.
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  await signOut(page);
  await shot(page, "login-passkey");
  assert.deepEqual(await findings(page), []);
  assert.equal(await page.getByLabel("Mail address").getAttribute("autocomplete"), "username webauthn");
  await press(page, page.getByRole("button", { name: "Sign in with a passkey" }));
  await page.locator("main.panes").waitFor();
  await page.goto(`${named}/settings`);
  await section.getByRole("listitem").filter({ hasText: "Dora’s desk" }).waitFor();
  await press(page, section.getByRole("button", { name: "Remove Dora’s desk" }));
  await page.getByRole("dialog").getByText("It will not open your account any more.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Yes" }).press("Enter");
  await section.getByRole("listitem").waitFor({ state: "detached" });
  await signOut(page);
  await press(page, page.getByRole("button", { name: "Sign in with a passkey" }));
  await page.getByRole("alert").filter({ hasText: "This passkey does not open an account here." }).waitFor();
  clean(page);
  await page.context().close();
});

test("an app password is shown once, opens a mail app, tells its last use, and ends", async () => {
  const page = await open(browser);
  await signIn(page, "/settings", dora);
  const section = region(page, "App passwords");
  await press(page, section.getByRole("button", { name: "Make an app password" }));
  await answer(page, "Phone", dora.password);
  const password = await section.getByRole("status").locator("code").innerText();
  const line = section.getByRole("listitem").filter({ hasText: "Phone" });
  await line.filter({ hasText: "never used" }).waitFor();
  assert.match(await imap("NOOP", "INBOX", process.env.IMAPS, dora.address, password).then(() => "in", String), /^in$/);
  await page.reload();
  await line.filter({ hasText: "last used" }).waitFor();
  assert.equal(await page.getByText(password).count(), 0, "shown once");
  await press(page, section.getByRole("button", { name: "End Phone" }));
  await page.getByRole("dialog").getByRole("button", { name: "Yes" }).press("Enter");
  await line.waitFor({ state: "detached" });
  await assert.rejects(imap("NOOP", "INBOX", process.env.IMAPS, dora.address, password));
  clean(page);
  await page.context().close();
});

test("sessions are listed and ended; a new password ends the others too", async () => {
  const page = await open(browser);
  const other = await open(browser);
  for (const one of [page, other]) await signIn(one, "/settings", dora);
  await page.reload();
  const section = region(page, "Sessions");
  await section.getByText("Chrome on Linux (this one)").waitFor();
  await press(page, section.getByRole("button", { name: "End all other sessions" }));
  await toast(page, "ended").waitFor();
  await until(async () => (await section.getByRole("listitem").count()) === 1, "only this one is left");
  await other.reload();
  await other.getByLabel("Password").waitFor();
  await signIn(other, "/", dora);
  await press(page, page.getByRole("button", { name: "Change password" }));
  await answer(page, dora.password, "a new and longer one");
  await toast(page, "The password is changed.").waitFor();
  await other.reload();
  await other.getByLabel("Password").waitFor();
  // The one that changed it goes on.
  await page.reload();
  await section.getByText("(this one)").waitFor();
  await press(page, page.getByRole("button", { name: "Change password" }));
  await answer(page, "a new and longer one", dora.password);
  await toast(page, "The password is changed.").waitFor();
  clean(page);
  await page.context().close();
  await other.context().close();
});

/** The files of a tar archive: name and content. */
function filesOf(tar) {
  const files = new Map();
  for (let at = 0; at + 512 <= tar.length && tar[at]; ) {
    const text = (from, length) => tar.toString("utf8", at + from, at + from + length).replace(/\0.*$/s, "");
    const octets = Number.parseInt(text(124, 12), 8);
    files.set(`${text(345, 155) ? `${text(345, 155)}/` : ""}${text(0, 100)}`, tar.subarray(at + 512, at + 512 + octets));
    at += 512 + Math.ceil(octets / 512) * 512;
  }
  return files;
}

test("everything is exported, with its progress, and the export can be stopped", async () => {
  const line = `${"All work and no play. ".repeat(3)}\n`;
  await deliver(`From: Carol <carol@blue.test>\nTo: ${dora.address}\nSubject: Keep me\n\n${line.repeat(30_000)}`, undefined, [
    dora.address,
  ]);
  const page = await open(browser);
  await signIn(page, "/settings", dora);
  const section = region(page, "Everything of this account");
  const debug = await page.context().newCDPSession(page);
  await debug.send("Network.enable");
  await debug.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: 100_000,
    uploadThroughput: -1,
  });
  await press(page, section.getByRole("button", { name: "Export everything" }));
  await section.getByRole("progressbar").waitFor();
  await until(async () => !(await section.getByText("so far").innerText()).startsWith("0"), "it goes on");
  await shot(page, "export");
  assert.deepEqual(await findings(page), []);
  await press(page, section.getByRole("button", { name: "Stop" }));
  await section.getByRole("progressbar").waitFor({ state: "detached" });
  await debug.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  // The server lets the broken one go in its own time, and until then says that one is under way.
  const start = section.getByRole("button", { name: "Export everything" });
  const download = await until(async () => {
    const [found] = await Promise.all([page.waitForEvent("download", { timeout: 5000 }).catch(() => null), press(page, start)]);
    return found;
  }, "an export is there");
  assert.match(download.suggestedFilename(), /^dora-\d{4}-\d\d-\d\d\.tar$/);
  await toast(page, "Everything is exported").waitFor();
  const files = filesOf(await readFile(await download.path()));
  const names = [...files.keys()];
  for (const name of ["README.txt", "data/Mailbox.json", "data/Identity.json", "index/000001.jsonl"])
    assert.ok(names.includes(name), names.join("\n"));
  const letter = [...files].find(([name, content]) => name.startsWith("mail/") && content.includes("Subject: Keep me"));
  assert.equal(letter[1].toString().split("All work and no play.").length - 1, 90_000);
  assert.deepEqual(
    page.troubles.filter((one) => !/status of 429/.test(one)),
    [],
  );
  await page.context().close();
});

test("the account page speaks German", async () => {
  const page = await open(browser, { locale: "de-DE" });
  await signIn(page, "/settings", dora);
  for (const name of ["Zweiter Schritt beim Anmelden", "Passkeys", "App-Passwörter", "Sitzungen", "Alles aus diesem Konto"])
    await region(page, name).waitFor();
  await region(page, "Sitzungen").getByText("Chrome auf Linux (diese)").waitFor();
  await page.getByRole("heading", { name: "Konto und Sicherheit" }).scrollIntoViewIfNeeded();
  await shot(page, "account-german");
  assert.deepEqual(await findings(page), []);
  const words = await page.locator("section[aria-labelledby=account]").innerText();
  assert.equal(words.match(/\b(password|session|export|second|recovery|device|last used)\b/i), null);
  clean(page);
  await page.context().close();
});
