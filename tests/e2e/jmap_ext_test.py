"""JMAP beyond mail on the real server: blobs (RFC 9404), quotas (RFC 9425), WebSocket (RFC 8887), contacts (RFC 9610), receipts
(RFC 9007)."""
import base64
import hashlib
import json
import os
import socket
import struct
import threading
import time
import unittest

from cases import JmapCase
from harness import letter, wait_for

CORE, BLOB, QUOTA, MAIL, CONTACTS, MDN, SUBMISSION = (f"urn:ietf:params:jmap:{name}" for name in ("core", "blob", "quota", "mail", "contacts", "mdn", "submission"))
ALICE = "alice@blue.test"


class Client(JmapCase):
    """`one` asks one method and gives its answer."""

    def one(self, method, arguments, using=(CORE, BLOB, QUOTA, MAIL, CONTACTS, MDN, SUBMISSION), user=ALICE):
        if not method.startswith("PushSubscription/"):
            arguments = {"accountId": self.account(user), **arguments}
        return self.api([[method, arguments, "0"]], user, list(using))["methodResponses"][0][1]


class BlobsAndQuotas(Client):
    def test_a_letter_is_written_looked_up_and_put_together_anew(self):
        made = self.one("Blob/upload", {"create": {"m": {"data": [{"data:asText": "From: alice@blue.test\r\nSubject: "}, {"data:asBase64": base64.b64encode(b"made of parts\r\n\r\n").decode()},
                                                                  {"data:asText": "Hello\r\n"}], "type": "message/rfc822"}}})["created"]["m"]
        account, inbox = self.account(), self.one("Mailbox/get", {"ids": None})["list"]
        inbox = next(m["id"] for m in inbox if m["role"] == "inbox")
        email = self.one("Email/import", {"emails": {"e": {"blobId": made["id"], "mailboxIds": {inbox: True}}}})["created"]["e"]
        got = self.one("Blob/get", {"ids": [email["blobId"]], "properties": ["data:asText", "digest:sha-256", "size"]})["list"][0]
        text = "From: alice@blue.test\r\nSubject: made of parts\r\n\r\nHello\r\n"
        self.assertEqual((got["data:asText"], got["size"]), (text, len(text)))
        self.assertEqual(got["digest:sha-256"], base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())
        found = self.one("Blob/lookup", {"typeNames": ["Email", "Mailbox", "Thread"], "ids": [email["blobId"], "BM9999"]})
        self.assertEqual(found["notFound"], ["BM9999"])
        self.assertEqual(found["list"][0]["matchedIds"], {"Email": [email["id"]], "Mailbox": [inbox], "Thread": [email["threadId"]]})
        answer, data = self.ask("GET", f"/jmap/download/{account}/{email['blobId']}/x")
        self.assertEqual(data, text.encode())

    def test_F8_blobs_of_others_are_not_there(self):
        made = self.one("Blob/upload", {"create": {"m": {"data": [{"data:asText": "secret"}]}}})["created"]["m"]
        self.assertEqual(self.one("Blob/get", {"ids": [made["id"]]}, user="bob@blue.test")["notFound"], [made["id"]])
        refused = self.one("Blob/upload", {"create": {"m": {"data": [{"blobId": made["id"]}]}}}, user="bob@blue.test")
        self.assertEqual(refused["notCreated"]["m"]["type"], "blobNotFound")

    def test_a_quota_shows_what_is_kept(self):
        bob = "bob@blue.test"
        self.assertEqual(self.one("Quota/get", {"ids": None}, user=bob)["list"], [])
        self.server.cli("account", "set", bob, "--quota", "1000000")
        before = self.one("Quota/get", {"ids": None}, user=bob)
        self.assertEqual((before["list"][0]["hardLimit"], before["list"][0]["used"], before["list"][0]["resourceType"]), (1_000_000, 0, "octets"))
        with self.server.smtp(ALICE) as client:
            client.sendmail(ALICE, [bob], letter(ALICE, bob, b"x" * 1000 + b"\r\n"))
        self.server.wait_for_mail(bob)
        changes = self.one("Quota/changes", {"sinceState": before["state"]}, user=bob)
        self.assertEqual((changes["updated"], changes["updatedProperties"]), (["mail"], ["used"]))
        self.assertGreater(self.one("Quota/get", {"ids": ["mail"]}, user=bob)["list"][0]["used"], 1000)
        self.assertEqual(self.one("Quota/query", {"filter": {"type": "Email"}}, user=bob)["ids"], ["mail"])


