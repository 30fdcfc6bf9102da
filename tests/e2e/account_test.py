"""The account page's routes on the real server, with Python's own HTTP, IMAP, POP3 and SMTP clients: password, app passwords, sessions,
one-time codes, export; and what the server does by itself for an account: snoozed letters, answers of who is away, remote images."""
import base64
import email
import email.policy
import hashlib
import hmac
import http.client
import http.server
import imaplib
import io
import json
import os
import poplib
import re
import smtplib
import struct
import subprocess
import tarfile
import threading
import time
import unittest
import urllib.parse

from cases import ServerCase
from harness import Dns, Folder, Pair, Server, free_ports, letter, resident, wait_for, zone

CORE = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]


def code_of(secret, at=None):
    """RFC 6238, written for this test."""
    counter = struct.pack(">Q", int(time.time() if at is None else at) // 30)
    digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1).digest()
    offset = digest[19] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7fffffff) % 1000000:06}"


class Browser:
    """One browser: a cookie, and the webmail's own field."""

    def __init__(self, server, agent="Test/1"):
        self.server, self.agent, self.cookie = server, agent, None

    def connect(self):
        return http.client.HTTPSConnection(self.server.address, self.server.ports["https"], context=self.server.tls(), timeout=60)

    def fields(self):
        fields = {"X-Posthorn": "1", "Content-Type": "application/json", "User-Agent": self.agent}
        if self.cookie:
            fields["Cookie"] = self.cookie
        return fields

    def ask(self, method, path, body=None):
        connection = self.connect()
        connection.request(method, path, None if body is None else json.dumps(body), self.fields())
        answer = connection.getresponse()
        data = answer.read()
        if answer.headers["Set-Cookie"]:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        connection.close()
        return answer.status, json.loads(data) if "json" in (answer.headers["Content-Type"] or "") else data

    def log_in(self, user, password=None, code=None):
        proof = {"username": user, "password": password or self.server.passwords[user]}
        if code:
            proof["code"] = code
        return self.ask("POST", "/auth/login", proof)

    def api(self, calls):
        return self.ask("POST", "/jmap/api", {"using": CORE, "methodCalls": calls})

    def listen(self):
        """An open event source, and what ends when it does."""
        connection = self.connect()
        connection.request("GET", "/jmap/eventsource?types=*&closeafter=no&ping=0", headers=self.fields())
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        answer.fp.readline()
        ended = threading.Event()

        def read():
            try:
                answer.read()
            except OSError:
                pass
            ended.set()
        threading.Thread(target=read, daemon=True).start()
        return ended

