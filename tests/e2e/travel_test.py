"""Letters travel from blue.test to green.test: found by DNS, over TLS, through trouble, and home again as notices people understand."""
import email
import email.policy
import glob
import json
import os
import socket
import subprocess
import unittest

from cases import PairCase
from harness import POSTHORN, Folder, Pair, body_of, letter, suites, wait_for


class Travel(PairCase):
    @classmethod
    def make_pair(cls):
        # A notice of success goes only to a sender that is proved (attacks.md A13).
        return Pair(cls.folder.path, more_zone={"blue.test": '@ TXT "v=spf1 ip4:127.0.0.0/8 -all"\n'})

    def test_a_letter_arrives_over_tls_with_both_received_fields(self):
        blue, green = self.pair.blue, self.pair.green
        before = len(green.inbox("bob@green.test"))
        blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test", b"travel\r\n"))
        message = green.wait_for_mail("bob@green.test", before + 1)[-1]
        received = email.message_from_bytes(message).get_all("Received")
        self.assertEqual(len(received), 2)
        self.assertIn("by mx.green.test with ESMTPS", " ".join(received[0].split()))
        self.assertIn("by mx.blue.test with ESMTPSA", " ".join(received[1].split()))
        self.assertEqual(body_of(message), b"travel\r\n")
        wait_for(lambda: blue.json("queue", "list") == [], 10, "the queue did not empty")

    def test_an_unknown_user_comes_back_as_a_notice(self):
        blue = self.pair.blue
        before = len(blue.inbox("alice@blue.test"))
        blue.submit("alice@blue.test", ["nobody@green.test", "bob@green.test"], letter("alice@blue.test", "nobody@green.test", b"where?\r\n"))
        notice = email.message_from_bytes(blue.wait_for_mail("alice@blue.test", before + 1)[-1], policy=email.policy.default)
        self.assertEqual(notice.get_content_type(), "multipart/report")
        text, status, returned = notice.get_payload()
        self.assertIn("nobody@green.test", text.get_content())
        self.assertNotIn("bob@green.test", text.get_content())
        self.assertIn("no such mailbox", text.get_content())
        self.assertIn("Status: 5.1.1", status.as_string())
        self.assertIn("where?", returned.as_string())
        self.assertEqual(notice["Return-Path"], "<>")

    def test_success_is_confirmed_when_asked_for(self):
        blue = self.pair.blue
        before = len(blue.inbox("alice@blue.test"))
        blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test"), rcpt_options=["NOTIFY=SUCCESS", "ORCPT=rfc822;bob@green.test"],
                    mail_options=["ENVID=abc123"])
        notice = blue.wait_for_mail("alice@blue.test", before + 1)[-1]
        self.assertIn(b"Action: delivered", notice)
        self.assertIn(b"Original-Envelope-Id: abc123", notice)

    def test_what_cannot_go_waits_and_goes_when_the_other_side_is_back(self):
        blue, green = self.pair.blue, self.pair.green
        before = len(green.inbox("bob@green.test"))
        green.stop()
        blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test", b"patience\r\n"))
        entry = wait_for(lambda: next((e for e in blue.json("queue", "list") if e["attempts"] > 0), None), 20, "it was not tried")
        self.assertEqual(entry["recipients"][0]["state"], "waiting")
        self.assertTrue(entry["recipients"][0]["answer"])
        self.assertIn("bob@green.test", blue.cli("queue", "show", entry["id"]).stdout)
        green.start()
        blue.cli("queue", "retry", "--all")
        self.assertEqual(body_of(green.wait_for_mail("bob@green.test", before + 1)[-1]), b"patience\r\n")

    def test_hold_retry_and_drop(self):
        blue, green = self.pair.blue, self.pair.green
        before = len(green.inbox("bob@green.test"))
        green.stop()
        for _ in range(2):
            blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test"))
        ids = [e["id"] for e in wait_for(lambda: (lambda q: q if len(q) == 2 else None)(blue.json("queue", "list")), 10)]
        wait_for(lambda: all(e["attempts"] > 0 for e in blue.json("queue", "list")), 20)
        blue.cli("queue", "hold", ids[0], "--because", "looks odd")
        blue.cli("queue", "drop", ids[1])
        green.start()
        left = wait_for(lambda: (lambda q: q if len(q) == 1 else None)(blue.json("queue", "list")), 10)
        self.assertTrue(left[0]["held"])
        self.assertEqual(left[0]["held_because"], "looks odd")
        self.assertEqual(blue.cli("queue", "show", ids[1], check=False).returncode, 1)
        self.assertEqual(len(green.inbox("bob@green.test")), before)
        blue.cli("queue", "retry", ids[0])
        green.wait_for_mail("bob@green.test", before + 1)

    def test_bare_line_ends_and_nul_are_refused_with_a_reason(self):
        blue = self.pair.blue
        for bad in (b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n", b"x\n.\n\r\n", b"x\r\n.\n\r\n"):
            with socket.create_connection((blue.address, blue.ports["smtp"]), 20) as s:
                stream = s.makefile("rb")
                say = lambda text: (s.sendall(text), stream.readline())[1]
                stream.readline()
                say(b"HELO x\r\n")
                say(b"MAIL FROM:<y@example.com>\r\n")
                say(b"RCPT TO:<alice@blue.test>\r\n")
                self.assertTrue(say(b"DATA\r\n").startswith(b"354"))
                answer = say(b"Subject: x\r\n\r\n" + bad + b".\r\n")
                self.assertRegex(answer, rb"^55\d .*5\.6\.0 \w+", bad)

    def test_mime_reads_every_file_of_the_suites(self):
        if not suites():
            self.skipTest("no suites")
        count = 0
        for path in sorted(glob.glob(os.path.join(suites(), "**", "*"), recursive=True)):
            if os.path.isfile(path) and path.endswith((".eml", ".txt", ".msg", ".mbox")):
                done = subprocess.run([POSTHORN, "mime", path, "--json"], capture_output=True, timeout=20)
                self.assertEqual(done.returncode, 0, path)
                json.loads(done.stdout)
                count += 1
        self.assertGreater(count, 80)


class Suites(PairCase):
    """What travels is not changed, whoever it says to be from: green takes it unjudged here (judge_test.py shows the judging)."""

    @classmethod
    def make_pair(cls):
        return Pair(cls.folder.path, more_sections={"trust": "check_incoming = false\n"})

    def test_every_legal_message_of_the_suites_is_read_back_identical(self):
        if not suites():
            self.skipTest("no suites")
        blue, green = self.pair.blue, self.pair.green
        green.add("reader")
        legal, illegal = [], []
        for path in sorted(glob.glob(os.path.join(suites(), "**", "*"), recursive=True)):
            if not path.endswith((".eml", ".txt")) or "/mime/" not in path and "/dkim/" not in path and "/dmarc/" not in path and "/arc/" not in path:
                continue
            raw = open(path, "rb").read()
            (illegal if b"\0" in raw or not raw.strip() else legal).append((path, raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")))
        self.assertGreater(len(legal), 80)
        sent = []
        with blue.smtp("gateway@blue.test") as client:
            for path, message in legal:
                if not message.endswith(b"\r\n"):
                    message += b"\r\n"
                try:
                    client.sendmail("gateway@blue.test", ["reader@green.test"], message, mail_options=["BODY=8BITMIME"])
                    sent.append((path, message))
                except Exception as error:  # a refusal is an answer too, but it must say why
                    self.assertRegex(str(error), r"5\d\d", path)
                    illegal.append((path, message))
        self.assertGreater(len(sent), 0.9 * len(legal), "refused: " + " ".join(p for p, _ in illegal))
        green.wait_for_mail("reader@green.test", len(sent), 120)
        by_imap = green.inbox("reader@green.test")
        pop = green.pop3("reader@green.test")
        by_pop3 = [b"\r\n".join(pop.retr(i + 1)[1]) + b"\r\n" for i in range(pop.stat()[0])]
        pop.quit()
        self.assertEqual(sorted(by_imap), sorted(by_pop3))

        def without_trace(message):
            """What stands below the fields that blue and green put in front."""
            for name in (b"Return-Path:", b"Received:", b"Received:", b"Date:", b"Message-ID:"):
                if not message.startswith(name) or (name in (b"Date:", b"Message-ID:") and b"mx.blue.test" not in message[:200] and name == b"Message-ID:"):
                    continue
                end = message.index(b"\r\n") + 2
                while message[end:end + 1] in (b" ", b"\t"):
                    end = message.index(b"\r\n", end) + 2
                message = message[end:]
            return message
        arrived = [m for m in by_imap]
        for path, message in sent:
            bare = message
            found = [m for m in arrived if m.endswith(bare) or without_trace(m) == bare]
            if not found:  # Bcc fields are taken out at submission
                found = [m for m in arrived if body_of(m) == body_of(bare)] if b"\r\n\r\n" in bare else []
                self.assertRegex(bare.split(b"\r\n\r\n")[0].lower(), rb"(^|\n)bcc:", path)
            self.assertTrue(found, path)
            arrived.remove(found[0])
        self.assertEqual(arrived, [])


class Expiry(unittest.TestCase):
    def test_what_cannot_be_delivered_in_time_comes_home(self):
        folder = Folder("expiry")
        pair = Pair(folder.path, 'retry_first = "1s"\nretry_most = "1s"\nexpire_after = "3s"\n')
        try:
            pair.blue.start()
            pair.blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test", b"lost?\r\n"))
            notice = email.message_from_bytes(pair.blue.wait_for_mail("alice@blue.test", 1, 30)[-1], policy=email.policy.default)
            text, status, returned = notice.get_payload()
            self.assertIn("given up", text.get_content())
            self.assertIn("bob@green.test", text.get_content())
            self.assertIn("could not be reached", text.get_content())
            self.assertIn("Action: failed", status.as_string())
            self.assertIn("lost?", returned.as_string())
            self.assertEqual(pair.blue.json("queue", "list"), [])
        finally:
            pair.close()
            folder.remove()


if __name__ == "__main__":
    unittest.main()
