"""What our people send is signed once the DNS shows the key, and dkimpy (Debian's) verifies it; a key the DNS does not show signs nothing."""
import os
import re
import subprocess
import unittest

from cases import PairCase
from harness import Pair, letter


# Debian's Python has dkimpy, whatever Python runs the tests.
VERIFY = "import sys, dkim; sys.exit(0 if dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: sys.argv[1].encode()) else 1)"


class Dkim(PairCase):
    @classmethod
    def make_pair(cls):
        key = os.path.join(cls.folder.path, "dkim.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key], check=True, capture_output=True)
        public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], check=True, capture_output=True, text=True).stdout
        cls.record = "v=DKIM1; k=rsa; p=" + "".join(line for line in public.splitlines() if "-----" not in line)
        halves = f'"{cls.record[:200]}" "{cls.record[200:]}"'
        cls.key = key
        return Pair(cls.folder.path, more_zone={"blue.test": f"there._domainkey.blue.test. TXT {halves}\n"})

    def send(self):
        before = len(self.pair.green.inbox("bob@green.test"))
        self.pair.blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test", b"signed or not\r\n"))
        return self.pair.green.wait_for_mail("bob@green.test", before + 1)[-1]

    def dkimpy_verifies(self, message):
        return subprocess.run(["/usr/bin/python3", "-c", VERIFY, self.record], input=message, capture_output=True, timeout=60).returncode == 0

    def test_keys_sign_once_the_dns_shows_them(self):
        blue = self.pair.blue
        self.assertNotIn(b"DKIM-Signature", self.send())
        made = blue.json("dkim", "generate", "blue.test")
        self.assertEqual([(k["kind"], k["state"]) for k in made], [("rsa", "published"), ("ed25519", "published")])
        self.assertNotIn(b"DKIM-Signature", self.send())
        blue.cli("dkim", "import", "blue.test", "there", self.key)
        seen = {k["selector"]: k for k in blue.json("dkim", "look")}
        self.assertTrue(seen["there"]["seen"])
        self.assertFalse(seen[made[0]["selector"]]["seen"])
        self.assertIn("no TXT record", seen[made[0]["selector"]]["why"])
        message = self.send()
        self.assertEqual(message.count(b"DKIM-Signature"), 1)
        self.assertTrue(self.dkimpy_verifies(message))
        # The same message with a subject put on top is refused: the fields are oversigned.
        self.assertFalse(self.dkimpy_verifies(b"Subject: other\r\n" + message))
        blue.cli("dkim", "retire", "blue.test", "there")
        self.assertNotIn(b"DKIM-Signature", self.send())

    def test_bad_keys_and_selectors_are_refused_with_a_reason(self):
        blue = self.pair.blue
        done = blue.cli("dkim", "import", "blue.test", "bad selector", self.key, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no selector", done.stderr)
        done = blue.cli("dkim", "import", "elsewhere.test", "s", self.key, check=False)
        self.assertIn("no domain of this server", done.stderr)
        done = blue.cli("dkim", "import", "blue.test", "s", "-", input="rubbish", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(re.search("key", done.stderr), done.stderr)


if __name__ == "__main__":
    unittest.main()