class Authenticator:
    """A device with one passkey, by openssl: what a browser would send of it."""

    def __init__(self, folder, name):
        self.key = os.path.join(folder, f"{name}.passkey.pem")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key], check=True)
        self.point = subprocess.run(["openssl", "ec", "-in", self.key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-65:]
        self.id, self.counter, self.user = os.urandom(32), 0, b""

    @staticmethod
    def client_data(kind, challenge, origin):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def data(self, rp, flags):
        self.counter += 1
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + struct.pack(">I", self.counter)

    def create(self, options, origin, flags=0x45):
        self.user = unbase64(options["user"]["id"])
        cose = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + self.point[1:33] + b"\x22\x58\x20" + self.point[33:]
        data = self.data(options["rp"]["id"], flags) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
        return {"challenge": options["challenge"], "clientDataJSON": base64url(self.client_data("webauthn.create", options["challenge"], origin)), "attestationObject": base64url(attestation)}

    def get(self, options, origin, flags=0x05):
        client, data = self.client_data("webauthn.get", options["challenge"], origin), self.data(options["rpId"], flags)
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=data + hashlib.sha256(client).digest(), check=True, capture_output=True).stdout
        return {"challenge": options["challenge"], "id": base64url(self.id), "clientDataJSON": base64url(client), "authenticatorData": base64url(data),
                "signature": base64url(signature), "userHandle": base64url(self.user)}


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class AccountPage(ServerCase):
    users = ("sam",)
    sections = {"server": 'cleanup_every = "2s"\n', "limits": "failed_logins_before_waits = 0\nfailed_logins_per_address = 0\n"}

    def user(self, name):
        self.server.add(name)
        return f"{name}@blue.test"

    def browser(self, user, agent="Test/1"):
        browser = Browser(self.server, agent)
        status, _ = browser.log_in(user)
        self.assertEqual(status, 200)
        return browser

    def imap_says(self, user, password):
        client = imaplib.IMAP4_SSL(self.server.address, self.server.ports["imaps"], ssl_context=self.server.tls(), timeout=60)
        try:
            client.login(user, password)
            return "OK"
        except imaplib.IMAP4.error as error:
            return str(error)
        finally:
            client.shutdown()

    # -- password
    def test_F6_a_new_password_ends_all_other_sessions_and_needs_the_old_one(self):
        user = self.user("anna")
        mine, other = self.browser(user), self.browser(user, "Other/1")
        other_events, my_events = other.listen(), mine.listen()
        app, drop = self.server.imap(user), self.server.pop3(user)
        app.select("INBOX")
        app.send(b"x IDLE\r\n")
        app.readline()
        for body, kind in [({"new": "another word"}, "proofNeeded"), ({"current": "no", "new": "another word"}, "proofWrong")]:
            status, problem = mine.ask("POST", "/account/password", body)
            self.assertEqual((status, problem["type"].rsplit(":", 1)[1]), (403, kind))
        for new in ["short", "secret word"]:
            status, problem = mine.ask("POST", "/account/password", {"current": "secret word", "new": new})
            self.assertEqual(status, 400)
            self.assertTrue(problem["detail"])
        self.assertFalse(other_events.is_set())
        before = mine.cookie
        status, _ = mine.ask("POST", "/account/password", {"current": "secret word", "new": "another word"})
        self.assertEqual(status, 200)
        self.assertNotEqual(mine.cookie, before, "a new token for who stays")
        self.assertTrue(other_events.wait(5), "an event source does not outlive its session")
        self.assertTrue(my_events.wait(5), "the old token is over, here too")
        self.assertEqual(app.readline(), b"", "nor does a mail app that logged in with it")
        with self.assertRaises((poplib.error_proto, OSError)):
            drop.noop()
        self.assertEqual(mine.api([])[0], 200)
        self.assertEqual(other.api([])[0], 401)
        self.assertIn("AUTHENTICATIONFAILED", self.imap_says(user, "secret word"))
        self.assertEqual(self.imap_says(user, "another word"), "OK")

    # -- sessions
    def test_sessions_are_listed_and_end_at_once(self):
        user = self.user("ben")
        mine, other = self.browser(user, "Mine/1"), self.browser(user, "Other/2")
        _, answer = mine.ask("GET", "/account/sessions")
        by_agent = {one["agent"]: one for one in answer["list"]}
        self.assertEqual({agent: one["current"] for agent, one in by_agent.items()}, {"Mine/1": True, "Other/2": False})
        for one in by_agent.values():
            self.assertTrue(one["address"])
            self.assertRegex(one["used"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        events = other.listen()
        started = time.monotonic()
        self.assertEqual(mine.ask("DELETE", f"/account/sessions/{by_agent['Other/2']['id']}")[0], 200)
        self.assertTrue(events.wait(5))
        self.assertLess(time.monotonic() - started, 2)
        self.assertEqual(other.api([])[0], 401)
        self.assertEqual(mine.ask("DELETE", f"/account/sessions/{by_agent['Other/2']['id']}")[0], 404)
        self.assertEqual(mine.ask("DELETE", "/account/sessions/nonsense")[0], 404)
        for _ in range(3):
            self.browser(user, "More/1")
        self.assertEqual(mine.ask("DELETE", "/account/sessions"), (200, {"ended": 3}))
        self.assertEqual([one["agent"] for one in mine.ask("GET", "/account/sessions")[1]["list"]], ["Mine/1"])

    def test_F6_requests_under_way_end_with_their_session(self):
        user = self.user("cleo")
        mine, other = self.browser(user, "Mine/1"), self.browser(user, "Other/2")
        connection = other.connect()
        connection.putrequest("POST", "/jmap/api")
        for name, value in {**other.fields(), "Content-Length": "1000"}.items():
            connection.putheader(name, value)
        connection.endheaders(b'{"using":')  # it waits for the rest
        wait_for(lambda: len(mine.ask("GET", "/account/sessions")[1]["list"]) == 2)
        time.sleep(0.2)
        self.assertEqual(mine.ask("DELETE", "/account/sessions"), (200, {"ended": 1}))
        connection.sock.settimeout(5)
        self.assertEqual(connection.sock.recv(100), b"")

    def test_a_disabled_account_is_out_at_once(self):
        user = self.user("dora")
        events = self.browser(user).listen()
        self.server.cli("account", "set", user, "--disable")
        self.assertTrue(events.wait(5))

    def test_F5_forms_of_other_origins_change_nothing(self):
        user = self.user("emil")
        mine = self.browser(user)
        connection = mine.connect()
        connection.request("DELETE", "/account/sessions", headers={"Cookie": mine.cookie})
        self.assertEqual(connection.getresponse().status, 403)
        connection = mine.connect()
        connection.request("POST", "/account/password", json.dumps({"current": "secret word", "new": "another word"}), {"Cookie": mine.cookie, "Content-Type": "text/plain"})
        self.assertEqual(connection.getresponse().status, 403)

    # -- app passwords
    def test_app_passwords_open_mail_apps_and_nothing_else(self):
        user = self.user("fritz")
        mine = self.browser(user)
        status, problem = mine.ask("POST", "/account/app-passwords", {"label": "phone"})
        self.assertEqual((status, problem["type"].rsplit(":", 1)[1]), (403, "proofNeeded"))
        status, made = mine.ask("POST", "/account/app-passwords", {"label": "Frïtz' phone/1", "current": "secret word"})
        self.assertEqual(status, 201)
        self.assertEqual(mine.ask("POST", "/account/app-passwords", {"label": "Frïtz' phone/1", "current": "secret word"})[0], 409)
        one = mine.ask("GET", "/account/app-passwords")[1]["list"]
        self.assertEqual([(o["label"], o["used"]) for o in one], [("Frïtz' phone/1", None)])
        self.assertEqual(self.imap_says(user, made["password"]), "OK")
        self.assertRegex(mine.ask("GET", "/account/app-passwords")[1]["list"][0]["used"], r"^20\d\d-")
        self.assertEqual(Browser(self.server).log_in(user, made["password"])[0], 401, "not the webmail")
        # It is taken back: what it opened is shut.
        by_app = Browser(self.server)
        by_app.fields = lambda: {"Authorization": "Basic " + base64.b64encode(f"{user}:{made['password']}".encode()).decode(), "Content-Type": "application/json"}
        events = by_app.listen()
        self.assertEqual(mine.ask("DELETE", "/account/app-passwords/" + urllib.parse.quote("Frïtz' phone/1", safe=""))[0], 200)
        self.assertTrue(events.wait(5))
        self.assertIn("AUTHENTICATIONFAILED", self.imap_says(user, made["password"]))
        self.assertEqual(mine.ask("DELETE", "/account/app-passwords/none")[0], 404)

    # -- one-time codes
    def begin_codes(self, user):
        mine = self.browser(user)
        self.assertEqual(mine.ask("GET", "/account/codes")[1], {"on": False, "recoveryLeft": 0})
        self.assertEqual(mine.ask("POST", "/account/codes", {})[0], 403)
        status, begun = mine.ask("POST", "/account/codes", {"current": "secret word"})
        self.assertEqual(status, 200)
        self.assertIn(f"secret={begun['secret']}", begun["url"])
        self.assertTrue(begun["url"].startswith("otpauth://totp/"))
        self.assertEqual(Browser(self.server).log_in(user)[0], 200, "not before a code was shown")
        status, problem = mine.ask("POST", "/account/codes/confirm", {"code": "000000" if code_of(begun["secret"]) != "000000" else "111111"})
        self.assertEqual((status, problem["type"].rsplit(":", 1)[1]), (403, "codeWrong"))
        first = code_of(begun["secret"])
        status, answer = mine.ask("POST", "/account/codes/confirm", {"code": first})
        self.assertEqual(status, 200, answer)
        return mine, begun["secret"], answer["recovery"], first

    def test_E14_codes_are_asked_for_and_count_once(self):
        user = self.user("gina")
        mine, secret, recovery, first = self.begin_codes(user)
        self.assertEqual(len(set(recovery)), 10)
        visitor = Browser(self.server)
        status, problem = visitor.log_in(user)
        self.assertEqual((status, problem["type"].rsplit(":", 1)[1]), (401, "codeNeeded"))
        status, problem = visitor.log_in(user, "wrong word", first)
        self.assertNotIn("code", problem["type"], "a wrong password tells nothing of codes")
        self.assertEqual(visitor.log_in(user, code=first)[1]["type"].rsplit(":", 1)[1], "codeWrong", "it was shown already")
        # The next step's code is good now, as clocks differ; then none of before it.
        following = code_of(secret, time.time() + 30)
        self.assertEqual(visitor.log_in(user, code=following)[0], 200)
        self.assertEqual(Browser(self.server).log_in(user, code=following)[0], 401)
        self.assertEqual(Browser(self.server).log_in(user, code=code_of(secret, time.time() + 300))[0], 401)
        # Recovery codes, as people type them, once each.
        self.assertEqual(Browser(self.server).log_in(user, code=recovery[3].upper().replace("-", " "))[0], 200)
        self.assertEqual(Browser(self.server).log_in(user, code=recovery[3])[0], 401)
        self.assertEqual(mine.ask("GET", "/account/codes")[1], {"on": True, "recoveryLeft": 9})
        status, renewed = mine.ask("POST", "/account/codes/recovery", {"code": recovery[4]})
        self.assertEqual((status, len(renewed["recovery"])), (200, 10))
        self.assertEqual(Browser(self.server).log_in(user, code=recovery[5])[0], 401)
        # Off again: with a proof only.
        self.assertEqual(mine.ask("DELETE", "/account/codes", {})[0], 403)
        self.assertEqual(mine.ask("DELETE", "/account/codes", {"current": "secret word"})[0], 200)
        self.assertEqual(Browser(self.server).log_in(user)[0], 200)

    def test_with_codes_mail_apps_need_app_passwords_and_are_told_so(self):
        user = self.user("hugo")
        mine, _, recovery, _ = self.begin_codes(user)
        self.assertIn("app password", self.imap_says(user, "secret word"))
        self.assertNotIn("app password", self.imap_says(user, "wrong word"))
        client = smtplib.SMTP_SSL(self.server.address, self.server.ports["submissions"], context=self.server.tls(), timeout=60)
        with self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
            client.login(user, "secret word")
        self.assertEqual(refused.exception.smtp_code, 534)
        self.assertIn(b"app password", refused.exception.smtp_error)
        client.close()
        drop = poplib.POP3_SSL(self.server.address, self.server.ports["pop3s"], context=self.server.tls(), timeout=60)
        drop.user(user)
        with self.assertRaises(poplib.error_proto) as refused:
            drop.pass_("secret word")
        self.assertIn("app password", str(refused.exception))
        drop.close()
        basic = Browser(self.server)
        basic.fields = lambda: {"Authorization": "Basic " + base64.b64encode(f"{user}:secret word".encode()).decode(), "Content-Type": "application/json"}
        status, problem = basic.api([])
        self.assertEqual((status, problem["type"].rsplit(":", 1)[1]), (401, "codeNeeded"))
        _, made = mine.ask("POST", "/account/app-passwords", {"label": "laptop", "code": recovery[0]})
        self.server.passwords[user] = made["password"]
        self.server.submit(user, ["sam@blue.test"], letter(user, "sam@blue.test"))
        self.assertEqual(self.imap_says(user, made["password"]), "OK")
        self.server.cli("account", "codes-off", user)
        self.assertEqual(self.imap_says(user, "secret word"), "OK")

    def test_codes_are_still_asked_for_after_a_restart(self):
        user = self.user("ida")
        _, secret, recovery, first = self.begin_codes(user)
        self.server.stop()
        self.server.start()
        self.assertEqual(Browser(self.server).log_in(user)[0], 401)
        self.assertEqual(Browser(self.server).log_in(user, code=first)[0], 401, "a used code stays used")
        self.assertEqual(Browser(self.server).log_in(user, code=recovery[0])[0], 200)

    # -- passkeys
    def test_a_passkey_opens_the_webmail_without_a_password(self):
        user = self.user("mona")
        mine = self.browser(user)
        origin = f"https://{self.server.address}:{self.server.ports['https']}"
        device = Authenticator(self.folder.path, "mona")
        self.assertEqual(mine.ask("POST", "/account/passkeys/begin", {})[0], 403, "not without a proof")
        begin = lambda: mine.ask("POST", "/account/passkeys/begin", {"current": "secret word"})[1]
        options = begin()
        self.assertEqual((options["attestation"], options["authenticatorSelection"]["userVerification"], options["excludeCredentials"]), ("none", "required", []))
        for what in [{"origin": "https://evil.test"}, {"origin": origin, "flags": 0x41}, {"origin": origin, "flags": 0x44}]:
            self.assertEqual(mine.ask("POST", "/account/passkeys", {"label": "x", **device.create(begin(), **what)})[0], 400, what)
        made = {"label": "Mona's phone", **device.create(options, origin)}
        self.assertEqual(mine.ask("POST", "/account/passkeys", made), (201, {"label": "Mona's phone"}))
        self.assertEqual(mine.ask("POST", "/account/passkeys", made)[0], 403, "a challenge counts once")
        self.assertEqual([(one["label"], one["used"]) for one in mine.ask("GET", "/account/passkeys")[1]["list"]], [("Mona's phone", None)])
        self.assertEqual(len(begin()["excludeCredentials"]), 1)

        other = Browser(self.server)
        ask = lambda: other.ask("POST", "/auth/passkey/begin", {})[1]
        shown = device.get(ask(), origin)
        status, answer = other.ask("POST", "/auth/passkey", shown)
        self.assertEqual((status, answer), (200, {"username": user}))
        self.assertEqual(other.api([])[0], 200)
        self.assertEqual(Browser(self.server).ask("POST", "/auth/passkey", shown)[0], 401, "E14: no replay")
        for change in [lambda s: s.update(userHandle=base64url(b"A9999")), lambda s: s.update(id=base64url(os.urandom(32))), lambda s: s.update(signature=s["signature"][:-4] + "AAAA"),
                       lambda s: s.update(challenge=base64url(os.urandom(40))), lambda s: s.update(clientDataJSON=base64url(b"{}")), lambda s: s.clear()]:
            shown = device.get(ask(), origin)
            change(shown)
            self.assertEqual(Browser(self.server).ask("POST", "/auth/passkey", shown)[0], 401)
        for what in [{"origin": "https://evil.test"}, {"origin": origin, "flags": 1}]:
            self.assertEqual(Browser(self.server).ask("POST", "/auth/passkey", device.get(ask(), **what))[0], 401, what)
        device.counter = 0
        self.assertEqual(Browser(self.server).ask("POST", "/auth/passkey", device.get(ask(), origin))[0], 401, "a copy whose counter is behind")
        device.counter = 1000
        self.assertEqual(Browser(self.server).ask("POST", "/auth/passkey", device.get(ask(), origin))[0], 200)
        self.assertEqual(mine.ask("DELETE", "/account/passkeys/" + urllib.parse.quote("Mona's phone"))[0], 200)
        self.assertEqual(Browser(self.server).ask("POST", "/auth/passkey", device.get(ask(), origin))[0], 401)

    # -- export
    def test_export_holds_everything_as_it_came(self):
        user = self.user("jana")
        mine = self.browser(user)
        client = self.server.imap(user)
        client.create("Work")
        client.create('"Work/&ANw-ber alles"')
        messages = {}
        for i in range(25):
            body = letter("x@blue.test", user, f"Number {i}\r\n".encode() * (1 + 3000 * (i % 3)), f"Letter {i}")
            box = ["INBOX", "Work", '"Work/&ANw-ber alles"'][i % 3]
            client.append(box, "(\\Seen project)" if i % 2 else "()", '"24-Nov-2026 17:05:04 +0000"', body)
            messages[body] = (box.strip('"').replace("&ANw-", "Ü"), bool(i % 2))
        client.select("INBOX")
        client.copy("1", "Work")
        client.logout()
        status, data = mine.ask("GET", "/account/export")
        self.assertEqual(status, 200)
        archive = tarfile.open(fileobj=io.BytesIO(data))
        self.assertIn("README.txt", archive.getnames())
        mail = {}
        for entry in archive:
            if entry.name.startswith("mail/"):
                mail[entry.name] = archive.extractfile(entry).read()
                self.assertEqual(entry.mtime, 1795539904)
        self.assertEqual(len(mail), 26)
        index = [json.loads(line) for name in archive.getnames() if name.startswith("index/") for line in archive.extractfile(name).read().splitlines()]
        self.assertEqual(len(index), 25)
        for one in index:
            box, flagged = messages[mail[one["file"]]]
            self.assertIn(box, one["mailboxes"])
            self.assertEqual(one["keywords"], ["\\Seen", "project"] if flagged else [])
        self.assertEqual(len([one for one in index if len(one["mailboxes"]) == 2]), 1)
        boxes = {one["name"] for one in json.loads(archive.extractfile("data/Mailbox.json").read())}
        self.assertLessEqual({"Inbox", "Work"} if "Inbox" in boxes else {"INBOX", "Work"}, boxes)
        self.assertEqual(json.loads(archive.extractfile("data/Identity.json").read())[0]["email"], user)

    def test_export_does_not_hold_the_mail_in_memory(self):
        user = self.user("karl")
        client = self.server.imap(user)
        for i in range(30):
            client.append("INBOX", "()", None, letter("x@blue.test", user, bytes(range(33, 127)) * 44_000, f"Large {i}").replace(b"~!", b"~\r\n!"))
        client.logout()
        mine = self.browser(user)

        before = resident(self.server.process)
        connection = mine.connect()
        connection.request("GET", "/account/export", headers=mine.fields())
        answer = connection.getresponse()
        self.assertEqual(mine.ask("GET", "/account/export")[0], 429, "one at a time")
        total, most = 0, 0
        while True:
            piece = answer.read(1 << 20)
            if not piece:
                break
            total += len(piece)
            most = max(most, resident(self.server.process))
        self.assertGreater(total, 120_000_000)
        self.assertLess(most - before, 60_000_000)

    # -- snooze
    def test_a_snoozed_letter_comes_back_unseen_also_after_a_restart(self):
        user = self.user("lena")
        mine = self.browser(user)
        client = self.server.imap(user)
        for subject in ["Soon", "After the restart"]:
            client.append("INBOX", "(\\Seen)", None, letter("x@blue.test", user, subject=subject))
        account = next(iter(mine.ask("GET", "/jmap/session")[1]["accounts"]))
        _, answer = mine.api([["Mailbox/get", {"accountId": account, "ids": None}, "a"], ["Email/query", {"accountId": account, "sort": [{"property": "receivedAt"}]}, "b"]])
        inbox = next(one["id"] for one in answer["methodResponses"][0][1]["list"] if one["role"] == "inbox")
        soon, later = answer["methodResponses"][1][1]["ids"]
        _, answer = mine.api([["Mailbox/set", {"accountId": account, "create": {"s": {"name": "Snoozed", "role": "snoozed"}}}, "a"]])
        bed = answer["methodResponses"][0][1]["created"]["s"]["id"]
        when = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        until = when(6)
        _, answer = mine.api([["Email/set", {"accountId": account, "update": {
            soon: {"mailboxIds": {bed: True}, "snoozed": {"until": when(2), "moveToMailboxId": inbox}},
            later: {"mailboxIds": {bed: True}, "snoozed": {"until": until, "moveToMailboxId": inbox}}}}, "a"],
            ["Email/get", {"accountId": account, "ids": [later], "properties": ["snoozed", "mailboxIds"]}, "b"]])
        self.assertEqual(set(answer["methodResponses"][0][1]["updated"]), {soon, later})
        self.assertEqual(answer["methodResponses"][1][1]["list"][0]["snoozed"], {"until": until, "moveToMailboxId": inbox})
        for bad in [{"until": "tomorrow"}, {"moveToMailboxId": inbox}, {"until": until, "moveToMailboxId": "Fzz"}, {"until": until, "x": 1}, 5]:
            _, answer = mine.api([["Email/set", {"accountId": account, "update": {soon: {"snoozed": bad}}}, "a"]])
            self.assertEqual(answer["methodResponses"][0][1]["notUpdated"][soon]["properties"], ["snoozed"], bad)
        client.select("INBOX")
        self.assertEqual(client.uid("SEARCH", "ALL")[1], [b""])
        wait_for(lambda: (client.noop(), client.uid("SEARCH", "UNSEEN")[1][0])[1], 20, "it did not wake")
        client.logout()
        self.server.stop()
        wait_for(lambda: time.gmtime() > time.strptime(until, "%Y-%m-%dT%H:%M:%SZ"), 20)
        self.server.start()
        client = self.server.imap(user)
        client.select("INBOX")
        wait_for(lambda: len((client.noop(), client.uid("SEARCH", "UNSEEN")[1][0].split())[1]) == 2, 20, "the restart forgot it")
        client.logout()
        _, answer = mine.api([["Email/get", {"accountId": account, "ids": [later], "properties": ["snoozed", "mailboxIds", "keywords"]}, "b"]])
        self.assertEqual(answer["methodResponses"][0][1]["list"][0], {"id": later, "snoozed": None, "mailboxIds": {inbox: True}, "keywords": {}})

    def test_garbage_is_collected_from_time_to_time(self):
        wait_for(lambda: self.server.events("garbage.collected"), 20)


class Vacation(unittest.TestCase):
    """Two servers: alice at blue is away, bob at green writes to her."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder("vacation")
        spf = {"green.test": 'green.test. TXT "v=spf1 ip4:127.0.0.0/8 -all"\n', "blue.test": 'blue.test. TXT "v=spf1 ip4:127.0.0.0/8 -all"\n'}
        cls.pair = Pair(cls.folder.path, more_zone=spf)
        cls.pair.start()
        cls.alice = Browser(cls.pair.blue)
        cls.alice.log_in("alice@blue.test")
        cls.account = next(iter(cls.alice.ask("GET", "/jmap/session")[1]["accounts"]))

    @classmethod
    def tearDownClass(cls):
        cls.pair.close()
        cls.folder.remove()

    def call(self, method, arguments):
        using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:vacationresponse"]
        _, answer = self.alice.ask("POST", "/jmap/api", {"using": using, "methodCalls": [[method, {"accountId": self.account, **arguments}, "a"]]})
        return answer["methodResponses"][0][:2]

    def set(self, patch):
        return self.call("VacationResponse/set", {"update": {"singleton": patch}})[1]

    def test_rfc_8621_8_there_is_one_and_only_one(self):
        name, answer = self.call("VacationResponse/get", {})
        self.assertEqual((name, [one["id"] for one in answer["list"]]), ("VacationResponse/get", ["singleton"]))
        self.assertEqual(set(answer["list"][0]), {"id", "isEnabled", "fromDate", "toDate", "subject", "textBody", "htmlBody"})
        _, answer = self.call("VacationResponse/get", {"ids": ["singleton", "other"], "properties": ["isEnabled"]})
        self.assertEqual((answer["list"], answer["notFound"]), ([{"id": "singleton", "isEnabled": False}], ["other"]))
        _, answer = self.call("VacationResponse/set", {"create": {"a": {}}, "destroy": ["singleton"], "update": {"b": {}}})
        self.assertEqual([answer["notCreated"]["a"]["type"], answer["notDestroyed"]["singleton"]["type"], answer["notUpdated"]["b"]["type"]], ["singleton", "singleton", "notFound"])
        for bad in [{"isEnabled": 1}, {"fromDate": "x"}, {"subject": "a\nb"}, {"textBody": 5}, {"nonsense": 1}, {"id": "x"}, {"fromDate": "2030-01-02T00:00:00Z", "toDate": "2030-01-01T00:00:00Z"}]:
            self.assertEqual(self.set(bad)["notUpdated"]["singleton"]["type"], "invalidProperties", bad)
        _, before = self.call("VacationResponse/get", {})
        answer = self.set({"subject": "x"})
        self.assertEqual(answer["oldState"], before["state"])
        self.assertNotEqual(answer["newState"], before["state"])
        self.assertEqual(self.call("VacationResponse/set", {"ifInState": before["state"], "update": {}})[1]["type"], "stateMismatch")
        self.set({"subject": None})

    def test_whoever_writes_is_answered_once_by_the_rules(self):
        blue, green = self.pair.blue, self.pair.green
        self.assertIn("singleton", self.set({"isEnabled": True, "subject": "Bin im Urlaub – zurück am Montag", "textBody": "Ich lese alles später.\n", "fromDate": None, "toDate": None})["updated"])
        green.submit("gateway@green.test", ["alice@blue.test"], letter("list@green.test", "alice@blue.test", extra="List-Id: <l.green.test>\r\n"))
        green.submit("bob@green.test", ["alice@blue.test"], letter("bob@green.test", "friends@green.test", subject="A blind copy"))
        blue.wait_for_mail("alice@blue.test", 2)
        for i in range(3):
            green.submit("bob@green.test", ["alice@blue.test"], letter("bob@green.test", "alice@blue.test", subject=f"Lunch {i}", extra=f"Message-ID: <lunch{i}@green.test>\r\n"))
        blue.wait_for_mail("alice@blue.test", 5)
        answer = green.wait_for_mail("bob@green.test", 1)[0]
        time.sleep(2)
        self.assertEqual(len(green.inbox("bob@green.test")), 1)
        parsed = email.message_from_bytes(answer, policy=email.policy.default)
        self.assertEqual(parsed["Return-Path"], "<>")
        self.assertEqual(parsed["Subject"], "Bin im Urlaub – zurück am Montag")
        self.assertEqual(parsed["Auto-Submitted"], "auto-replied")
        self.assertIn(parsed["In-Reply-To"], ["<lunch0@green.test>", "<lunch1@green.test>", "<lunch2@green.test>"])
        self.assertEqual(parsed.get_content().strip(), "Ich lese alles später.")
        self.assertEqual(green.inbox("gateway@green.test"), [])


class RemoteImages(unittest.TestCase):
    """Pictures of a web server of our own, which counts what it is asked."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder("images")
        address = "127.0.9.3"
        cls.port, = free_ports(address, 1)
        zone_text = zone("blue.test", "127.0.9.1") + f"img.blue.test. A {address}\nother.blue.test. A {address}\nmixed.blue.test. A {address}\nmixed.blue.test. A 224.0.0.1\n"
        cls.dns = Dns(cls.folder.path, "127.0.9.53", {"blue.test": zone_text})
        dns = f'forward = ["127.0.9.53@{cls.dns.port}"]\ntest_domain = true\nask_localhost = true\ntrust_anchor = ""\n'
        cls.server = Server(cls.folder.path, sections={"dns": dns, "queue": "allow_private_routes = true\n", "trust": "check_incoming = false\n"})
        cls.server.start()
        cls.server.add("alice")
        png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
        cls.asked = asked = []
        port = cls.port

        class Pictures(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.headers["Host"], self.path, dict(self.headers)))
                if self.path.startswith("/hop"):
                    n = int(self.path[4:])
                    self.send_response(302)
                    self.send_header("Location", f"/hop{n - 1}" if n > 1 else f"http://other.blue.test:{port}/a.png")
                    self.end_headers()
                    return
                to = {"/bad-hop": "http://mixed.blue.test/x.png", "/file": "file:///etc/passwd"}.get(self.path)
                if to:
                    self.send_response(302)
                    self.send_header("Location", to)
                    self.end_headers()
                    return
                body = {"/a.png": png, "/x.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "/large": png + bytes(6 << 20)}.get(self.path)
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "image/png")
                self.send_header("Set-Cookie", "tracked=1")
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass
        cls.web = http.server.ThreadingHTTPServer((address, cls.port), Pictures)
        threading.Thread(target=cls.web.serve_forever, daemon=True).start()
        cls.alice = Browser(cls.server)
        cls.alice.log_in("alice@blue.test")
        cls.account = next(iter(cls.alice.ask("GET", "/jmap/session")[1]["accounts"]))

    @classmethod
    def tearDownClass(cls):
        cls.web.shutdown()
        cls.web.server_close()
        cls.server.close()
        cls.dns.stop()
        cls.folder.remove()

    def fetch(self, path, fields=None):
        connection = self.alice.connect()
        connection.request("GET", path, headers=fields or {})
        answer = connection.getresponse()
        return answer, answer.read()

    def page(self, html, images):
        client = self.server.imap("alice@blue.test")
        client.append("INBOX", None, None, letter("x@blue.test", "alice@blue.test", html.encode(), extra="MIME-Version: 1.0\r\nContent-Type: text/html\r\n"))
        client.logout()
        _, answer = self.alice.api([["Email/query", {"accountId": self.account, "sort": [{"property": "receivedAt", "isAscending": False}], "limit": 1}, "a"]])
        answer, data = self.fetch(f"/body/{self.account}/{answer['methodResponses'][0][1]['ids'][0]}?images={images}", {"Cookie": self.alice.cookie})
        self.assertEqual(answer.status, 200)
        return answer.headers["Content-Security-Policy"], data.decode()

    def sources(self, html):
        policy, page = self.page(html, 1)
        return policy, re.findall(r'<img[^>]* src="([^"]+)"', page)

    def test_F3_nothing_is_asked_without_consent_and_then_only_by_us(self):
        url = f"http://img.blue.test:{self.port}/a.png"
        del self.asked[:]
        policy, page = self.page(f"<p>Hi<img src='{url}'></p>", 0)
        self.assertNotIn("img.blue.test", page)
        self.assertNotIn("http", policy)
        policy, (source,) = self.sources(f"<p>Hi<img src='{url}'></p>")
        self.assertTrue(source.startswith("/imgproxy/"))
        self.assertIn(f"img-src data: https://{self.server.address}:{self.server.ports['https']}/imgproxy/;", policy)
        self.assertEqual(self.asked, [])
        answer, data = self.fetch(source)
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "image/png"))
        self.assertTrue(data.startswith(b"\x89PNG"))
        self.assertIsNone(answer.headers["Set-Cookie"])
        self.assertEqual(answer.headers["Cross-Origin-Resource-Policy"], "cross-origin")
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        self.assertIn("max-age", answer.headers["Cache-Control"])
        (_, _, fields), = self.asked
        self.assertEqual({name for name in fields} - {"Host", "Accept", "User-Agent"}, set(), "who reads is not told")

    def test_F4_only_what_was_signed_here_is_fetched(self):
        url = f"http://img.blue.test:{self.port}/a.png"
        _, (source,) = self.sources(f"<img src='{url}'>")
        parts = source.split("/")
        del self.asked[:]
        other = base64.urlsafe_b64encode(f"http://other.blue.test:{self.port}/a.png".encode()).decode().rstrip("=")
        for wrong in [parts[:6] + [other], parts[:2] + ["A999"] + parts[3:], parts[:3] + ["M999"] + parts[4:], parts[:4] + ["99999"] + parts[5:],
                      parts[:5] + [parts[5][:-1] + ("A" if parts[5][-1] != "A" else "B")] + parts[6:], parts[:6], parts + ["x"]]:
            answer, _ = self.fetch("/".join(wrong))
            self.assertEqual(answer.status, 403, wrong)
        self.assertEqual(self.asked, [])

    def test_F4_redirects_are_looked_at_anew(self):
        for path, status, hosts in [("/hop3", 200, 4), ("/hop4", 403, 4), ("/bad-hop", 403, 1), ("/file", 403, 1)]:
            _, (source,) = self.sources(f"<img src='http://img.blue.test:{self.port}{path}'>")
            del self.asked[:]
            answer, data = self.fetch(source)
            self.assertEqual(answer.status, status, (path, data))
            self.assertEqual(len(self.asked), hosts, path)

    def test_F4_addresses_that_are_not_out_there_are_not_asked(self):
        for host in ["169.254.169.254", "[::ffff:a9fe:a9fe]", "0.0.0.0", "224.0.0.1", f"mixed.blue.test:{self.port}", "nothing.blue.test"]:
            _, sources = self.sources(f"<img src='http://{host}/a.png'>")
            for source in sources:
                del self.asked[:]
                answer, _ = self.fetch(source)
                self.assertIn(answer.status, (403, 502), host)
                self.assertEqual(self.asked, [], host)

    def test_only_raster_images_of_a_size_are_passed_on(self):
        for path, status in [("/x.svg", 415), ("/large", 413), ("/missing", 502)]:
            _, (source,) = self.sources(f"<img src='http://img.blue.test:{self.port}{path}'>")
            answer, _ = self.fetch(source)
            self.assertEqual(answer.status, status, path)


if __name__ == "__main__":
    unittest.main()