class Contacts(Client):
    def test_what_the_webmail_does_with_contacts(self):
        # As web/src/settings/contacts.tsx and web/src/compose/suggest.ts ask.
        account = self.account()
        made = self.api([["ContactCard/set", {"accountId": account, "create": {"card": {"name": {"full": "Ada Lovelace"}, "emails": {"e": {"address": "ada@engine.test"}}}}}, "0"],
                         ["ContactCard/query", {"accountId": account, "sort": [{"property": "name/full"}], "limit": 500}, "1"],
                         ["ContactCard/get", {"accountId": account, "#ids": {"resultOf": "1", "name": "ContactCard/query", "path": "/ids"}, "properties": ["id", "name", "emails"]}, "2"]],
                        using=[CORE, CONTACTS])["methodResponses"]
        identity = made[0][1]["created"]["card"]["id"]
        self.assertEqual(made[2][1]["list"], [{"id": identity, "name": {"full": "Ada Lovelace"}, "emails": {"e": {"address": "ada@engine.test"}}}])
        for text in ("ada", "love", "engine"):
            self.assertEqual(self.one("ContactCard/query", {"filter": {"text": text}, "limit": 8})["ids"], [identity], text)
        self.assertEqual(self.one("ContactCard/query", {"filter": {"text": "babbage"}})["ids"], [])
        self.assertEqual(self.one("ContactCard/query", {"filter": {"text": "ada"}}, user="bob@blue.test")["ids"], [])
        self.assertEqual(self.one("ContactCard/set", {"destroy": [identity]})["destroyed"], [identity])

    def test_many_at_once_keep_uids_unique_and_every_card_in_a_book(self):
        """Eight clients write at the same time: of each uid one is made, and a book that goes leaves no card without one."""
        bob = "bob@blue.test"
        answers, lock = [], threading.Lock()

        def write(number):
            for i in range(12):
                book = self.one("AddressBook/set", {"create": {"b": {"name": f"{number}-{i}"}}}, user=bob)["created"]["b"]["id"]
                answer = self.one("ContactCard/set", {"create": {"c": {"uid": f"uid-{i}", "addressBookIds": {book: True}}}}, user=bob)
                gone = self.one("AddressBook/set", {"destroy": [book], "onDestroyRemoveContents": i % 2 == 0}, user=bob)
                with lock:
                    answers.append((i, answer, gone))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cards = self.one("ContactCard/get", {"ids": None}, user=bob)["list"]
        books = {book["id"] for book in self.one("AddressBook/get", {"ids": None}, user=bob)["list"]}
        self.assertEqual(len(answers), 36)
        self.assertEqual(len({card["uid"] for card in cards}), len(cards))
        self.assertEqual(sorted(card["uid"] for card in cards), sorted(f"uid-{i}" for i in range(12) if i % 2 == 1))
        for card in cards:
            self.assertTrue(card["addressBookIds"] and set(card["addressBookIds"]) <= books, card)

    def test_a_change_is_pushed(self):
        client = WebSocket(self)
        self.addCleanup(client.close)
        client.send({"@type": "WebSocketPushEnable", "dataTypes": ["ContactCard"]})
        self.assertEqual(client.ask({"@type": "Request", "using": [CORE], "methodCalls": []})["@type"], "Response")
        made = self.one("ContactCard/set", {"create": {"c": {"name": {"full": "New"}}}})
        self.assertEqual(client.message()["changed"], {self.account(): {"ContactCard": made["newState"]}})
        self.one("ContactCard/set", {"destroy": [made["created"]["c"]["id"]]})


