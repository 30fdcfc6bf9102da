"""Logins on the real server, by clients that speak SCRAM (gsasl, and one written here): own and app passwords, with one-time codes and
without; and that what a login opened ends with it."""
import base64
import hashlib
import hmac
import os
import smtplib
import subprocess
import time
import unittest

from account_test import Browser, code_of
from cases import ServerCase
from harness import Server, letter, wait_for


class Scram:
    """RFC 5802 and 7677, written for this test: the client's side of one exchange."""

    def __init__(self, user, password, nonce=None):
        self.user, self.password, self.nonce = user, password, nonce or base64.b64encode(os.urandom(18)).decode()

    def first(self):
        self.bare = f"n={self.user},r={self.nonce}"
        return "n,," + self.bare

    def final(self, challenge):
        told = dict(part.split("=", 1) for part in challenge.split(","))
        assert told["r"].startswith(self.nonce)
        self.salt, self.iterations = base64.b64decode(told["s"]), int(told["i"])
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), self.salt, self.iterations)
        mac = lambda key, text: hmac.new(key, text.encode(), "sha256").digest()
        key = mac(salted, "Client Key")
        without = f"c=biws,r={told['r']}"
        message = f"{self.bare},{challenge},{without}"
        proof = bytes(a ^ b for a, b in zip(key, mac(hashlib.sha256(key).digest(), message)))
        self.signature = base64.b64encode(mac(mac(salted, "Server Key"), message)).decode()
        return f"{without},p={base64.b64encode(proof).decode()}"


