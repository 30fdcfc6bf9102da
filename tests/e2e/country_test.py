"""Countries of addresses, by a file of the administrator's: kept with what comes, shown, searched for; and files that are no good."""
import json
import os
import random
import smtplib
import subprocess
import time
import unittest

from cases import JSON, JmapCase, PairCase, Case
from harness import POSTHORN, Pair, Server, letter, wait_for, zone
from mmdb import countries, encode, mmdb

NOBODY = {"test": zone("test", "127.0.9.53"), "plain.test": zone("plain.test", "127.0.9.66")}
GOOD = countries(DE="127.0.9.0/24", FR="127.0.9.66/32", SE="2001:db8::/32")


class Countries(PairCase):
    connect, login, ask, session, account = JmapCase.connect, JmapCase.login, JmapCase.ask, JmapCase.session, JmapCase.account

    @classmethod
    def make_pair(cls):
        cls.file = os.path.join(cls.folder.path, "countries.mmdb")
        with open(cls.file, "wb") as out:
            out.write(GOOD)
        source = 'source_address = "127.0.9.1"\nretry_first = "1s"\nretry_most = "5s"\n'
        pair = Pair(cls.folder.path, queue=source, more_zones=NOBODY, more_sections={"trust": 'countries = "countries.mmdb"\n'})
        cls.server = pair.green
        return pair

    def bring(self, source, subject):
        with smtplib.SMTP(timeout=60, source_address=(source, 0), local_hostname="plain.test") as client:
            client.connect(self.green.address, self.green.ports["smtp"])
            client.sendmail("x@plain.test", ["bob@green.test"], letter("x@plain.test", "bob@green.test", subject=subject))

    def call(self, name, **arguments):
        body = {"using": ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:posthorn:journey"], "methodCalls": [[name, {"accountId": self.account("bob@green.test"), **arguments}, "0"]]}
        answer, data = self.ask("POST", "/jmap/api", json.dumps(body), JSON, "bob@green.test")
        self.assertEqual(answer.status, 200, data)
        return json.loads(data)["methodResponses"][0][1]

    def found(self, filter):
        ids = self.call("Email/query", filter=filter)["ids"]
        return sorted(one["subject"] for one in self.call("Email/get", ids=ids, properties=["subject"])["list"])

    def test_what_comes_is_kept_shown_and_found_with_its_country(self):
        self.bring("127.0.9.66", "from France")
        self.bring("127.0.8.8", "from nowhere")
        self.blue.submit("alice@blue.test", ["bob@green.test"], letter("alice@blue.test", "bob@green.test", subject="from Germany"))
        wait_for(lambda: len(self.found(None)) == 3)
        self.assertEqual(self.found({"country": "FR"}), ["from France"])
        self.assertEqual(self.found({"country": "de"}), ["from Germany"])
        self.assertEqual(self.found({"country": "SE"}), [])
        self.assertEqual(self.found({"operator": "NOT", "conditions": [{"country": "FR"}]}), ["from Germany", "from nowhere"])
        for bad in ("FRA", "", "F1", 7, None):
            self.assertEqual(self.call("Email/query", filter={"country": bad})["type"], "invalidArguments", bad)
        for subject, country in {"from France": "FR", "from Germany": "DE", "from nowhere": None}.items():
            email = self.call("Email/query", filter={"subject": subject})["ids"]
            client = self.call("Journey/get", ids=email)["list"][0]["arrival"]["client"]
            self.assertEqual(client.get("country"), country, subject)
        session = self.session("bob@green.test")
        self.assertTrue(session["accounts"][self.account("bob@green.test")]["accountCapabilities"]["urn:posthorn:journey"]["countries"])
        imap = self.green.imap("bob@green.test")
        imap.select("INBOX", readonly=True)
        uid = imap.uid("SEARCH", "SUBJECT", '"from France"')[1][0].decode()
        imap.logout()
        self.assertIn("came   from 127.0.9.66 (FR), which called itself", self.green.cli("check", "stored", "bob@green.test", uid).stdout)
        # The server keeps what it read: a file that is cut short or taken away under it changes nothing.
        os.truncate(self.file, 20)
        self.bring("127.0.9.66", "once more")
        os.unlink(self.file)
        self.bring("127.0.9.66", "and again")
        wait_for(lambda: self.found({"country": "FR"}) == ["and again", "from France", "once more"])
        with open(self.file, "wb") as out:
            out.write(GOOD)


class FilesThatAreNoGood(Case):
    def begin(self, content):
        """Starts a server with that file; its exit status, or None if it runs, and what it said."""
        if content is not None:
            with open(os.path.join(self.folder.path, "bad.mmdb"), "wb") as out:
                out.write(content)
        server = Server(self.folder.path, "red.test", "127.0.9.3", {"trust": 'check_incoming = false\ncountries = "bad.mmdb"\n'})
        with open(server.log, "wb") as log:
            process = subprocess.Popen([POSTHORN, "--config", server.config, "serve"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 60
        said = ""
        while process.poll() is None and time.monotonic() < end and '"event":"started"' not in said:
            time.sleep(0.02)
            said = open(server.log, encoding="utf-8", errors="replace").read()
        status = process.poll()
        if status is None:
            process.terminate()
            self.assertEqual(process.wait(60), 0, said)
        return status, open(server.log, encoding="utf-8", errors="replace").read()

    def test_each_is_told_clearly_at_the_start(self):
        tree = GOOD.index(bytes(16) + encode({"country": {"iso_code": "DE"}})[:1])
        out_of_it = b"\xff\xff\xff" + GOOD[3:]
        to_itself = bytes(3) + GOOD[3:]
        data = GOOD.replace(encode("iso_code"), b"\x5d" + encode("iso_code")[1:], 1)  # a text of more octets than there are
        for name, content, why in (("missing", None, "No such file"), ("empty", b"", "no good"), ("text", b"DE 192.0.2.0/24\n", "no good"), ("half", GOOD[:len(GOOD) // 2], "no good"),
                                   ("its end is missing", GOOD[:-20], "no good"), ("only a tree", GOOD[:tree], "no good"), ("a record leads out", out_of_it, "damaged"), ("a record leads back", to_itself, "damaged"),
                                   ("an entry", data, "damaged"), ("of another kind", mmdb({"192.0.2.0/24": {"autonomous_system_number": (6, 64500)}}, "Test-ASN"), 'names no countries; it is of the kind "Test-ASN"')):
            status, said = self.begin(content)
            self.assertIsNotNone(status, f"{name}: it started")
            self.assertGreater(status, 0, f"{name}: {said}")
            self.assertIn("the file of countries", said, name)
            self.assertIn(why, said, name)
            self.assertIn("[trust] countries", said, name)
            self.assertEqual(said.count("posthorn: "), 1, said)

    def test_no_damage_ends_it_by_a_signal(self):
        dice = random.Random(2026)
        for _ in range(25):
            content = bytearray(GOOD)
            for _ in range(dice.choice((1, 1, 2, 8))):
                content[dice.randrange(len(content))] = dice.randrange(256)
            if dice.random() < 0.2:
                del content[dice.randrange(len(content)):]
            status, said = self.begin(bytes(content))
            self.assertTrue(status is None or status > 0, (status, content.hex(), said))
            if status:
                self.assertIn("the file of countries", said)


if __name__ == "__main__":
    unittest.main()
