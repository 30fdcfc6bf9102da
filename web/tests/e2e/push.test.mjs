// The service worker: the shell without the network, and Web Push end to end. The one part that is not real is the browser maker's push
// service, which no test machine reaches: here the server posts to one of our own, whose sealed messages are opened with the subscription's
// keys and given to the worker by the debugger.
import assert from "node:assert/strict";
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { after, before, test } from "node:test";
import { address, base, deliver, findings, launch, open, row, shot, signIn, until } from "./browser.mjs";

const keys = createECDH("prime256v1");
keys.generateKeys();
const auth = randomBytes(16);
const posted = [];
let browser;
let service;
let endpoint;
before(async () => {
  // A worker is refused where a certificate is not trusted, whatever a page of the test may do.
  browser = await launch("--ignore-certificate-errors");
  const read = (name) => readFileSync(`${process.env.CONTROL}/push.test.${name}`);
  service = createServer({ cert: read("pem"), key: read("key") }, (request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      posted.push(JSON.parse(unseal(Buffer.concat(pieces))));
      response.writeHead(201).end();
    });
  });
  await new Promise((ready) => service.listen(0, "127.0.9.40", ready));
  endpoint = `https://127.0.9.40:${service.address().port}/alice`;
});
after(async () => {
  service.closeAllConnections();
  service.close();
  await browser.close();
});

/** RFC 8291, the receiver's side. */
function unseal(body) {
  const [salt, theirs, sealed] = [body.subarray(0, 16), body.subarray(21, 86), body.subarray(86)];
  const derive = (secret, salt, info, octets) => Buffer.from(hkdfSync("sha256", secret, salt, info, octets));
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), keys.getPublicKey(), theirs]);
  const secret = derive(keys.computeSecret(theirs), auth, info, 32);
  const key = derive(secret, salt, "Content-Encoding: aes128gcm\0", 16);
  const opened = createDecipheriv("aes-128-gcm", key, derive(secret, salt, "Content-Encoding: nonce\0", 12));
  opened.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([opened.update(sealed.subarray(0, -16)), opened.final()]);
  return plain.subarray(0, plain.lastIndexOf(2)).toString();
}

/** The worker of a page, once it runs, and a way to push to it. */
async function workerOf(page) {
  const debug = await page.context().newCDPSession(page);
  let registrationId;
  debug.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    registrationId = registrations.find((one) => !one.isDeleted)?.registrationId ?? registrationId;
  });
  await debug.send("ServiceWorker.enable");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => null));
  await until(() => registrationId, "the worker is registered");
  const worker = await until(() => page.context().serviceWorkers()[0], "the worker runs");
  const push = (message) =>
    debug.send("ServiceWorker.deliverPushMessage", { origin: base, registrationId, data: JSON.stringify(message) });
  return { worker, push };
}

async function subscriptions(page) {
  const answer = await page.request.post(`${base}/jmap/api`, {
    headers: { "X-Posthorn": "1" },
    data: { using: ["urn:ietf:params:jmap:core"], methodCalls: [["PushSubscription/get", { ids: null }, "0"]] },
  });
  return (await answer.json()).methodResponses[0][1].list;
}

test("the shell starts without the network, says so, and goes on when it is back", async () => {
  const page = await open(browser, { serviceWorkers: "allow" });
  await signIn(page);
  await workerOf(page);
  await page.reload();
  await page.locator("main.panes").waitFor();
  await page.context().setOffline(true);
  await page.goto(`${base}/mail/archive`);
  await page.getByRole("alert").filter({ hasText: "The server cannot be reached." }).waitFor();
  await shot(page, "offline");
  assert.deepEqual(await findings(page), []);
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator("main.panes").waitFor();
  await page.context().close();
});