class Receipts(Client):
    BOB = "bob@blue.test"

    def inbox_ids(self, user):
        inbox = next(m["id"] for m in self.one("Mailbox/get", {"ids": None}, user=user)["list"] if m["role"] == "inbox")
        return self.one("Email/query", {"filter": {"inMailbox": inbox}, "sort": [{"property": "receivedAt", "isAscending": False}]}, user=user)["ids"]

    def deliver(self, extra, subject):
        with self.server.smtp(ALICE) as client:
            client.sendmail(ALICE, [self.BOB], letter(ALICE, self.BOB, b"Please answer\r\n", subject, extra))
        return wait_for(lambda: [i for i in self.inbox_ids(self.BOB) if self.one("Email/get", {"ids": [i], "properties": ["subject"]}, user=self.BOB)["list"][0]["subject"] == subject])[0]

    def send(self, mdn, **more):
        identity = self.one("Identity/get", {"ids": None}, user=self.BOB)["list"][0]["id"]
        answers = self.api([["MDN/send", {"accountId": self.account(self.BOB), "identityId": identity, "send": {"k": mdn}, **more}, "0"]], self.BOB, [CORE, MAIL, MDN])["methodResponses"]
        return answers

    DISPLAYED = {"actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "displayed"}

    def test_a_receipt_is_sent_once_and_read_by_who_asked(self):
        email = self.deliver(f"Disposition-Notification-To: Alice <{ALICE}>\r\nMessage-ID: <asked@blue.test>\r\n", "Please tell me")
        answers = self.send({"forEmailId": email, "subject": "Read it", "textBody": "Grüße, Bob", "reportingUA": "tests", "includeOriginalMessage": True, "disposition": self.DISPLAYED,
                             "extensionFields": {"X-Mood": "good"}}, onSuccessUpdateEmail={"#k": {"keywords/$mdnsent": True}})
        self.assertEqual(answers[0][1]["sent"], {"k": {"finalRecipient": f"rfc822; {self.BOB}", "originalMessageId": "<asked@blue.test>"}})
        self.assertEqual(answers[1][0], "Email/set")
        self.assertEqual(answers[1][1]["updated"], {email: None})
        receipt = wait_for(lambda: self.inbox_ids(ALICE))[0]
        told = self.one("Email/get", {"ids": [receipt], "properties": ["blobId", "from", "header:Return-Path", "header:Disposition-Notification-To"]})["list"][0]
        self.assertEqual(told["header:Return-Path"].strip(), "<>")
        self.assertIsNone(told["header:Disposition-Notification-To"])
        self.assertEqual(told["from"][0]["email"], self.BOB)
        parsed = self.one("MDN/parse", {"blobIds": [told["blobId"], "BM9999"]})
        self.assertEqual(parsed["notFound"], ["BM9999"])
        self.assertEqual(parsed["parsed"][told["blobId"]], {
            "forEmailId": None, "subject": "Read it", "textBody": "Grüße, Bob\r\n", "includeOriginalMessage": True, "reportingUA": "tests", "disposition": self.DISPLAYED,
            "mdnGateway": None, "originalRecipient": None, "finalRecipient": f"rfc822; {self.BOB}", "originalMessageId": "<asked@blue.test>", "error": None,
            "extensionFields": {"X-Mood": "good"}})
        self.assertEqual(self.send({"forEmailId": email, "disposition": self.DISPLAYED})[0][1]["notSent"]["k"]["type"], "mdnAlreadySent")
        # What is no receipt cannot be read as one.
        blob = self.one("Email/get", {"ids": [email], "properties": ["blobId"]}, user=self.BOB)["list"][0]["blobId"]
        self.assertEqual(self.one("MDN/parse", {"blobIds": [blob]}, user=self.BOB)["notParsable"], [blob])

    def test_what_cannot_be_sent_says_why(self):
        plain = self.deliver("", "No receipt wanted")
        asked = self.deliver(f"Disposition-Notification-To: {ALICE}\r\n", "Receipt wanted")
        many = self.deliver("Disposition-Notification-To: " + ", ".join(f"a{i}@green.test" for i in range(11)) + "\r\n", "Wanted by many")
        twice = self.deliver(f"Disposition-Notification-To: {ALICE}\r\nDisposition-Notification-To: {ALICE}\r\n", "Asked for twice")
        cases = [({"forEmailId": plain, "disposition": self.DISPLAYED}, "notFound"), ({"forEmailId": "M9999", "disposition": self.DISPLAYED}, "notFound"),
                 ({"forEmailId": twice, "disposition": self.DISPLAYED}, "notFound"), ({"forEmailId": many, "disposition": self.DISPLAYED}, "forbidden"),
                 ({"forEmailId": asked}, "invalidProperties"), ({"disposition": self.DISPLAYED}, "invalidProperties"),
                 ({"forEmailId": asked, "disposition": {**self.DISPLAYED, "type": "read"}}, "invalidProperties"), ({"forEmailId": asked, "disposition": self.DISPLAYED, "error": ["x"]}, "invalidProperties"),
                 ({"forEmailId": asked, "disposition": self.DISPLAYED, "reportingUA": "x\r\nBcc: evil@green.test"}, "invalidProperties"),
                 ({"forEmailId": asked, "disposition": self.DISPLAYED, "extensionFields": {"Disposition": "x"}}, "invalidProperties")]
        before = self.inbox_ids(ALICE)
        for mdn, kind in cases:
            answer = self.send(mdn)[0][1]
            self.assertIsNone(answer["sent"], mdn)
            self.assertEqual(answer["notSent"]["k"]["type"], kind, mdn)
        self.assertEqual(self.inbox_ids(ALICE), before)


class WebSocket:
    """A client of RFC 6455 with the subprotocol jmap."""

    def __init__(self, test, headers=None, host=None):
        server = test.server
        raw = socket.create_connection((server.address, server.ports["https"]), timeout=30)
        self.stream = server.tls().wrap_socket(raw, server_hostname=server.address)
        key = base64.b64encode(os.urandom(16)).decode()
        fields = {"Host": host or server.address, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13",
                  "Sec-WebSocket-Protocol": "jmap", "Authorization": "Basic " + base64.b64encode(f"{ALICE}:{server.passwords[ALICE]}".encode()).decode()}
        fields.update(headers or {})
        self.stream.sendall(("GET /jmap/ws HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None) + "\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            got = self.stream.recv(65536)
            assert got, "the server closed during the handshake"
            self.buffer += got
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        if self.status == 101:
            expected = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
            assert self.fields["sec-websocket-accept"] == expected
            assert self.fields["sec-websocket-protocol"] == "jmap"

    def frame(self, opcode, payload, final=True):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([(0x80 if final else 0) | opcode])
        head += bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size) if size < 65536 else bytes([0x80 | 127]) + struct.pack(">Q", size)
        self.stream.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def send(self, message):
        self.frame(1, json.dumps(message).encode())

    def take(self, count):
        while len(self.buffer) < count:
            got = self.stream.recv(65536)
            if not got:
                raise EOFError
            self.buffer += got
        out, self.buffer = self.buffer[:count], self.buffer[count:]
        return out

    def receive(self):
        """The next frame: opcode and payload."""
        first, second = self.take(2)
        assert first & 0x80 and not second & 0x80, "a server's frames are whole and not masked"
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        return first & 0x0F, self.take(size)

    def message(self):
        while True:
            opcode, payload = self.receive()
            if opcode == 1:
                return json.loads(payload)
            assert opcode == 9, (opcode, payload)

    def ask(self, message):
        self.send(message)
        return self.message()

    def close_code(self):
        opcode, payload = self.receive()
        assert opcode == 8, (opcode, payload)
        return struct.unpack(">H", payload[:2])[0]

    def close(self):
        self.stream.close()


class OverWebSocket(Client):
    def socket(self, headers=None):
        client = WebSocket(self, headers)
        self.addCleanup(client.close)
        return client

    def test_the_session_tells_where_it_is_section_3(self):
        told = self.session()["capabilities"]["urn:ietf:params:jmap:websocket"]
        self.assertEqual(told, {"supportsPush": True, "url": f"wss://{self.server.address}:{self.server.ports['https']}/jmap/ws"})

    def test_requests_are_answered_with_their_ids_section_4_3(self):
        client = self.socket()
        self.assertEqual(client.status, 101)
        answer = client.ask({"@type": "Request", "id": "R1", "using": [CORE], "methodCalls": [["Core/echo", {"a": 1}, "x"]]})
        self.assertEqual((answer["@type"], answer["requestId"], answer["methodResponses"]), ("Response", "R1", [["Core/echo", {"a": 1}, "x"]]))
        self.assertEqual(answer["sessionState"], self.session()["state"])
        self.assertNotIn("requestId", client.ask({"@type": "Request", "using": [CORE], "methodCalls": []}))
        # Several at once, each answered.
        for i in range(20):
            client.send({"@type": "Request", "id": f"N{i}", "using": [CORE], "methodCalls": [["Core/echo", {"i": i}, "x"]]})
        self.assertEqual(sorted(client.message()["requestId"] for _ in range(20)), sorted(f"N{i}" for i in range(20)))
        # A message in fragments with a ping between them (rfc:6455#5.4).
        text = json.dumps({"@type": "Request", "id": "F", "using": [CORE], "methodCalls": [["Core/echo", {"x": "y" * 70_000}, "x"]]}).encode()
        client.frame(1, text[:100], final=False)
        client.frame(9, b"still there?")
        client.frame(0, text[100:40_000], final=False)
        client.frame(0, text[40_000:])
        self.assertEqual(client.receive(), (10, b"still there?"))
        self.assertEqual(client.message()["requestId"], "F")

    def test_errors_of_requests_section_4_3_3(self):
        client = self.socket()
        for text, kind in [(b"{", "notJSON"), (b"[]", "notRequest"), (b"{}", "notRequest"), (b'{"@type":"Request","id":"E","using":["x:y"],"methodCalls":[]}', "unknownCapability"),
                           (b'{"@type":"Request","using":[]}', "notRequest"), (b'{"@type":"Request","@type":"Request"}', "notJSON")]:
            client.frame(1, text)
            error = client.message()
            self.assertEqual((error["@type"], error["type"]), ("RequestError", f"urn:ietf:params:jmap:error:{kind}"), text)
        self.assertEqual(client.ask({"@type": "Request", "id": "E", "using": ["x:y"], "methodCalls": []})["requestId"], "E")

    def test_changes_are_pushed_when_asked_for_section_4_3_5(self):
        client = self.socket()
        account = self.account()
        client.send({"@type": "WebSocketPushEnable", "dataTypes": ["Email", "Mailbox"]})
        self.assertEqual(client.ask({"@type": "Request", "id": "1", "using": [CORE], "methodCalls": []})["requestId"], "1")
        with self.server.smtp("bob@blue.test") as smtp:
            smtp.sendmail("bob@blue.test", [ALICE], letter("bob@blue.test", ALICE))
        change = client.message()
        self.assertEqual(change["@type"], "StateChange")
        self.assertEqual(set(change["changed"][account]), {"Email", "Mailbox"})
        self.assertEqual(change["changed"][account]["Email"], self.one("Email/get", {"ids": []})["state"])
        # Who comes back says what he knows and hears at once what he missed.
        client.close()
        with self.server.smtp("bob@blue.test") as smtp:
            smtp.sendmail("bob@blue.test", [ALICE], letter("bob@blue.test", ALICE))
        again = self.socket()
        again.send({"@type": "WebSocketPushEnable", "dataTypes": None, "pushState": change["pushState"]})
        missed = again.message()
        self.assertIn("Email", missed["changed"][account])
        self.assertNotIn("Identity", missed["changed"][account])
        # After the end there is none.
        again.send({"@type": "WebSocketPushDisable"})
        self.assertEqual(again.ask({"@type": "Request", "id": "2", "using": [CORE], "methodCalls": []})["requestId"], "2")
        with self.server.smtp("bob@blue.test") as smtp:
            smtp.sendmail("bob@blue.test", [ALICE], letter("bob@blue.test", ALICE))
        time.sleep(0.3)
        self.assertEqual(again.ask({"@type": "Request", "id": "3", "using": [CORE], "methodCalls": []})["requestId"], "3")

    def test_what_breaks_the_protocol_ends_with_its_code(self):
        for opcode, payload, code in [(2, b"octets", 1003), (1, b"\xff", 1007), (3, b"", 1002), (9, b"x" * 126, 1002)]:
            client = self.socket()
            client.frame(opcode, payload)
            self.assertEqual(client.close_code(), code, (opcode, payload[:10]))
        client = self.socket()  # not masked
        client.stream.sendall(b"\x81\x02{}")
        self.assertEqual(client.close_code(), 1002)
        client = self.socket()  # announced too large: refused before it comes
        client.stream.sendall(b"\x81\xff" + struct.pack(">Q", 1 << 40) + b"mask")
        self.assertEqual(client.close_code(), 1009)
        client = self.socket()
        client.frame(8, struct.pack(">H", 1000))
        self.assertEqual(client.close_code(), 1000)

    def test_handshakes_that_are_none_are_refused(self):
        for headers, status in [({"Sec-WebSocket-Protocol": None}, 426), ({"Sec-WebSocket-Protocol": "chat"}, 426), ({"Sec-WebSocket-Version": "8"}, 426), ({"Sec-WebSocket-Key": "short"}, 426),
                                ({"Upgrade": "h2c"}, 426), ({"Authorization": None}, 401), ({"Authorization": "Basic bm9ib2R5OnB3"}, 401)]:
            self.assertEqual(self.socket(headers).status, status, headers)

    def cookie(self):
        answer, _ = self.ask("POST", "/auth/login", json.dumps({"username": ALICE, "password": self.server.passwords[ALICE]}), {"Content-Type": "application/json", "X-Posthorn": "1"}, user=None)
        return answer.headers["Set-Cookie"].split(";")[0]

    def test_F5_a_page_of_another_origin_cannot_use_the_cookie(self):
        cookie = self.cookie()
        for origin, status in [("https://evil.test", 403), (None, 403), (f"https://{self.server.address}", 101)]:
            self.assertEqual(self.socket({"Authorization": None, "Cookie": cookie, "Origin": origin}).status, status, origin)

    def test_F6_a_connection_ends_with_its_session(self):
        cookie = self.cookie()
        client = self.socket({"Authorization": None, "Cookie": cookie, "Origin": f"https://{self.server.address}"})
        self.assertEqual(client.ask({"@type": "Request", "id": "1", "using": [CORE], "methodCalls": []})["@type"], "Response")
        self.ask("POST", "/auth/logout", "", {"Cookie": cookie, "X-Posthorn": "1"}, user=None)
        self.assertEqual(client.close_code(), 1008)


class WebSocketAtTheEnd(Client):
    def test_a_stopping_server_says_so(self):
        client = WebSocket(self)
        started = time.monotonic()
        self.server.stop()
        self.assertEqual(client.close_code(), 1001)
        self.assertLess(time.monotonic() - started, 8)
        client.close()


if __name__ == "__main__":
    unittest.main()
