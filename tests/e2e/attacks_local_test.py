"""Attacks on what the server keeps, logs and listens to on its own machine (attacks.md 2F: F18, F20, F22, F24). Each test is named after its row."""
import base64
import email.utils
import imaplib
import json
import os
import random
import re
import socket
import subprocess
import time
import unittest

from attacks_smtp_test import ALICE, Attacked
from harness import POSTHORN, Folder, Server, wait_for


class Local(Attacked):
    # -- F20

    def test_F20_nothing_a_stranger_says_makes_a_line_of_the_log_or_a_control_character_in_one(self):
        with self.raw() as client:
            client.send(b"EHLO x\nroot login ok\r\n")
            self.assertTrue(client.rest().startswith(b"501 "))
        evil = ["a\u0085root login ok", "a\u009b31mred", "a\u2028b", "a\u202egnp", "a" * 60]
        with self.raw() as client:
            client.say("EHLO tester")
            for name in evil:
                client.say(f"MAIL FROM:<{name}@x.test> SMTPUTF8")
                client.say("RSET")
            for command in (b"X\x1b[31mY", b"\x1b]0;title\x07", b"MAIL FROM:<\x80\x81@x.test> SMTPUTF8", b"\xff\xfe", b"{\"event\":\"login\"}", b"NOOP \"},{\"event\":\"login\"}"):
                client.say(command)
        with self.raw() as client:  # addresses of 4 KB of escapes
            client.envelope()
            client.send(b"From: \"\x1b[2J\x07\" <x@elsewhere.test>\r\nMessage-ID: <\"\\\"\x1b@x>\r\nSubject: \x1b[2J\r\n\r\n\r\n.\r\n")
            client.reply()
        with self.logged_in() as client:
            client.say("MAIL FROM:<\"{\\\"event\\\":\\\"login\\\"}\"@blue.test>")
        with self.raw("submission") as client:
            client.say("EHLO tester")
            client.say("STARTTLS")
            client.tls()
            client.say("EHLO tester")
            for user in ("alice\nroot login ok", "alice\x1b[31m", "alice\"},{\"event\":\"login", "\u0085", "a" * 3000):
                client.say(b"AUTH PLAIN " + base64.b64encode(b"\0" + user.encode() + b"\0wrong"))
        with self.raw("imap") as client:
            client.send(b'a ID ("name" "x\\"y\x1b[31m" "version" {14}\r\nroot\x1blogin ok\x07)\r\n')
            time.sleep(0.2)
        with open(self.server.log, "rb") as log:
            lines = log.read().split(b"\n")
        for line in lines[:-1]:
            self.assertTrue(line.startswith(b"{"), line)
            record = json.loads(line)
            self.assertNotRegex(line.decode("utf-8"), "[\x00-\x1f\x7f-\x9f]", line)
            self.assertNotIn("root login ok", record["event"])
            for value in record.values():
                self.assertLessEqual(len(value.encode()), 1100, line[:200])
        self.assertEqual([r for r in map(json.loads, lines[:-1]) if r["event"] == "login"], [])

    # -- F22

    def test_F22_dates_of_strangers_change_nothing_of_ours(self):
        for date in ("Thu, 01 Jan 1970 00:00:00 +0000", "Fri, 31 Dec 2100 23:59:59 +0000", "Mon, 99 Foo 99999 25:61:61 +9999", ""):
            with self.subTest(date), self.raw() as client:
                client.envelope()
                client.send(f"From: x@elsewhere.test\r\nDate: {date}\r\nSubject: F22\r\n\r\n\r\n.\r\n".encode())
                self.assertTrue(client.reply().startswith("250"))
                with self.server.imap(ALICE) as imap:
                    imap.select("INBOX", readonly=True)
                    answer = imap.fetch("*", "(INTERNALDATE BODY.PEEK[HEADER.FIELDS (RECEIVED)])")[1]
                    received = time.mktime(imaplib.Internaldate2tuple(answer[0][0]))
                    self.assertLess(abs(received - time.time()), 300)
                    stamp = answer[0][1].decode().rsplit(";", 1)[1].strip()
                    self.assertLess(abs(email.utils.parsedate_to_datetime(stamp).timestamp() - time.time()), 300)

    # -- F24

    def socket_path(self):
        return os.path.join(self.folder.path, "blue.test-data", "control.sock")

    def test_F24_garbage_at_the_control_socket_ends_that_connection_and_nothing_else(self):
        dice = random.Random(24)
        cases = [b"\n", b"{}\n", b"[]\n", b"null\n", b"{\"operation\":1}\n", b"{\"operation\":\"server.status\",\"arguments\":[1]}\n", b"{\"payload\":99999999999999999999}\n",
                 b"{\"payload\":-1}\n", b"{\"payload\":1e300}\n", b"{\"operation\":\"no.such\"}\n", b"[" * 100_000 + b"\n", b"{\"a\":" * 100_000 + b"\n", b"\xff\xfe\n", b"x" * (1 << 20) + b"y\n",
                 b"{\"operation\":\"account.add\",\"arguments\":{\"address\":\"\\u0000\"}}\n", b"{\"payload\":67108865}\n", b"{\"payload\":100}\nabc", b"\"" + b"\\ud800" * 1000 + b"\"\n"]
        cases += [bytes(dice.randrange(256) for _ in range(dice.randrange(1, 400))) + b"\n" for _ in range(300)]
        good = b'{"operation":"account.list","arguments":{},"payload":0}\n'
        for _ in range(300):
            mutated = bytearray(good)
            for _ in range(dice.randrange(1, 6)):
                mutated[dice.randrange(len(mutated) - 1)] = dice.randrange(256)
            cases.append(bytes(mutated))
        for case in cases:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(self.socket_path())
                client.settimeout(10)
                try:
                    client.sendall(case)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
                except (BrokenPipeError, ConnectionResetError):
                    pass
        self.assertEqual(self.server.json("status")["name"], "mx.blue.test")
        self.assertIsNone(self.server.process.poll())
        self.assertEqual([a["address"] for a in self.server.json("account", "list")], [ALICE])

    def test_F24_a_client_that_waits_keeps_nobody_out(self):
        waiting = []
        for i in range(200):
            client = socket.socket(socket.AF_UNIX)
            client.connect(self.socket_path())
            client.sendall(b'{"operation":"server.status","payl'[:i % 30])
            waiting.append(client)
        started = time.monotonic()
        self.server.json("status")
        self.assertLess(time.monotonic() - started, 10)
        for client in waiting:
            client.close()

    @unittest.skipUnless(os.geteuid() == 0, "only root can be another user")
    def test_F24_another_user_is_refused(self):
        path = self.socket_path()
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        opened = [self.folder.path, os.path.dirname(path), path]
        modes = [os.stat(one).st_mode for one in opened]
        script = "import os, socket, sys; os.setgid(65534); os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(10); s.sendall(b'{\"operation\":\"account.list\"}\\n'); print(len(s.recv(4096)))"
        refused = subprocess.run(["/usr/bin/python3", "-c", script, path], capture_output=True, text=True, timeout=60)
        self.assertIn("PermissionError", refused.stderr)
        try:
            for one in opened:
                os.chmod(one, 0o777)  # even if somebody opened the way
            answer = subprocess.run(["/usr/bin/python3", "-c", script, path], capture_output=True, text=True, timeout=60)
        finally:
            for one, mode in zip(opened, modes):
                os.chmod(one, mode & 0o7777)
        self.assertTrue(answer.stdout.strip() == "0" or "Error" in answer.stderr, answer)
        wait_for(lambda: self.server.events("control.refused"), 5, "it is not in the log")


