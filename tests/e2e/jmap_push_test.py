"""Push subscriptions of JMAP on the real server (RFC 8620 section 7.2): a small push service is the far side."""
import base64
import json
import os
import threading
import time
import unittest

import jmap_ext_test
from harness import certificate, letter, wait_for
from https_service import HttpsService, Quiet

ALICE = jmap_ext_test.ALICE


class PushService(HttpsService):
    """The far side: an HTTPS server that keeps what is POSTed to it."""

    def __init__(self, folder, address):
        certificate(folder, "push.test", address)
        self.requests, self.status, self.lock = [], 201, threading.Lock()
        service = self

        class Handler(Quiet):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with service.lock:
                    service.requests.append((self.path, dict(self.headers), body))
                    status = service.status
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(address, Handler, os.path.join(folder, "push.test.pem"), os.path.join(folder, "push.test.key"))

    def of(self, path):
        with self.lock:
            return [one for one in self.requests if one[0] == path]


class WebPush(jmap_ext_test.Client):
    @classmethod
    def prepare(cls):
        cls.service = PushService(cls.folder.path, "127.0.9.40")
        cls.sections = {"push": 'ca_file = "ca.pem"\nallow_private = true\n'}

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.service.close()

    def subscribe(self, path, **more):
        answer = self.one("PushSubscription/set", {"create": {"s": {"deviceClientId": "test", "url": self.service.url + path, **more}}})
        self.assertIsNone(answer["notCreated"], answer)
        return answer["created"]["s"]["id"]

    def deliver(self):
        with self.server.smtp("bob@blue.test") as smtp:
            smtp.sendmail("bob@blue.test", [ALICE], letter("bob@blue.test", ALICE))

    def test_a_subscription_is_verified_and_told_of_a_letter(self):
        identity = self.subscribe("/plain", types=["EmailDelivery"])
        path, headers, body = wait_for(lambda: self.service.of("/plain"), message="no verification came")[0]
        told = json.loads(body)
        self.assertEqual((told["@type"], told["pushSubscriptionId"], headers["Content-Type"]), ("PushVerification", identity, "application/json"))
        self.assertIn("TTL", headers)
        self.deliver()
        time.sleep(2)
        self.assertEqual(len(self.service.of("/plain")), 1, "nothing before it is verified")
        answer = self.one("PushSubscription/set", {"update": {identity: {"verificationCode": told["verificationCode"]}}})
        self.assertEqual(answer["updated"], {identity: None})
        before = len(self.service.of("/plain"))
        self.deliver()
        change = json.loads(wait_for(lambda: self.service.of("/plain")[before:], message="the letter was not told of")[-1][2])
        self.assertEqual(change["@type"], "StateChange")
        self.assertEqual(set(change["changed"][self.account()]), {"EmailDelivery"})
        # Only its owner sees it, and nobody its URL.
        told = self.one("PushSubscription/get", {"ids": [identity]})["list"][0]
        self.assertNotIn("url", told)
        self.assertEqual(self.one("PushSubscription/get", {"ids": [identity]}, user="bob@blue.test")["notFound"], [identity])
        self.assertEqual(self.one("PushSubscription/set", {"destroy": [identity]})["destroyed"], [identity])

    def test_a_message_for_a_browser_is_sealed_and_signed_rfc_8291_8292(self):
        try:
            from cryptography.hazmat.primitives import hashes, serialization
            from cryptography.hazmat.primitives.asymmetric import ec, utils
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        except ImportError:
            self.skipTest("python3-cryptography, the receiver's side, is not here; crypto's unit tests have the RFC's example")
        unpad = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        key, auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        text = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        self.subscribe("/sealed", keys={"p256dh": text(point), "auth": text(auth)})
        _, headers, body = wait_for(lambda: self.service.of("/sealed"), message="no verification came")[0]
        self.assertEqual(headers["Content-Encoding"], "aes128gcm")
        salt, theirs, sealed = body[:16], body[21:86], body[86:]
        shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        hkdf = lambda size, salt, info, secret: HKDF(hashes.SHA256(), size, salt, info).derive(secret)
        secret = hkdf(32, auth, b"WebPush: info\0" + point + theirs, shared)
        plain = AESGCM(hkdf(16, salt, b"Content-Encoding: aes128gcm\0", secret)).decrypt(hkdf(12, salt, b"Content-Encoding: nonce\0", secret), sealed, None)
        self.assertEqual(json.loads(plain[:-1])["@type"], "PushVerification")
        # The token is for that service, by the key that the Session tells (RFC 9749).
        token, k = (part.split("=", 1)[1] for part in headers["Authorization"].removeprefix("vapid ").split(", "))
        self.assertEqual(k, self.session()["capabilities"]["urn:ietf:params:jmap:webpush-vapid"]["applicationServerKey"])
        signed, signature = token.rsplit(".", 1)
        raw = unpad(signature)
        der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpad(k)).verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
        claims = json.loads(unpad(signed.split(".")[1]))
        self.assertEqual(claims["aud"], self.service.url)
        self.assertLess(claims["exp"] - time.time(), 24 * 3600)

    def test_F6_a_subscription_goes_with_the_password_that_it_was_made_with(self):
        words = {label: self.server.json("account", "app-password", "add", ALICE, label)["password"] for label in ("phone", "desk")}
        words["own"] = own = self.server.passwords[ALICE]

        def by(label, work, *arguments, **more):
            self.server.passwords[ALICE] = words[label]
            try:
                return work(*arguments, **more)
            finally:
                self.server.passwords[ALICE] = own
        made = {label: by(label, self.subscribe, "/of-" + label) for label in words}
        for label in made:
            told = json.loads(wait_for(lambda: self.service.of("/of-" + label), message="no verification came")[0][2])
            by(label, self.one, "PushSubscription/set", {"update": {made[label]: {"verificationCode": told["verificationCode"]}}})
        # Each sees its own alone (RFC 8620 7.2.1).
        for label in made:
            self.assertEqual([one["id"] for one in by(label, self.one, "PushSubscription/get", {"ids": None})["list"]], [made[label]])
        self.server.cli("account", "app-password", "remove", ALICE, "phone")
        before = {label: len(self.service.of("/of-" + label)) for label in made}
        self.deliver()
        for label in ("own", "desk"):
            wait_for(lambda: len(self.service.of("/of-" + label)) > before[label], message="the letter was not told of")
        self.assertEqual(len(self.service.of("/of-phone")), before["phone"])
        # Another app password of that name is another.
        words["phone"] = self.server.json("account", "app-password", "add", ALICE, "phone")["password"]
        self.assertEqual(by("phone", self.one, "PushSubscription/get", {"ids": [made["phone"]]})["notFound"], [made["phone"]])
        for label in ("own", "desk"):
            self.assertEqual(by(label, self.one, "PushSubscription/set", {"destroy": [made[label]]})["destroyed"], [made[label]])
        for label in ("phone", "desk"):
            self.server.cli("account", "app-password", "remove", ALICE, label)

    def prove(self, path, identity, ask):
        told = json.loads(wait_for(lambda: self.service.of(path), message="no verification came")[0][2])
        self.assertEqual(ask("PushSubscription/set", {"update": {identity: {"verificationCode": told["verificationCode"]}}})["updated"], {identity: None})

    def test_F6_a_browsers_subscription_ends_when_it_signs_out(self):
        answer, data = self.ask("POST", "/auth/login", json.dumps({"username": ALICE, "password": self.server.passwords[ALICE]}), {"Content-Type": "application/json", "X-Posthorn": "1"}, user=None)
        self.assertEqual(answer.status, 200, data)
        browser = {"Cookie": answer.headers["Set-Cookie"].split(";")[0], "X-Posthorn": "1", "Content-Type": "application/json"}

        def ask(method, arguments):
            body = {"using": ["urn:ietf:params:jmap:core"], "methodCalls": [[method, arguments, "0"]]}
            answer, data = self.ask("POST", "/jmap/api", json.dumps(body), browser, user=None)
            self.assertEqual(answer.status, 200, data)
            return json.loads(data)["methodResponses"][0][1]
        made = ask("PushSubscription/set", {"create": {"s": {"deviceClientId": "browser", "url": self.service.url + "/browser"}}})["created"]["s"]["id"]
        self.prove("/browser", made, ask)
        control = self.subscribe("/control")
        self.prove("/control", control, self.one)
        self.assertEqual(self.one("PushSubscription/get", {"ids": [made]})["notFound"], [made])
        self.deliver()
        wait_for(lambda: len(self.service.of("/browser")) > 1 and len(self.service.of("/control")) > 1, message="the letter was not told of")
        answer, _ = self.ask("POST", "/auth/logout", None, browser, user=None)
        self.assertEqual(answer.status, 200)
        before = {path: len(self.service.of(path)) for path in ("/browser", "/control")}
        self.deliver()
        wait_for(lambda: len(self.service.of("/control")) > before["/control"], message="the letter was not told of")
        time.sleep(1)
        self.assertEqual(len(self.service.of("/browser")), before["/browser"])
        self.one("PushSubscription/set", {"destroy": [control]})

    def test_a_service_that_says_gone_is_not_asked_again(self):
        self.service.status = 410
        try:
            identity = self.subscribe("/gone")
            wait_for(lambda: self.service.of("/gone"))
            wait_for(lambda: self.one("PushSubscription/get", {"ids": [identity]})["notFound"], message="the subscription is still there")
        finally:
            self.service.status = 201


class WebPushOfAClosedServer(jmap_ext_test.Client):
    def test_F4_addresses_inside_are_not_asked(self):
        for url in ["https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://push.example:8443/", "http://push.example/", "https://[::ffff:127.0.0.1]/",
                    "https://0x7f000001/", "https://169.254.169.254/latest"]:
            answer = self.one("PushSubscription/set", {"create": {"s": {"deviceClientId": "test", "url": url}}})
            self.assertIsNone(answer["created"], url)
            self.assertEqual(answer["notCreated"]["s"]["properties"], ["url"], url)
        # A name is taken and looked up when something is to be sent: localhost and its like lead nowhere.
        answer = self.one("PushSubscription/set", {"create": {"s": {"deviceClientId": "test", "url": "https://localhost/"}}})
        if answer["created"]:
            wait_for(lambda: self.server.events("push.failed"), message="nothing was said of the push that could not be")


if __name__ == "__main__":
    unittest.main()
