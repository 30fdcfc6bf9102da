"""The webmail's journey panel on letters of the lab: web/tests/lab/*.test.mjs, with what must have come before them sent here."""
import json
import os
import smtplib

from lab_test import LabCase
from web_test import WEB, run


class Journeys(LabCase):
    def who(self, address):
        host = self.host(address.split("@")[1])
        password = next(u["password"] for u in host["users"] if u["address"] == address)
        return json.dumps({"url": f"https://{host['ip']}:{host['ports']['https']}", "address": address, "password": password})

    def forge(self):
        """In alice's name, from an address that may not, with an empty reverse path: nothing but DMARC speaks against it, so it is kept."""
        green = self.host("green.test")
        stranger = green["ip"].rsplit(".", 1)[0] + ".66"
        with smtplib.SMTP(timeout=60, source_address=(stranger, 0), local_hostname="stranger.test") as client:
            client.connect(green["ip"], green["ports"]["smtp"])
            client.sendmail("", ["bob@green.test"], b"From: alice@blue.test\r\nTo: bob@green.test\r\nSubject: Pay at once\r\nDate: Mon, 23 Nov 2026 17:05:04 +0000\r\n"
                            b"Message-ID: <forged@blue.test>\r\n\r\nI am in a meeting. Pay the invoice.\r\n")

    def test_in_chromium(self):
        self.lab("up", "--detach")
        self.lab("send", "alice@blue.test", "bob@green.test")
        self.lab("send", "alice@blue.test", "bob@green.test", "--as", "forwarder")
        self.lab("send", "alice@blue.test", "bob@green.test", "--as", "list")
        self.forge()
        folder = os.path.join(WEB, "tests", "lab")
        environment = {"URL": "https://127.0.0.1:9", "BOB": self.who("bob@green.test"), "ALICE": self.who("alice@blue.test"), "SHOTS": os.environ.get("SHOTS", "")}
        found, text = run([os.path.join(folder, name) for name in sorted(os.listdir(folder))], environment, 300)
        for good, name in found:
            print(f"\n    {'ok' if good else 'FAILED'}: {name}", end="")
        self.assertGreater(len(found), 4, text)
        self.assertEqual([name for good, name in found if not good], [], text[-12000:])


del LabCase
