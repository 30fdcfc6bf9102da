#!/usr/bin/env python3
"""The lab from end to end: POSTHORN=build/dev/posthorn python3 tests/e2e/lab_test.py

Needs Knot (apt-get install knot). Uses loopback addresses only, and folders below the temporary one.
"""
import email
import imaplib
import json
import os
import re
import shutil
import signal
import smtplib
import ssl
import subprocess
import tempfile
import time
import unittest

POSTHORN = os.path.abspath(os.environ.get("POSTHORN", "build/dev/posthorn"))
SERVICES = {"smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "https"}


def posthorn(*arguments, timeout=90):
    return subprocess.run([POSTHORN, *arguments], capture_output=True, text=True, timeout=timeout)


def processes_naming(text):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if text.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


class LabCase(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.mkdtemp(prefix="lab")
        self.dir = self.parent + "/lab"

    def tearDown(self):
        for name in os.listdir(self.parent):
            if os.path.isdir(self.parent + "/" + name):
                posthorn("lab", "down", "--dir", self.parent + "/" + name)
        shutil.rmtree(self.parent, ignore_errors=True)

    def lab(self, command, *arguments, directory=None, good=True):
        done = posthorn("lab", command, *arguments, "--dir", directory or self.dir)
        if good:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def status(self, directory=None):
        return json.loads(self.lab("status", "--json", directory=directory).stdout)

    def host(self, domain):
        return next(h for h in self.status()["hosts"] if h["domain"] == domain)

    def inbox(self, address):
        host = self.host(address.split("@")[1])
        password = next(u["password"] for u in host["users"] if u["address"] == address)
        context = ssl.create_default_context(cafile=self.status()["ca"])
        imap = imaplib.IMAP4_SSL(host["ip"], host["ports"]["imaps"], ssl_context=context)
        imap.login(address, password)
        imap.select("INBOX", readonly=True)
        ids = imap.search(None, "ALL")[1][0].split()
        letters = [email.message_from_bytes(imap.fetch(i, "(RFC822)")[1][0][1]) for i in ids]
        imap.logout()
        return letters

    def wait_for(self, what, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = what()
            if value:
                return value
            time.sleep(0.3)
        self.fail("it did not come to pass in time")

    def queue(self, name="blue"):
        done = posthorn("--config", f"{self.dir}/{name}/posthorn.toml", "--json", "queue", "list")
        return json.loads(done.stdout)


class Lab(LabCase):
    def test_status_has_the_promised_shape(self):
        self.lab("up", "--detach")
        status = self.status()
        self.assertEqual(set(status), {"dns", "ca", "hosts"})
        self.assertTrue(os.path.exists(status["ca"]))
        self.assertEqual([h["domain"] for h in status["hosts"]], ["blue.test", "green.test", "forward.test", "list.test"])
        for host in status["hosts"]:
            self.assertEqual(set(host["ports"]), SERVICES)
            self.assertTrue(host["running"])
            self.assertTrue(os.path.isdir(host["data"]))
            self.assertIn("gateway@" + host["domain"], [u["address"] for u in host["users"]])
            self.assertTrue(all(u["password"] for u in host["users"]))
        self.assertIn("alice@blue.test", self.lab("status").stdout)
        self.assertIn("running already", self.lab("up", "--detach").stdout)

    def test_letters_arrive(self):
        self.lab("up", "--detach")
        told = self.lab("send", "alice@blue.test", "bob@green.test").stdout
        for part in ("DNSSEC: secure", "certificate verified", "INBOX of bob@green.test, UID 1", "Arrived after"):
            self.assertIn(part, told)
        letter, = self.inbox("bob@green.test")
        self.assertEqual(letter["From"], "alice@blue.test")
        self.assertEqual(len(letter.get_all("Received")), 2)

        self.assertIn("Arrived", self.lab("send", "alice@blue.test", "carol@blue.test").stdout)
        self.assertIn("INBOX of dave@green.test", self.lab("send", "alice@blue.test", "team@green.test").stdout)
        done = json.loads(self.lab("send", "bob@green.test", "alice@blue.test", "--json").stdout)
        self.assertTrue(done["arrived"])
        self.assertTrue(done["steps"])

        refused = self.lab("send", "alice@blue.test", "nobody@green.test", good=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("550", refused.stdout)
        outside = self.lab("send", "alice@blue.test", "somebody@example.com", good=False)
        self.assertEqual(outside.returncode, 1)
        self.assertIn("no such name", outside.stdout)

    def test_who_wrote_it_and_who_only_says_so(self):
        self.lab("up", "--detach")
        refused = json.loads(self.lab("send", "alice@blue.test", "bob@green.test", "--as", "impostor", "--json").stdout)
        self.assertTrue(refused["refused"])
        self.assertRegex(refused["reply"], "^550 5.7.1 .*DMARC policy of blue.test")
        self.assertTrue([s for s in refused["steps"] if s["who"] == "green" and "SPF fail, DMARC fail" in s["what"]])
        self.assertEqual(self.inbox("bob@green.test"), [])

        forwarded = json.loads(self.lab("send", "alice@blue.test", "bob@green.test", "--as", "forwarder", "--json").stdout)
        self.assertEqual(forwarded["mailbox"], "INBOX")
        for part in ("spf=fail", "dkim=pass", "dmarc=pass", "header.d=blue.test"):
            self.assertIn(part, forwarded["authentication_results"])

        listed = json.loads(self.lab("send", "alice@blue.test", "bob@green.test", "--as", "list", "--json").stdout)
        self.assertEqual(listed["mailbox"], "Junk")
        for part in ("spf=pass", "dkim=fail", "dmarc=fail", "policy.dmarc=quarantine"):
            self.assertIn(part, listed["authentication_results"])
        self.assertEqual(listed["altered"]["result"], "found")
        self.assertEqual({(edit["kind"], edit["where"]) for edit in listed["altered"]["edits"]},
                         {("subject_changed", "Subject"), ("field_added", "List-Id"), ("field_added", "List-Post"), ("footer", "body")})
        self.assertEqual(listed["altered"]["proof"], "signature")
        self.assertEqual((listed["altered"]["between"]["after"], listed["altered"]["between"]["editor"]), ("mx.blue.test", "crew.list.test"))
        self.assertEqual(forwarded["altered"]["result"], "nothing")
        self.assertIn("Authentication-Results", self.lab("send", "carol@blue.test", "dave@green.test", "--as", "forwarder").stdout)

    def test_a_gateway_may_send_for_others(self):
        self.lab("up", "--detach")
        host = self.host("blue.test")
        password = {u["address"]: u["password"] for u in host["users"]}
        context = ssl.create_default_context(cafile=self.status()["ca"])
        text = "From: somebody@example.net\r\nTo: bob@green.test\r\nSubject: passed on\r\n\r\nHello\r\n"
        for login, allowed in (("gateway@blue.test", True), ("carol@blue.test", False)):
            with smtplib.SMTP_SSL(host["ip"], host["ports"]["submissions"], context=context) as smtp:
                smtp.login(login, password[login])
                if allowed:
                    smtp.sendmail(login, ["bob@green.test"], text)
                else:
                    self.assertRaises(smtplib.SMTPException, smtp.sendmail, login, ["bob@green.test"], text)
        self.wait_for(lambda: [m for m in self.inbox("bob@green.test") if m["Subject"] == "passed on"])

    def test_a_letter_waits_for_a_stopped_host(self):
        self.lab("up", "--detach")
        self.lab("stop", "green")
        self.assertFalse(self.host("green.test")["running"])
        waiting = self.lab("send", "alice@blue.test", "bob@green.test", good=False)
        self.assertEqual(waiting.returncode, 1)
        self.assertIn("waits in the queue of mx.blue.test", waiting.stdout)
        self.assertIn("lab start green", waiting.stdout)
        self.assertEqual(len(self.queue()), 1)
        self.lab("start", "green")
        self.wait_for(lambda: self.inbox("bob@green.test"), seconds=90)
        self.wait_for(lambda: not self.queue())

    def test_what_cannot_be_delivered_in_time_comes_back(self):
        self.lab("up", "--detach")
        self.lab("stop", "green")
        self.lab("stop", "blue")
        config = self.dir + "/blue/posthorn.toml"
        with open(config, encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r'retry_first = ".*"', 'retry_first = "1s"', text)
        text = re.sub(r'expire_after = ".*"', 'expire_after = "3s"', text)
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        self.lab("start", "blue")
        done = self.lab("send", "alice@blue.test", "bob@green.test", good=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("sender is told", done.stdout)
        notice = self.wait_for(lambda: self.inbox("alice@blue.test"))[0]
        self.assertEqual(notice.get_content_type(), "multipart/report")
        self.assertIn("Action: failed", notice.as_string())
        self.assertEqual(self.queue(), [])

    def test_a_kept_lab_comes_back_and_a_dropped_one_leaves_nothing(self):
        self.lab("up", "--detach")
        self.lab("send", "alice@blue.test", "bob@green.test")
        before = self.status()
        self.lab("down", "--keep")
        self.assertEqual(processes_naming(self.dir), [])
        self.assertFalse(self.status()["hosts"][0]["running"])
        self.lab("up", "--detach")
        self.assertEqual([h["users"] for h in before["hosts"]], [h["users"] for h in self.status()["hosts"]])
        self.assertEqual(len(self.inbox("bob@green.test")), 1)
        self.lab("send", "bob@green.test", "alice@blue.test")
        self.lab("down")
        self.assertEqual(processes_naming(self.dir), [])
        self.assertFalse(os.path.exists(self.dir))
        self.assertEqual(self.lab("status", good=False).returncode, 1)

    def test_a_lab_whose_processes_died_comes_up_again(self):
        self.lab("up", "--detach")
        for pid in processes_naming(self.dir):
            os.kill(pid, signal.SIGKILL)
        self.wait_for(lambda: not processes_naming(self.dir))
        self.assertNotIn("running already", self.lab("up", "--detach").stdout)
        self.assertIn("Arrived", self.lab("send", "alice@blue.test", "bob@green.test").stdout)

    def test_two_labs_live_side_by_side(self):
        self.lab("up", "--detach")
        other = self.parent + "/other"
        self.lab("up", "--detach", directory=other)
        self.assertNotEqual(self.status()["dns"], self.status(other)["dns"])
        self.assertIn("Arrived", self.lab("send", "alice@blue.test", "bob@green.test", directory=other).stdout)
        self.assertEqual(self.inbox("bob@green.test"), [])

    def test_control_c_takes_all_down(self):
        process = subprocess.Popen([POSTHORN, "lab", "up", "--dir", self.dir], stdout=subprocess.PIPE, text=True)
        with process.stdout as output:
            for line in output:
                if "Ctrl-C" in line:
                    break
            self.lab("send", "alice@blue.test", "bob@green.test")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(60), 0)
        self.assertEqual(processes_naming(self.dir), [])
        self.assertFalse(os.path.exists(self.dir))

    def test_leaves_a_folder_of_others_alone(self):
        os.mkdir(self.dir)
        with open(self.dir + "/precious", "w", encoding="utf-8") as file:
            file.write("mine")
        self.assertEqual(self.lab("up", "--detach", good=False).returncode, 2)
        self.assertEqual(self.lab("down", good=False).returncode, 1)
        self.assertEqual(os.listdir(self.dir), ["precious"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
