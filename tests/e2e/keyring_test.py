"""The keys live in a process of their own: the server works through it, survives its death, and never has what it must not have."""
import hashlib
import hmac
import os
import re
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
import unittest

from harness import POSTHORN, Server, sanitizers, wait_for

LETTER = b"From: alice@blue.test\r\nSubject: keys\r\n\r\nkept\r\n"


def children(pid):
    return [int(p) for p in open(f"/proc/{pid}/task/{pid}/children").read().split()]


def derived(master, name):
    """HKDF-SHA-256 without salt, one block: crypto/master_keyring.cpp."""
    key = hmac.new(b"\0" * 32, master, hashlib.sha256).digest()
    return hmac.new(key, name + b"\x01", hashlib.sha256).digest()


def in_memory(pid, needles):
    """Which of the needles stand in the memory of a process."""
    found = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in open(f"/proc/{pid}/maps"):
            begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if "r" not in rights or "[vvar]" in line or "[vsyscall]" in line:
                continue
            at, end, before = int(begin, 16), int(end, 16), b""
            while at < end:
                try:
                    memory.seek(at)
                    chunk = memory.read(min(1 << 20, end - at))
                except (OSError, ValueError, OverflowError):
                    break
                if not chunk:
                    break
                found |= {name for name, needle in needles.items() if needle in before + chunk}
                before, at = chunk[-64:], at + len(chunk)
    return found


class Keyring(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.server = Server(os.path.join(self.folder.name, "s"), address="127.0.9.23")
        self.addCleanup(self.server.stop)
        self.server.add("alice", "bob")
        self.server.start()

    def test_started_by_hand_it_refuses_and_after_its_server_it_ends_in_silence(self):
        command = [POSTHORN, "--config", self.server.config, "keyring"]
        by_hand = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertGreater(by_hand.returncode, 0)
        self.assertIn("is started by posthorn serve", by_hand.stderr)
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            ours.close()
            orphan = subprocess.run(command, capture_output=True, text=True, timeout=60, close_fds=False, preexec_fn=lambda: [os.dup2(its.fileno(), end) for end in (3, 4)])
        self.assertEqual((orphan.returncode, orphan.stdout, orphan.stderr), (0, "", ""))

    def holder(self):
        """The pid of the process that holds the keys now, and of its supervisor."""
        supervisor = children(self.server.process.pid)
        self.assertEqual(len(supervisor), 1)
        holder = wait_for(lambda: children(supervisor[0]), 10, "no keyring came back")
        return holder[0], supervisor[0]

    def login(self, password="secret word"):
        with self.server.smtp() as client:
            client.starttls(context=self.server.tls())
            client.ehlo()
            return client.auth("plain", lambda challenge=None: f"\0alice@blue.test\0{password}") if password else None

    @unittest.skipIf(sanitizers.active(), "sanitizers map terabytes, which no test can look through")
    def test_it_holds_the_keys_and_nobody_else_does(self):
        if os.geteuid() != 0:
            self.skipTest("only root may look into the memory of others")
        self.server.submit("alice@blue.test", ["bob@blue.test"], LETTER)
        self.assertIn(b"kept", self.server.wait_for_mail("bob@blue.test")[0])
        master = bytes.fromhex(open(os.path.join(self.server.folder, "blue.test-data", "keyring")).read().strip())
        needles = {"master": master, "master as text": master.hex().encode()}
        for name in (b"posthorn account keys", b"posthorn secrets", b"posthorn password verifiers"):
            needles[name.decode()] = derived(master, name)
        holder, supervisor = self.holder()
        self.assertEqual(in_memory(self.server.process.pid, needles), set())
        self.assertEqual(in_memory(supervisor, needles), set())
        self.assertLessEqual({"posthorn account keys", "posthorn secrets", "posthorn password verifiers"}, in_memory(holder, needles))

    def test_it_has_no_rights_but_to_answer(self):
        holder, supervisor = self.holder()
        for pid, filtered in ((holder, "2"), (supervisor, "0")):
            for thread in os.listdir(f"/proc/{pid}/task"):
                status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/task/{thread}/status").read().splitlines() if ":" in line)
                self.assertEqual((status["NoNewPrivs"].strip(), status["Seccomp"].strip(), int(status["CapEff"], 16)), ("1", filtered, 0), (pid, thread))
        if os.geteuid() == 0:
            self.assertEqual(sorted(os.listdir(f"/proc/{holder}/fd"), key=int), ["0", "1", "2", "3", "4"])

    def test_passwords_are_checked_while_it_dies_and_comes_back(self):
        self.assertEqual(self.login()[0], 235)
        for _ in range(3):
            holder, _ = self.holder()
            os.kill(holder, signal.SIGKILL)
            started = time.monotonic()
            self.assertEqual(self.login("secret word")[0], 235)
            with self.assertRaises(smtplib.SMTPAuthenticationError) as wrong:
                self.login("another word")
            self.assertEqual(wrong.exception.smtp_code, 535)
            self.assertLess(time.monotonic() - started, 10)
            self.assertNotEqual(self.holder()[0], holder)
        self.server.submit("alice@blue.test", ["bob@blue.test"], LETTER)
        self.server.wait_for_mail("bob@blue.test")
        self.server.close()

    def test_when_it_does_not_answer_nobody_is_told_that_the_password_is_wrong(self):
        self.server.stop()
        self.server.start()  # nothing is remembered of earlier logins
        holder, _ = self.holder()
        os.kill(holder, signal.SIGSTOP)
        try:
            with self.assertRaises(smtplib.SMTPDataError) as not_kept:
                with self.server.smtp(service="smtp") as client:
                    client.sendmail("carol@green.test", ["bob@blue.test"], LETTER)
            with self.assertRaises(smtplib.SMTPResponseException) as not_checked:
                self.login()
        finally:
            os.kill(holder, signal.SIGCONT)
        self.assertEqual(not_kept.exception.smtp_code // 100, 4, not_kept.exception)
        self.assertEqual(not_checked.exception.smtp_code, 454, not_checked.exception)
        self.server.submit("alice@blue.test", ["bob@blue.test"], LETTER)

    def test_without_its_supervisor_the_server_stops_and_says_why(self):
        _, supervisor = self.holder()
        os.kill(supervisor, signal.SIGKILL)
        self.assertEqual(self.server.process.wait(20), 1)  # so that systemd starts it again
        self.assertEqual(len(self.server.events("keyring.gone")), 1)
        self.server.start()
        self.assertEqual(self.login()[0], 235)
        self.server.close()

    def test_it_ends_with_its_server(self):
        holder, supervisor = self.holder()
        self.server.kill()
        gone = lambda: not os.path.exists(f"/proc/{holder}") and not os.path.exists(f"/proc/{supervisor}")
        wait_for(gone, 10, "the keyring outlived its server")

    def test_a_key_file_that_others_can_read_is_refused_with_what_to_do(self):
        self.server.stop()
        os.chmod(os.path.join(self.server.folder, "blue.test-data", "keyring"), 0o644)
        with self.assertRaises(AssertionError) as refused:
            self.server.start()
        self.assertIn("chmod 600", str(refused.exception))
        os.chmod(os.path.join(self.server.folder, "blue.test-data", "keyring"), 0o600)


if __name__ == "__main__":
    unittest.main()