class Logins(ServerCase):
    users = ("bob",)
    sections = {"limits": "failed_logins_before_waits = 0\nfailed_logins_per_address = 0\nfailed_logins_per_account = 0\n"}

    def user(self, name):
        """A new account, its browser, and the passwords of two of its apps."""
        self.server.add(name)
        user = f"{name}@blue.test"
        browser = Browser(self.server)
        self.assertEqual(browser.log_in(user)[0], 200)
        apps = []
        for label in ("phone", "desk"):
            status, made = browser.ask("POST", "/account/app-passwords", {"label": label, "current": "secret word"})
            self.assertEqual(status, 201, made)
            apps.append(made["password"])
        return user, browser, apps

    def turn_codes_on(self, browser):
        _, begun = browser.ask("POST", "/account/codes", {"current": "secret word"})
        self.assertEqual(browser.ask("POST", "/account/codes/confirm", {"code": code_of(begun["secret"])})[0], 200)

    # -- SCRAM
    def gsasl(self, mechanism, user, password):
        """Whether it gets in by IMAP. It checks the server's signature, and with -PLUS that of the connection (RFC 9266)."""
        done = subprocess.run(["gsasl", "--client", "--imap", "--connect", f"{self.server.address}:{self.server.ports['imap']}", "--starttls", "--hostname", self.server.name,
                               "--x509-ca-file", self.server.ca, "--mechanism", mechanism, "--authentication-id", user, "--authorization-id", user, "--password", password,
                               "--quality-of-protection", "qop-auth", "--quiet" if mechanism.endswith("PLUS") else "--no-cb"], input=b"", capture_output=True, timeout=60)
        return done.returncode == 0

    def assert_scram(self, user, passwords):
        for password, good in passwords.items():
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"):
                with self.subTest(mechanism=mechanism, password=password):
                    self.assertEqual(self.gsasl(mechanism, user, password), good)
            # gsasl says STARTTLS to SMTP servers before EHLO, so here it is the client above.
            with self.subTest(service="smtp", password=password), self.smtp() as client:
                self.assertEqual(self.scram(client, user, password)[0] == 235, good)

    def test_scram_takes_own_and_app_passwords(self):
        user, browser, (phone, desk) = self.user("anna")
        self.assert_scram(user, {"secret word": True, phone: True, desk: True, "wrong": False})
        used = {one["label"]: one["used"] for one in browser.ask("GET", "/account/app-passwords")[1]["list"]}
        self.assertTrue(used["phone"] and used["desk"], used)
        # One is taken back, and there is another own password: the others go on.
        self.assertEqual(browser.ask("DELETE", "/account/app-passwords/phone")[0], 200)
        self.assertEqual(browser.ask("POST", "/account/password", {"current": "secret word", "new": "another word"})[0], 200)
        self.assert_scram(user, {"another word": True, "secret word": False, phone: False, desk: True})

    def test_scram_takes_only_app_passwords_where_there_are_codes(self):
        user, browser, (phone, desk) = self.user("ben")
        self.turn_codes_on(browser)
        self.assert_scram(user, {"secret word": False, phone: True, desk: True, "wrong": False})
        client = self.smtp()
        code, text = self.scram(client, user, "secret word")
        self.assertEqual((code, b"app password" in text), (534, True), text)
        code, text = self.scram(client, user, "wrong")
        self.assertEqual((code, b"app password" in text), (535, False), text)

    def smtp(self):
        client = smtplib.SMTP(self.server.address, self.server.ports["submission"], timeout=60)
        client.starttls(context=self.server.tls())
        client.ehlo()
        return client

    def scram(self, client, user, password):
        """Logs in by hand: the last answer. What the server told on the way stays in self.told."""
        text = lambda answer: base64.b64decode(answer[1]).decode()
        self.told = one = Scram(user, password)
        begun = client.docmd("AUTH SCRAM-SHA-256", base64.b64encode(one.first().encode()).decode())
        self.assertEqual(begun[0], 334, begun)
        answer = client.docmd(base64.b64encode(one.final(text(begun)).encode()).decode())
        if answer[0] != 334:
            return answer
        self.assertEqual(text(answer), "v=" + one.signature, "the server's signature is made with the password that was shown")
        return client.docmd("")

    def test_E13_unknown_users_look_like_known_ones(self):
        user, _, (phone, _) = self.user("cleo")
        told = {}
        for name in (user, user.upper(), "nobody@blue.test", "nobody@blue.test", "Nobody@Blue.test", "noone@blue.test"):
            client = self.smtp()
            code, text = self.scram(client, name, "wrong")
            self.assertEqual((code, text.split(b" ", 1)[0]), (535, b"5.7.8"))
            told.setdefault(name.lower(), set()).add((self.told.salt, self.told.iterations, text))
            client.close()
        self.assertEqual({name: len(ways) for name, ways in told.items()}, {user: 1, "nobody@blue.test": 1, "noone@blue.test": 1}, "each name has one salt")
        salts = [next(iter(ways))[0] for ways in told.values()]
        self.assertEqual((len(set(salts)), {len(salt) for salt in salts}, {next(iter(ways))[1] for ways in told.values()}), (3, {16}, {4096}))
        # And the time that a proof takes tells nothing: the best of each, which a busy machine only makes worse, so it is looked for as long as needed.
        best, close = {}, lambda: max(best.values()) < 2 * min(best.values()) + 0.001
        for round in range(200):
            if round >= 15 and close():
                break
            for name in (user, "nobody@blue.test"):
                client = self.smtp()
                one = Scram(name, "wrong")
                begun = client.docmd("AUTH SCRAM-SHA-256", base64.b64encode(one.first().encode()).decode())
                line = base64.b64encode(one.final(base64.b64decode(begun[1]).decode()).encode()).decode()
                started = time.perf_counter()
                self.assertEqual(client.docmd(line)[0], 535)
                best[name] = min(best.get(name, 1), time.perf_counter() - started)
                client.close()
        self.assertTrue(close(), best)

    # -- F6: what ends with its login
    def submission(self, user, password):
        client = self.smtp()
        client.login(user, password)
        return client

    def assert_ends(self, client):
        client.sock.settimeout(10)
        self.assertEqual(client.sock.recv(1000), b"", "the connection is shut")

    def test_F6_submission_ends_when_its_password_is_changed_or_taken_back(self):
        user, browser, (phone, desk) = self.user("dora")
        by_own, by_phone, by_desk = (self.submission(user, word) for word in ("secret word", phone, desk))
        by_scram = self.smtp()
        self.assertEqual(self.scram(by_scram, user, phone)[0], 235)
        self.assertEqual(browser.ask("DELETE", "/account/app-passwords/phone")[0], 200)
        self.assert_ends(by_phone)
        self.assert_ends(by_scram)
        self.assertEqual(by_own.noop()[0], 250)
        self.assertEqual(browser.ask("POST", "/account/password", {"current": "secret word", "new": "another word"})[0], 200)
        self.assert_ends(by_own)
        self.assertEqual(by_desk.noop()[0], 250, "another password's login goes on")
        self.server.cli("account", "set", user, "--disable")
        self.assert_ends(by_desk)
        self.assertGreaterEqual(len(self.server.events("smtp.login_ended")), 4)

    def test_F6_a_text_that_comes_while_the_login_ends_is_not_taken(self):
        user, browser, (phone, _) = self.user("emil")
        client = self.submission(user, phone)
        client.mail(user)
        client.rcpt("bob@blue.test")
        self.assertEqual(client.docmd("DATA")[0], 354)
        text = letter(user, "bob@blue.test", subject="Too late")
        client.sock.sendall(text[:-2])
        self.assertEqual(browser.ask("DELETE", "/account/app-passwords/phone")[0], 200)
        wait_for(lambda: [one for one in self.server.events("smtp.login_ended") if one["login"] == user])
        try:
            client.sock.sendall(b"\r\n.\r\n")
            self.assertEqual(client.sock.recv(1000), b"")
        except OSError:
            pass
        self.assertFalse([one for one in self.server.inbox("bob@blue.test") if b"Too late" in one])


if __name__ == "__main__":
    unittest.main()
