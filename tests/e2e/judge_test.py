"""Mail that comes from other servers is judged through the real port: honest, forged, unclear, and with forged verdicts inside."""
import email
import json
import smtplib
import subprocess
import tempfile
import time
import unittest

from cases import PairCase
from harness import POSTHORN, Pair, letter, zone
from judged import BLUE

# The walk for a policy goes up to the top (RFC 9989 4.10), so that has to answer too.
EVIL = {"test": zone("test", "127.0.9.53"), "evil.test": zone("evil.test", "127.0.9.66") + '@ TXT "v=spf1 -all"\nnone TXT "no spf here"\nopen TXT "v=spf1 +all"\nunreachable A 127.0.9.99\n'}


class Judge(PairCase):
    @classmethod
    def make_pair(cls):
        source = 'source_address = "127.0.9.1"\nretry_first = "1s"\nretry_most = "5s"\n'
        return Pair(cls.folder.path, queue=source, more_zone={"blue.test": BLUE}, more_zones=EVIL)

    def bring(self, message, mail_from="x@evil.test", helo="evil.test"):
        """Hands a message to green's port 25 as a stranger at 127.0.9.66; gives code and text of the answer to it."""
        with smtplib.SMTP(timeout=60, source_address=("127.0.9.66", 0), local_hostname=helo) as client:
            client.connect(self.green.address, self.green.ports["smtp"])
            client.ehlo()
            code, text = client.docmd("MAIL", f"FROM:<{mail_from}>")  # as it is: client.mail() would clean it up
            if code != 250:
                return code, text.decode()
            client.rcpt("bob@green.test")
            code, text = client.data(message)
            return code, text.decode()

    def junk(self):
        return self.green.inbox("bob@green.test", "Junk")

    def test_honest_mail_carries_what_proves_it(self):
        before = len(self.green.inbox("bob@green.test"))
        self.pair.blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test"))
        message = email.message_from_bytes(self.green.wait_for_mail("bob@green.test", before + 1)[-1])
        results = " ".join(message["Authentication-Results"].split())
        self.assertTrue(results.startswith("mx.green.test;"), results)
        self.assertIn("spf=pass", results)
        self.assertIn("dmarc=pass", results)
        self.assertIn("header.from=blue.test", results)
        self.assertTrue(message["Received-SPF"].startswith("pass"))

    def test_a_forgery_with_a_second_sign_is_refused_and_names_dmarc_and_the_domain(self):
        code, text = self.bring(letter("alice@blue.test", "bob@green.test"))
        self.assertEqual(code, 550, text)
        self.assertIn("5.7.1", text)
        self.assertIn("DMARC policy of blue.test", text)

    def test_a_forgery_without_a_second_sign_goes_to_junk(self):
        before = len(self.junk())
        code, text = self.bring(letter("alice@blue.test", "bob@green.test"), mail_from="x@open.evil.test")
        self.assertEqual(code, 250, text)
        message = email.message_from_bytes(self.junk()[before])
        self.assertIn("dmarc=fail", " ".join(message["Authentication-Results"].split()))

    def test_mail_of_domains_without_policy_is_taken(self):
        before = len(self.green.inbox("bob@green.test"))
        code, text = self.bring(letter("someone@none.evil.test", "bob@green.test"), mail_from="someone@none.evil.test")
        self.assertEqual(code, 250, text)
        self.assertEqual(len(self.green.inbox("bob@green.test")), before + 1)

    def test_forged_results_are_taken_out(self):
        forged = (b"Authentication-Results: mx.green.test; dmarc=pass header.from=evil.test\r\n"
                  b"Authentication-Results: (hello) MX.Green.Test (x) 1;\r\n\tspf=pass smtp.mailfrom=evil.test\r\n"
                  b"Authentication-Results: other.example; dkim=pass\r\n")
        before = len(self.green.inbox("bob@green.test"))
        code, text = self.bring(forged + letter("a@open.evil.test", "bob@green.test"), mail_from="a@open.evil.test")
        self.assertEqual(code, 250, text)
        message = email.message_from_bytes(self.green.inbox("bob@green.test")[before])
        fields = message.get_all("Authentication-Results")
        self.assertEqual(len(fields), 2, fields)
        self.assertTrue(fields[0].startswith("mx.green.test"))
        self.assertIn("other.example", fields[1])

    def test_the_evidence_is_kept_with_the_message(self):
        code, text = self.bring(letter("alice@blue.test", "bob@green.test"), mail_from="x@open.evil.test")
        self.assertEqual(code, 250, text)
        with self.green.imap("bob@green.test") as imap:
            imap.select("Junk")
            uid = imap.uid("SEARCH", "ALL")[1][0].split()[-1].decode()
        kept = self.green.json("check", "stored", "bob@green.test", uid, "--mailbox", "Junk")
        self.assertEqual(kept["client"]["ip"], "127.0.9.66")
        self.assertEqual(kept["judgement"]["dmarc"]["result"], "fail")
        self.assertEqual(kept["judgement"]["disposition"], "quarantine")
        self.assertIn("v=DMARC1; p=reject; rua=mailto:postmaster@blue.test", [r for a in kept["dns"] if a["name"] == "_dmarc.blue.test" for r in a["records"]])
        self.assertTrue(kept["replayed"]["same"], kept["replayed"]["why"])
        self.assertEqual(kept["altered"]["result"], "could not check")  # nobody signed it
        self.assertIn("DMARC  fail", self.green.cli("check", "stored", "bob@green.test", uid, "--mailbox", "Junk").stdout)
        self.assertIn("no message with UID", self.green.cli("check", "stored", "bob@green.test", "4000", check=False).stderr)

    def test_what_our_people_send_has_evidence_too_in_the_mailbox_and_in_the_queue(self):
        blue = self.pair.blue
        with blue.smtp("alice@blue.test") as client:
            client.sendmail("alice@blue.test", ["alice@blue.test", "bob@unreachable.evil.test"], letter("alice@blue.test", "bob@unreachable.evil.test"))
        blue.wait_for_mail("alice@blue.test", 1)
        with blue.imap("alice@blue.test") as imap:
            imap.select("INBOX")
            uid = imap.uid("SEARCH", "ALL")[1][0].split()[-1].decode()
        kept = blue.json("check", "stored", "alice@blue.test", uid)
        self.assertEqual((kept["login"], kept["recipients"], kept["tls"]["version"]), ("alice@blue.test", 2, "TLSv1.3"))
        self.assertIn("sent by alice@blue.test", blue.cli("check", "stored", "alice@blue.test", uid).stdout)
        for _ in range(100):
            entry, = blue.json("queue", "list")
            shown = blue.json("queue", "show", entry["id"])
            if shown["tried"]:
                break
            time.sleep(0.1)
        self.assertEqual(shown["evidence"]["login"], "alice@blue.test")
        self.assertEqual(shown["tried"][0]["to"], "bob@unreachable.evil.test")
        self.assertIn("TRIED AT", blue.cli("queue", "show", entry["id"]).stdout)
        blue.cli("queue", "drop", entry["id"])

    def test_the_command_line_judges_as_the_server_does(self):
        with tempfile.NamedTemporaryFile(suffix=".eml") as file:
            file.write(letter("alice@blue.test", "bob@green.test"))
            file.flush()
            done = subprocess.run([POSTHORN, "check", "message", file.name, "--ip", "127.0.9.66", "--helo", "evil.test", "--mail-from", "x@evil.test", "--resolver",
                                   f"127.0.9.53@{self.pair.dns.port}", "--json"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = json.loads(done.stdout)
        self.assertEqual((out["spf"]["result"], out["dmarc"]["result"], out["dmarc"]["policy"], out["dmarc"]["disposition"]), ("fail", "fail", "reject", "reject"))
        self.assertEqual(out["dmarc"]["aligned"], {"spf": False, "dkim": False})


if __name__ == "__main__":
    unittest.main()
