"""The running server is walled in: no root, no other program, no file but its own; and it says so when it cannot be."""
import json
import os
import pwd
import subprocess
import tempfile
import unittest

from harness import POSTHORN, Server, certificate, sanitizers

ROOT = os.geteuid() == 0


def status_of(pid):
    return dict(line.split(":", 1) for line in open(f"/proc/{pid}/status").read().splitlines() if ":" in line)


class Confinement(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def server(self, **sections):
        server = Server(os.path.join(self.folder.name, "s"), address="127.0.9.21", sections=sections)
        self.addCleanup(server.stop)
        return server

    @unittest.skipIf(sanitizers.active(), "sanitizers trace, start threads of their own kind and map code: their builds leave that open")
    def test_every_forbidden_act_is_denied_and_every_needed_one_allowed(self):
        server = self.server()
        done = json.loads(server.cli("--json", "doctor", "--confinement").stdout)
        self.assertEqual([t for t in done["trials"] if not t["good"]], [])
        self.assertGreaterEqual(sum(t["is"] == "denied" for t in done["trials"]), 30)
        self.assertGreaterEqual(sum(t["is"] == "allowed" for t in done["trials"]), 5)

    def assert_confined(self, pid, uid):
        for thread in os.listdir(f"/proc/{pid}/task"):
            status = status_of(f"{pid}/task/{thread}")
            self.assertEqual(status["NoNewPrivs"].strip(), "1", thread)
            self.assertEqual(status["Seccomp"].strip(), "2", thread)
            for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(status[name], 16), 0, (thread, name))
            self.assertEqual(set(status["Uid"].split()), {str(uid)}, thread)
            if ROOT:
                self.assertEqual(int(status["CapBnd"], 16), 0, thread)
        limits = open(f"/proc/{pid}/limits").read()
        self.assertRegex(limits, r"Max core file size\s+0\s+0\s")

    def test_every_thread_of_a_server_at_work_is_confined(self):
        server = self.server()
        server.add("alice", "bob")
        server.start()
        server.submit("alice@blue.test", ["bob@blue.test"], b"From: alice@blue.test\r\nSubject: walled in\r\n\r\nstill delivered\r\n")
        self.assertIn(b"still delivered", server.wait_for_mail("bob@blue.test")[0])
        self.assert_confined(server.process.pid, os.geteuid())
        self.assertEqual(len(server.events("confined")), 1)
        server.close()

    def test_a_renewed_certificate_is_read_behind_the_walls(self):
        server = self.server()
        server.start()
        before = server.tls().get_ca_certs()
        for suffix in ("key", "pem"):
            os.unlink(os.path.join(server.folder, f"{server.name}.{suffix}"))
        certificate(server.folder, server.name, server.address)  # new files in the places of the old ones
        self.assertEqual(server.cli("reload").stdout, "done\n")
        self.assertEqual(len(server.events("certificates.reloaded")), 1)
        self.assertTrue(before)
        server.close()

    @unittest.skipUnless(ROOT, "only root can become somebody else")
    def test_started_by_root_it_becomes_the_configured_user(self):
        nobody = pwd.getpwnam("nobody")
        os.chmod(self.folder.name, 0o755)
        server = self.server(confine='user = "nobody"\n')
        server.stop()
        for name in (f"{server.name}.key", f"{server.name}.pem"):
            os.chmod(os.path.join(server.folder, name), 0o644)
        server.add("alice")  # by root, while no server runs: what it makes belongs to the server's user
        server.start()
        self.assert_confined(server.process.pid, nobody.pw_uid)
        for folder, _, files in os.walk(os.path.join(server.folder, "blue.test-data")):
            for name in files:
                self.assertEqual(os.lstat(os.path.join(folder, name)).st_uid, nobody.pw_uid, name)
        server.submit("alice@blue.test", ["alice@blue.test"], b"From: alice@blue.test\r\nSubject: x\r\n\r\nas nobody\r\n")
        self.assertEqual(len(server.wait_for_mail("alice@blue.test")), 1)
        server.close()

    @unittest.skipUnless(ROOT, "only root can become somebody else")
    def test_a_low_port_is_taken_before_root_is_given_up(self):
        os.chmod(self.folder.name, 0o755)
        server = Server(os.path.join(self.folder.name, "s"), address="127.0.9.22", sections={"confine": 'user = "nobody"\n'}, smtp_port=25)
        self.addCleanup(server.stop)
        for name in (f"{server.name}.key", f"{server.name}.pem"):
            os.chmod(os.path.join(server.folder, name), 0o644)
        server.start()
        with server.smtp(service="smtp") as client:
            self.assertEqual(client.noop()[0], 250)
        server.close()

    @unittest.skipUnless(ROOT, "only root is asked to become somebody else")
    def test_it_says_what_to_do_when_it_cannot_be_confined(self):
        for text, wanted in (('user = "no-such-user"\n', ("no-such-user", "useradd", 'confine.user = ""')),
                             ('user = "nobody"\n', ("does not belong to nobody", "chown -R nobody:"))):
            server = self.server(confine=text)
            os.makedirs(os.path.join(server.folder, "blue.test-data"), exist_ok=True)
            done = subprocess.run([POSTHORN, "--config", server.config, "serve"], capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 1, done.stderr)
            for part in wanted:
                self.assertIn(part, done.stderr)


if __name__ == "__main__":
    unittest.main()
