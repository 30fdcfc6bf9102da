"""attacks.md 2D against a running server: hostile messages are taken or refused in time, and change nothing for others."""
import random
import time
import unittest

from cases import ServerCase
from harness import Folder, Pair
from attacks_imap_test import Raw, rss, settled_rss

ALICE, PASSWORD = "alice@blue.test", "secret"
HEAD = b"From: s@good.test\r\nTo: alice@blue.test\r\nSubject: s\r\nMIME-Version: 1.0\r\n"


def nested(depth):
    out = [HEAD]
    for i in range(depth):
        out.append(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i))
    out.append(b"Content-Type: text/plain\r\n\r\nthe core\r\n")
    for i in reversed(range(depth)):
        out.append(b"--b%d--\r\n" % i)
    return b"".join(out)


def wide(parts):
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * parts + b"--b--\r\n"


def matryoshka(depth):
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: core\r\n\r\nx\r\n"


class Mime(ServerCase):
    password = PASSWORD
    sections = {"server": "insecure_auth = true\n"}

    @classmethod
    def start(cls):
        super().start()
        cls.raw = Raw(cls.server)
        cls.addClassCleanup(cls.raw.close)
        cls.raw.ask("in", f"LOGIN {ALICE} {PASSWORD}")
        cls.raw.ask("s", "SELECT INBOX")

    def deliver(self, message):
        """The reply to its text."""
        client = self.server.smtp(service="smtp")
        client.ehlo("good.test")
        client.mail("s@good.test")
        client.rcpt(ALICE)
        try:
            code, text = client.docmd("DATA")
            self.assertEqual(354, code)
            client.send(message + (b"" if message.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            return client.getreply()
        finally:
            client.close()

    def look(self):
        """Everything that reads the newest message's structure, and how long it took."""
        self.raw.ask("n", "NOOP")
        started = time.monotonic()
        said = b"".join(self.raw.ask("f", "FETCH * (FLAGS ENVELOPE BODYSTRUCTURE PREVIEW RFC822.SIZE BODY.PEEK[HEADER] BODY.PEEK[1] BODY.PEEK[TEXT]<0.100>)"))
        said += b"".join(self.raw.ask("t", "SEARCH SUBJECT nothing TEXT nothing"))
        self.assertIn(b"f OK", said)
        self.assertRegex(said, rb"t (OK|NO \[LIMIT\])")
        return said, time.monotonic() - started

    def bomb(self, name, message, seconds=5):
        before = rss(self.server)
        started = time.monotonic()
        code, text = self.deliver(message)
        taken = time.monotonic() - started
        self.assertEqual(250, code, text)
        said, looked = self.look()
        print(f"{name}: {len(message)} octets taken in {taken * 1000:.0f} ms, looked at in {looked * 1000:.0f} ms, memory {(rss(self.server) - before) / 2 ** 20:+.1f} MiB")
        self.assertLess(taken + looked, seconds)
        self.raw.ask("d", "STORE 1:* +FLAGS.SILENT (\\Deleted)")
        self.raw.ask("e", "EXPUNGE")
        return said

    def test_D1_nesting_bombs_are_opaque_below_their_limit(self):
        self.bomb("D1 10,000 multiparts deep", nested(10_000))
        self.bomb("D1 100,000 parts", wide(100_000))
        self.bomb("D1 5,000 messages in messages", matryoshka(5_000))

    def test_D2_a_header_over_its_limit_is_refused_and_many_addresses_are_linear(self):
        many = b"To: " + b",\r\n ".join(b"a%d@x.test" % i for i in range(1_000_000)) + b"\r\n"
        self.assertEqual((552, 5), (self.deliver(many + HEAD + b"\r\nx\r\n")[0], 5))
        subject = b"Subject: " + b"\r\n ".join(b"y" * 900 for _ in range(20_000)) + b"\r\n"
        self.assertEqual(552, self.deliver(subject + HEAD + b"\r\nx\r\n")[0])
        self.bomb("D2 12,000 addresses", b"Cc: " + b",\r\n ".join(b"a%d@x.test" % i for i in range(12_000)) + b"\r\n" + HEAD + b"\r\nx\r\n")
        # APPEND is the owner's own and may be larger; it costs in proportion.
        before = settled_rss(self.server)
        message = many + HEAD + b"\r\nx\r\n"
        self.raw.send(f"a APPEND INBOX {{{len(message)}}}\r\n")
        self.raw.line()
        started = time.monotonic()
        self.raw.send(message + b"\r\n")
        self.assertIn(b"a OK", self.raw.until("a")[-1])
        took = time.monotonic() - started
        print(f"D2 APPEND with a million addresses ({len(message)} octets): {took * 1000:.0f} ms")
        self.assertLess(took, 5)
        self.look()
        self.assertLess(settled_rss(self.server) - before, 100 << 20)

    def test_D3_parameters_without_end_and_out_of_order(self):
        flood = b"Content-Disposition: attachment;" + b"".join(b"\r\n filename*%d*=%%41" % i for i in range(9_999)) + b"\r\n"
        self.bomb("D3 9,999 continuations", HEAD + flood + b"\r\nx\r\n")
        for extra in (b"; filename*1=b; filename*0=a", b"; filename*0=a; filename*2=c", b"; filename*0=a; filename*0=b", b"; filename=a; filename*=utf-8''b"):
            self.assertEqual(250, self.deliver(HEAD + b"Content-Disposition: attachment" + extra + b"\r\n\r\nx\r\n")[0])
            self.look()

    def test_D4_folds_of_white_space_are_no_end_of_the_header(self):
        self.assertEqual(250, self.deliver(b"Subject:\r\n \r\n\t\r\n still\r\nX-After: here\r\n" + HEAD[:-2].replace(b"Subject: s\r\n", b"") + b"\r\n\r\nbody\r\n")[0])
        said, _ = self.look()
        self.assertIn(b"X-After: here", said)
        self.assertIn(b"BODY[1] {6}\r\nbody\r\n", said)

    def test_D6_broken_encodings_are_no_more_than_their_octets(self):
        rnd = random.Random(6)
        for encoding in (b"base64", b"quoted-printable", b"x-uuencode"):
            for _ in range(20):
                junk = bytes(rnd.choice(b"ABCz+/=!~ 09_-\t") for _ in range(2000))
                lines = b"\r\n".join(junk[i:i + 70] for i in range(0, 2000, 70))
                self.assertEqual(250, self.deliver(HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + lines + b"\r\n")[0])
                self.raw.ask("n", "NOOP")
                said = b"".join(self.raw.ask("b", "FETCH * (BINARY.SIZE[1] BINARY.PEEK[1])"))
                if encoding == b"x-uuencode":
                    self.assertIn(b"b NO [UNKNOWN-CTE]", said)
                else:
                    size = int(said.split(b"BINARY.SIZE[1] ")[1].split()[0].rstrip(b")"))
                    self.assertLessEqual(size, 2100)

    def test_D8_charsets_that_hide_markup_are_not_decoded(self):
        for charset, body in (("utf-7", b"+ADw-script+AD4-alert+ADw-/script+AD4-"), ("hz-gb-2312", b"~{<script>~}"), ("x" * 2000, b"plain words"), ("iso-2022-jp", b"\x1b$B" * 20000)):
            message = HEAD + f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + b"\r\n".join(body[i:i + 900] for i in range(0, len(body), 900)) + b"\r\n"
            said = self.bomb(f"D8 {charset[:12]}", message)
            preview = said.split(b"PREVIEW ")[1].split(b"RFC822.SIZE")[0]
            # What is not decoded stays as it came: HZ's escapes are shown, UTF-7's letters hide no markup.
            self.assertIn(b"~{<script>~}", preview) if charset.startswith("hz") else self.assertNotIn(b"<script", preview)

    def test_D9_encoded_words_are_linear(self):
        words = b"Subject: " + b"\r\n ".join(b"=?utf-8?b?4oKs?=" for _ in range(13_000)) + b"\r\n"
        self.bomb("D9 13,000 encoded words", words + HEAD.replace(b"Subject: s\r\n", b"") + b"\r\nx\r\n", seconds=2)

    def test_D10_hostile_html_is_searched_in_linear_time(self):
        html = HEAD + b"Content-Type: text/html\r\n\r\n"
        self.bomb("D10 1 MiB of <div>", html + b"\r\n".join([b"<div>" * 150] * 1400) + b"\r\n")
        self.bomb("D10 1 MiB of <", html + b"\r\n".join([b"<" * 900] * 1165) + b"\r\n")
        self.bomb("D10 1 MiB of comments", html + b"\r\n".join([b"<!--" * 220] * 1200) + b"\r\n")


class Ambiguous(unittest.TestCase):
    CASES = {
        "duplicate_content_type": HEAD + b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx\r\n",
        "duplicate_encoding": HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\nAAAA\r\n",
        "duplicate_parameter": HEAD + b"Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n",
        "boundary_by_rfc2231": HEAD + b"Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\r\n\r\n--ab\r\n\r\nx\r\n--ab--\r\n",
        "missing_boundary": HEAD + b"Content-Type: multipart/mixed\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n",
        "encoded_multipart": HEAD + b"Content-Type: multipart/mixed; boundary=a\r\nContent-Transfer-Encoding: base64\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n",
        "bad_base64": HEAD + b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD=REVG\r\n",
        "inexact_boundary": HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--ab\r\n\r\nx\r\n--a--\r\n",
        "after_final_boundary": HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n--a\r\n\r\ny\r\n--a--\r\n",
    }
    HARMLESS = {
        "missing_final_boundary": HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n",
        "": HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n",
    }

    def run_with(self, policy, check):
        folder = Folder("ambiguous")
        pair = Pair(folder.path, more_sections={"trust": f'ambiguous_mime = "{policy}"\n'} if policy else None)
        pair.start()
        try:
            check(pair.green)
        finally:
            pair.close()
            folder.remove()

    def deliver(self, server, name, message):
        client = server.smtp(service="smtp")
        client.ehlo("good.test")
        client.mail("")
        client.rcpt("bob@green.test")
        client.docmd("DATA")
        client.send(b"X-Case: " + (name or "none").encode() + b"\r\n" + message + b".\r\n")
        try:
            return client.getreply()
        finally:
            client.close()

    def in_mailbox(self, server, mailbox):
        return server.inbox("bob@green.test", mailbox)

    def test_D5_ambiguous_mail_goes_to_junk_and_says_why(self):
        def check(server):
            for name, message in {**self.CASES, **self.HARMLESS}.items():
                code, text = self.deliver(server, name, message.replace(b"From: s@good.test\r\n", b"From: s@nowhere.test\r\n"))
                self.assertEqual(250, code, (name, text))
            junk, inbox = self.in_mailbox(server, "Junk"), self.in_mailbox(server, "INBOX")
            for name in self.CASES:
                found = [m for m in junk if b"X-Case: " + name.encode() + b"\r\n" in m]
                self.assertEqual(1, len(found), name)
                field = [l for l in found[0].split(b"\r\n") if l.startswith(b"MIME-Ambiguity-Results: mx.green.test; ")]
                self.assertEqual(1, len(field), name)
                self.assertIn(name.encode(), field[0])
            for name in self.HARMLESS:
                found = [m for m in inbox if b"X-Case: " + (name or "none").encode() + b"\r\n" in m]
                self.assertEqual(1, len(found), name)
                self.assertEqual(bool(name), b"MIME-Ambiguity-Results: mx.green.test; " in found[0])
        self.run_with("", check)

    def test_D5_ambiguous_mail_is_refused_where_the_administrator_says_so(self):
        def check(server):
            for name, message in self.CASES.items():
                self.assertEqual(554, self.deliver(server, name, message)[0], name)
            for name, message in self.HARMLESS.items():
                self.assertEqual(250, self.deliver(server, name, message)[0], name)
        self.run_with("reject", check)


if __name__ == "__main__":
    unittest.main()