test("a browser that refuses is told of in words", async () => {
  const page = await open(browser, { serviceWorkers: "allow" });
  await signIn(page, "/settings");
  const section = page.getByRole("region", { name: "Notifications" });
  await section.getByRole("checkbox").click();
  await section.getByRole("alert").filter({ hasText: "does not let Posthorn show notifications" }).waitFor();
  assert.equal(await section.getByRole("checkbox").isChecked(), false);
  assert.deepEqual(await subscriptions(page), []);
  // Allowed, but this browser has no push service that it could reach.
  await page.context().grantPermissions(["notifications"], { origin: base });
  await section.getByRole("checkbox").click();
  await section.getByRole("alert").filter({ hasText: "cannot be reached by push messages" }).waitFor();
  assert.deepEqual(await subscriptions(page), []);
  assert.deepEqual(await findings(page), []);
  await page.context().close();
});

test("a subscription is made and proved; new mail is told of, and a click opens it; signing out ends it", async () => {
  const page = await open(browser, { serviceWorkers: "allow" });
  await page.context().grantPermissions(["notifications"], { origin: base });
  const json = { endpoint, keys: { p256dh: keys.getPublicKey("base64url"), auth: auth.toString("base64url") } };
  await page.addInitScript((json) => {
    const made = { ...json, toJSON: () => json, unsubscribe: async () => true };
    PushManager.prototype.subscribe = async (options) => {
      globalThis.subscribedWith = options;
      return made;
    };
    PushManager.prototype.getSubscription = async () => made;
  }, json);
  await signIn(page, "/settings");
  const { worker, push } = await workerOf(page);
  const section = page.getByRole("region", { name: "Notifications" });
  await section.getByRole("checkbox").focus();
  await page.keyboard.press("Space");
  await until(() => section.getByRole("checkbox").isChecked(), "it is on");
  await shot(page, "notifications");
  const options = await page.evaluate(() => globalThis.subscribedWith);
  const session = await (await page.request.get(`${base}/jmap/session`, { headers: { "X-Posthorn": "1" } })).json();
  assert.deepEqual(options, {
    userVisibleOnly: true,
    applicationServerKey: session.capabilities["urn:ietf:params:jmap:webpush-vapid"].applicationServerKey,
  });
  // The server pushes its code, the worker tells it back.
  const [proof] = await until(() => posted.length && posted, "the server has pushed its code");
  assert.equal(proof["@type"], "PushVerification");
  assert.equal((await subscriptions(page))[0].verificationCode, null);
  await push(proof);
  await until(async () => (await subscriptions(page))[0].verificationCode === proof.verificationCode, "it is proved");

  // No window is open when the letter comes.
  await page.goto("about:blank");
  await worker.evaluate(() => {
    self.told = [];
    const real = self.registration.showNotification.bind(self.registration);
    self.registration.showNotification = async (title, options) => {
      self.told.push({ title, body: options.body, data: options.data });
      await real(title, options);
    };
    self.clients.openWindow = async (path) => void (self.opened = path);
  });
  await deliver(`From: Carol <carol@blue.test>\nTo: ${address}\nSubject: Ring the bell\n\nDinner is ready.\n`);
  await push(await until(() => posted[1], "the server has pushed the change"));
  const [told] = await until(() => worker.evaluate(() => self.told.length && self.told), "the user is told");
  assert.deepEqual([told.title, told.body], ["Carol", "Ring the bell\nDinner is ready."]);
  const click = (data) =>
    worker.evaluate(
      (data) =>
        new Promise((done) => {
          const event = new Event("notificationclick");
          event.notification = { data, close() {} };
          event.waitUntil = (work) => work.then(() => done(self.opened), String);
          self.dispatchEvent(event);
        }),
      data,
    );
  assert.equal(await click(told.data), told.data.path, "a new window");
  // And with a window: there.
  await page.goto(`${base}/settings`);
  await page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
  await click(told.data);
  await page.locator(".plain").getByText("Dinner is ready.").waitFor();
  // What is not ours to read makes no noise.
  await push({ "@type": "Nonsense" });
  assert.equal(await worker.evaluate(() => self.told.length), 1);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Password").waitFor();
  await signIn(page);
  assert.deepEqual(await subscriptions(page), []);
  await row(page, "Ring the bell").waitFor();
  await page.context().close();
});
