"""Mail apps submit: swaks, msmtp, curl, Python's smtplib. What arrives has the SHA-256 of what was sent; what must not pass does not."""
import os
import smtplib
import subprocess
import unittest

from cases import ServerCase
from harness import body_of, letter, sha


class Submit(ServerCase):
    sections = {"limits": 'message_size = "8MiB"\n'}
    users = ("alice", "bob")

    def run_client(self, *command, input=None, status=0):
        done = subprocess.run(command, input=input, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout.decode("utf-8", "replace")[-2000:] + done.stderr.decode("utf-8", "replace")[-2000:])
        return done.stdout

    def newest(self, before):
        return self.server.wait_for_mail("bob@blue.test", before + 1)[-1]

    def count(self):
        return len(self.server.inbox("bob@blue.test"))

    def swaks(self, *more, status=0, service="submission"):
        return self.run_client("swaks", "--server", self.server.address, "--port", str(self.server.ports[service]), "--from", "alice@blue.test", "--to",
                               "bob@blue.test", "--h-From", "alice@blue.test", "--body", "from swaks", *more, status=status)

    def test_swaks_submits_by_starttls_and_by_tls_from_the_first_byte(self):
        for service, tls in (("submission", "-tls"), ("submissions", "-tlsc")):
            for mechanism in ("PLAIN", "LOGIN"):
                before = self.count()
                self.swaks(tls, "-a", mechanism, "-au", "alice@blue.test", "-ap", "secret word", service=service)
                self.assertIn(b"from swaks", self.newest(before))

    def test_swaks_with_a_wrong_password_is_refused(self):
        self.swaks("-tls", "-a", "PLAIN", "-au", "alice@blue.test", "-ap", "wrong", status=28)

    def test_no_password_is_asked_for_in_clear(self):
        with smtplib.SMTP(self.server.address, self.server.ports["submission"]) as client:
            client.ehlo()
            self.assertNotIn("auth", client.esmtp_features)
            self.assertEqual(client.docmd("AUTH PLAIN AGFsaWNlAHNlY3JldA==")[0], 538)

    # gsasl proves the channel binding too: a man in the middle with a certificate of his own would fail here (RFC 9266).
    def test_scram_proves_the_password_and_with_plus_the_connection(self):
        for mechanism, binding in (("SCRAM-SHA-256", "--no-cb"), ("SCRAM-SHA-256-PLUS", "--quiet")):
            for password, status in (("secret word", 0), ("wrong", 1)):
                self.run_client("gsasl", "--client", "--imap", "--connect", f"{self.server.address}:{self.server.ports['imap']}", "--starttls", "--hostname",
                                self.server.name, "--x509-ca-file", self.server.ca, "--mechanism", mechanism, "--authentication-id", "alice@blue.test",
                                "--authorization-id", "alice@blue.test", "--password", password, "--quality-of-protection", "qop-auth", binding, input=b"",
                                status=status)

    def test_msmtp_submits(self):
        for method in ("on", "scram-sha-256"):
            with self.subTest(method):
                self.submit_by_msmtp(method)

    def submit_by_msmtp(self, method):
        config = os.path.join(self.folder.path, "msmtprc")
        with open(config, "w") as out:
            out.write(f"account default\nhost {self.server.address}\nport {self.server.ports['submission']}\ntls on\ntls_starttls on\ntls_trust_file {self.server.ca}\n"
                      f"auth {method}\nuser alice@blue.test\npassword secret word\nfrom alice@blue.test\n")
        os.chmod(config, 0o600)
        before = self.count()
        self.run_client("msmtp", "-C", config, "bob@blue.test", input=b"From: alice@blue.test\nTo: bob@blue.test\nSubject: x\n\nfrom msmtp\n.\n..\n")
        self.assertEqual(body_of(self.newest(before)), b"from msmtp\r\n.\r\n..\r\n")

    def test_curl_submits(self):
        before = self.count()
        self.run_client("curl", "-sS", "--ssl-reqd", "--cacert", self.server.ca, "--url", f"smtp://{self.server.address}:{self.server.ports['submission']}", "--user",
                        "alice@blue.test:secret word", "--mail-from", "alice@blue.test", "--mail-rcpt", "bob@blue.test", "-T", "-",
                        input=letter("alice@blue.test", "bob@blue.test", b"from curl\r\n"))
        self.assertEqual(body_of(self.newest(before)), b"from curl\r\n")

    def test_every_body_arrives_as_it_was_sent(self):
        bodies = {
            "empty": b"",
            "one line": b"x\r\n",
            "dots": b".\r\n..\r\n.a\r\n\r\n.\r\n",
            "long lines": b"y" * 998 + b"\r\n" + b"." * 998 + b"\r\n",
            "eight bit": "Grüße, κόσμε, 世界\r\n".encode() * 100,
            "trailing lines": b"a\r\n\r\n\r\n\r\n",
            "tabs and spaces": b" \t \r\n\t\r\n  x  \r\n",
            "all bytes": bytes(b for b in range(1, 256) if b not in (10, 13)) + b"\r\n",
            "large": b"".join(b"line %d of a large letter\r\n" % i for i in range(180_000)),
        }
        for name, body in bodies.items():
            with self.subTest(name):
                before = self.count()
                with self.server.smtp("alice@blue.test") as client:
                    client.sendmail("alice@blue.test", ["bob@blue.test"], letter("alice@blue.test", "bob@blue.test", body), mail_options=["BODY=8BITMIME"])
                self.assertEqual(sha(body_of(self.newest(before))), sha(body))

    def test_date_and_message_id_are_added_and_bcc_is_taken_out(self):
        before = self.count()
        self.server.submit("alice@blue.test", ["bob@blue.test"], b"From: alice@blue.test\r\nBcc: secret@green.test,\r\n more@green.test\r\nSubject: x\r\n\r\nhi\r\n")
        head = self.newest(before).split(b"\r\n\r\n")[0]
        for wanted in (b"\r\nDate: ", b"\r\nMessage-ID: <", b"Return-Path: <alice@blue.test>", b"Received: "):
            self.assertIn(wanted, head)
        self.assertNotIn(b"green.test", head)

    def refused(self, call):
        with self.assertRaises(smtplib.SMTPException) as caught:
            call()
        error = caught.exception
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return list(error.recipients.values())[0]
        return error.smtp_code, error.smtp_error

    def test_senders_must_own_their_addresses(self):
        for message, sender in ((letter("bob@blue.test", "bob@blue.test"), "alice@blue.test"), (letter("alice@blue.test", "bob@blue.test"), "bob@blue.test"),
                                (letter("alice@blue.test, eve@green.test", "bob@blue.test"), "alice@blue.test")):
            with self.server.smtp("alice@blue.test") as client:
                self.assertEqual(self.refused(lambda: client.sendmail(sender, ["bob@blue.test"], message))[0], 553)
        with self.server.smtp("alice@blue.test") as client:
            message = letter("alice@blue.test", "bob@blue.test", extra="From: bob@blue.test\r\n")
            self.assertIn(self.refused(lambda: client.sendmail("alice@blue.test", ["bob@blue.test"], message))[0], (550, 553))

    def test_nobody_relays_and_unknown_recipients_are_refused_in_the_session(self):
        with self.server.smtp(service="smtp") as client:
            for recipient in ("x@green.test", "x%green.test@blue.test", "x@green.test@blue.test", "green.test!x@blue.test", '"x@green.test"@blue.test', "@blue.test:x@green.test",
                              "nobody@blue.test", "x@[127.0.0.1]"):
                self.assertGreaterEqual(self.refused(lambda: client.sendmail("y@example.com", [recipient], b"x"))[0], 500, recipient)

    def test_what_is_too_large_is_refused_at_mail(self):
        with self.server.smtp("alice@blue.test") as client:
            client.ehlo()
            self.assertEqual(client.docmd("MAIL FROM:<alice@blue.test> SIZE=9000000")[0], 552)

    def test_aliases_plus_addresses_and_catch_alls(self):
        self.server.cli("alias", "set", "team@blue.test", "alice@blue.test", "bob@blue.test")
        before = self.count()
        with self.server.smtp(service="smtp") as client:
            client.sendmail("y@example.com", ["bob+news@blue.test", "team@blue.test"], letter("y@example.com", "team@blue.test"))
        self.assertEqual(len(self.server.wait_for_mail("bob@blue.test", before + 1)), before + 1, "one copy though two addresses lead here")
        self.assertTrue(self.server.inbox("alice@blue.test"))
        self.server.cli("alias", "remove", "team@blue.test")


if __name__ == "__main__":
    unittest.main()