class Links(unittest.TestCase):
    def test_F18_a_link_in_the_data_folder_is_not_followed(self):
        folder = Folder("links")
        try:
            server = Server(folder.path)
            server.add("alice")
            data = os.path.join(folder.path, "blue.test-data")
            elsewhere = os.path.join(folder.path, "elsewhere")
            for victim in ("keyring", "store"):
                path = os.path.join(data, victim)
                self.assertTrue(os.path.exists(path), os.listdir(data))
                os.rename(path, elsewhere)
                os.symlink(elsewhere, path)
                done = server.cli("account", "list", check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, f"{re.escape(path)} is a symbolic link")
                done = subprocess.run([POSTHORN, "--config", server.config, "serve"], capture_output=True, text=True, timeout=60)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("is a symbolic link", done.stderr)
                os.unlink(path)
                os.rename(elsewhere, path)
            inside = os.path.join(data, "store", "000999.log")
            os.symlink("/etc/passwd", inside)
            self.assertIn("is a symbolic link", server.cli("account", "list", check=False).stderr)
            os.unlink(inside)
            # The socket's place: what is there is taken away, not followed.
            target = os.path.join(folder.path, "target")
            open(target, "w").write("precious")
            server.start()
            server.stop()
            os.symlink(target, os.path.join(data, "control.sock"))
            server.cli("account", "list", check=False)
            self.assertEqual(open(target).read(), "precious")
            os.unlink(os.path.join(data, "control.sock"))
            server.close()
        finally:
            folder.remove()


if __name__ == "__main__":
    unittest.main()
