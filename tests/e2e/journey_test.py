"""The webmail's journey panel on letters of the lab: web/tests/lab/*.test.mjs, with what must have come before them sent here."""
import json
import os
import smtplib
import ssl
import subprocess

from https_service import HttpsService, Quiet
from lab_test import LabCase
from web_test import WEB, run


class ListServer(HttpsService):
    """Whoever sends the newsletter: answers by the path, remembers what it was asked. Its certificate is of the lab's authority."""

    def __init__(self, folder, authority, key, address="127.0.9.41"):
        run = lambda *a: subprocess.run(a, cwd=folder, check=True, capture_output=True)
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "list.key", "-out", "list.csr", "-subj", "/CN=list")
        with open(os.path.join(folder, "list.ext"), "w") as file:
            file.write(f"subjectAltName=IP:{address}\nextendedKeyUsage=serverAuth\n")
        run("openssl", "x509", "-req", "-in", "list.csr", "-CA", authority, "-CAkey", key, "-days", "2", "-extfile", "list.ext", "-out", "list.pem")
        self.requests = requests = []

        class Handler(Quiet):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                requests.append((self.command, self.path, dict(self.headers), body.decode()))
                self.send_response({"/moved": 302, "/broken": 500}.get(self.path, 200))
                if self.path == "/moved":
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
            do_GET = do_POST = answer

        super().__init__(address, Handler, os.path.join(folder, "list.pem"), os.path.join(folder, "list.key"))


class Journeys(LabCase):
    def who(self, address):
        host = self.host(address.split("@")[1])
        password = next(u["password"] for u in host["users"] if u["address"] == address)
        return json.dumps({"url": f"https://{host['ip']}:{host['ports']['https']}", "address": address, "password": password})

    def forge(self, sender=b"alice@blue.test", subject=b"Pay at once", more=b""):
        """From an address that may not, with an empty reverse path: nothing but DMARC speaks against it, so it is kept."""
        green = self.host("green.test")
        stranger = green["ip"].rsplit(".", 1)[0] + ".66"
        with smtplib.SMTP(timeout=60, source_address=(stranger, 0), local_hostname="stranger.test") as client:
            client.connect(green["ip"], green["ports"]["smtp"])
            client.sendmail("", ["bob@green.test"], b"From: " + sender + b"\r\nTo: bob@green.test\r\nSubject: " + subject + b"\r\nDate: Mon, 23 Nov 2026 17:05:04 +0000\r\n"
                            b"Message-ID: <" + subject.replace(b" ", b".") + b"@blue.test>\r\n" + more + b"\r\nI am in a meeting. Pay the invoice.\r\n")

    def news(self, subject, path, url):
        """A newsletter of alice's, signed by her server as all her letters are."""
        blue = self.host("blue.test")
        password = next(u["password"] for u in blue["users"] if u["address"] == "alice@blue.test")
        context = ssl.create_default_context(cafile=self.status()["ca"])
        context.check_hostname = False
        with smtplib.SMTP_SSL(blue["ip"], blue["ports"]["submissions"], context=context, timeout=60) as client:
            client.login("alice@blue.test", password)
            client.sendmail("alice@blue.test", ["bob@green.test"], f"From: Weekly <alice@blue.test>\r\nTo: bob@green.test\r\nSubject: {subject}\r\nDate: Mon, 23 Nov 2026 17:05:04 +0000\r\n"
                            f"Message-ID: <{path.strip('/')}@blue.test>\r\nList-Unsubscribe: <{url}{path}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nNews.\r\n")

    def test_in_chromium(self):
        self.lab("up", "--detach")
        self.lab("send", "alice@blue.test", "bob@green.test")
        self.lab("send", "alice@blue.test", "bob@green.test", "--as", "forwarder")
        self.lab("send", "alice@blue.test", "bob@green.test", "--as", "list")
        self.forge()
        status = self.status()
        service = ListServer(self.parent, status["ca"], os.path.join(os.path.dirname(status["ca"]), "ca.key"))
        self.addCleanup(service.close)
        self.news("News of the week", "/out?reader=1", service.url)
        self.news("News that moved", "/moved", service.url)
        # Nobody proves what this one asks for.
        self.forge(b'"alice@blue.test" <boss@b1ue.test>', b"Buy gift cards",
                   f"Reply-To: boss@elsewhere.test\r\nList-Unsubscribe: <{service.url}/victim>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode())
        folder = os.path.join(WEB, "tests", "lab")
        environment = {"URL": "https://127.0.0.1:9", "BOB": self.who("bob@green.test"), "ALICE": self.who("alice@blue.test"), "SHOTS": os.environ.get("SHOTS", "")}
        environment["LIST"] = service.url
        found, text = run([os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".test.mjs")], environment, 300)
        for good, name in found:
            print(f"\n    {'ok' if good else 'FAILED'}: {name}", end="")
        self.assertGreater(len(found), 4, text)
        self.assertEqual([name for good, name in found if not good], [], text[-12000:])
        # rfc:8058#3.2 one POST to each that was agreed to, with nothing of the reader's; nobody follows a redirect.
        self.assertEqual([(how, path, body) for how, path, _, body in service.requests],
                         [("POST", "/out?reader=1", "List-Unsubscribe=One-Click"), ("POST", "/moved", "List-Unsubscribe=One-Click")])
        for _, _, fields, _ in service.requests:
            self.assertEqual(fields["Content-Type"], "application/x-www-form-urlencoded")
            self.assertEqual({"Cookie", "Referer", "Authorization", "Origin"} & set(fields), set())


del LabCase
