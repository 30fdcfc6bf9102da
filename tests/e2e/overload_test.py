"""What the server does when it has too much of everything (the short form of ./test --long overload, and faults.md 12-14)."""
import os
import socket
import subprocess
import sys
import time
import unittest

from harness import Folder, POSTHORN, Server, sanitizers, wait_for  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "campaign"))
import overload
from overload import PASSWORD, USER


class Client:
    def __init__(self, server, source="127.0.0.1", service="smtp"):
        self.socket = socket.socket()
        self.socket.bind((source, 0))
        self.socket.settimeout(20)
        self.socket.connect((server.address, server.ports[service]))
        self.file = self.socket.makefile("rb")
        self.greeting = self.file.readline()

    def ask(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        line = self.file.readline()
        while line[3:4] == b"-":
            line = self.file.readline()
        return line

    def close(self):
        self.file.close()
        self.socket.close()


def deliver(server, source):
    client = Client(server, source)
    client.ask("EHLO good.test")
    client.ask("MAIL FROM:<s@good.test>")
    client.ask(f"RCPT TO:<{USER}>")
    client.ask("DATA")
    said = client.ask("From: s@good.test\r\nSubject: x\r\n\r\nx\r\n.")
    client.close()
    return said


class Overload(unittest.TestCase):
    def setUp(self):
        self.folder = Folder("overload")
        self.server = None

    def tearDown(self):
        if self.server:
            self.server.close()
        self.folder.remove()

    def start(self, limits):
        self.server = Server(self.folder.path, sections={"server": "insecure_auth = true\n", "limits": limits})
        self.server.add("alice", password=PASSWORD)
        self.server.start()
        return self.server

    def test_a_thousand_slow_clients_do_not_keep_a_good_one_waiting_A17(self):
        server = self.start(overload.OPEN)
        # The machine may be busy with other tests: the campaign has the tight bounds.
        self.assertEqual([], overload.slow_phase(server, 1000, 5, limit_ms=1000, memory=300 << 20))

    def test_of_ten_times_the_mail_none_is_lost_that_was_acknowledged(self):
        flood = os.path.join(os.path.dirname(POSTHORN), "tests", "campaign", "flood")
        if not os.path.exists(flood):
            self.skipTest("the load program is not built")
        server = self.start("")
        self.assertEqual([], overload.flood_phase(server, flood, self.folder.path, 5, 10, sustain_seconds=3, goodput=0.0))  # a rate is no test: the campaign holds it to 80 %

    def test_under_stress_strangers_come_later_and_one_error_is_enough(self):
        server = self.start("connections = 20\n" + overload.OPEN)
        self.assertIn(b"250", deliver(server, "127.50.0.1"))
        held = [Client(server, "127.60.0.1") for _ in range(15)]
        self.assertTrue(all(c.greeting.startswith(b"220") for c in held))
        held.append(Client(server, "127.60.0.2"))
        stranger = Client(server, "127.60.0.3")
        self.assertTrue(stranger.greeting.startswith(b"421 4.3.2"), stranger.greeting)
        stranger = Client(server, "127.60.0.3", "imap")
        self.assertTrue(stranger.greeting.startswith(b"* BYE"), stranger.greeting)
        known = Client(server, "127.50.0.1")
        self.assertTrue(known.greeting.startswith(b"220"), known.greeting)
        known.ask("EHLO good.test")
        self.assertTrue(known.ask("WHAT").startswith(b"500"))
        self.assertTrue(known.file.readline().startswith(b"421"), "one error is enough")
        wait_for(lambda: server.events("stress.begins"), 5)
        # Clients that say nothing are gone after ten seconds once they have spoken under stress.
        started = time.monotonic()
        held[0].ask("EHLO slow.test")
        self.assertTrue(held[0].file.readline().startswith(b"421 4.4.2"))
        self.assertLess(time.monotonic() - started, 15)
        for c in held:
            c.close()
        wait_for(lambda: server.events("stress.ends"), 10)
        self.assertIn(b"250", deliver(server, "127.60.0.3"))

    def test_at_the_end_of_its_memory_nobody_new_is_let_in_fault_12(self):
        server = self.start('memory = "1MiB"\n')
        time.sleep(0.5)
        for service, words in (("smtp", b"421 4.3.2"), ("imap", b"* BYE"), ("pop3", b"-ERR [SYS/TEMP]")):
            self.assertTrue(Client(server, service=service).greeting.startswith(words), service)

    @unittest.skipIf(sanitizers.active(), "UBSan opens a pipe to look at an object's type, and without descriptors takes it for none")
    def test_without_descriptors_it_waits_and_does_not_spin_fault_13(self):
        server = self.start(overload.OPEN)
        used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        subprocess.run(["prlimit", "--pid", str(server.process.pid), f"--nofile={used + 20}:20000"], check=True)
        clients = []
        for i in range(60):
            s = socket.socket()
            s.settimeout(20)
            s.connect((server.address, server.ports["smtp"]))
            clients.append(s)
        time.sleep(1)
        before = overload.cpu(server)
        time.sleep(3)
        share = (overload.cpu(server) - before) / 3
        print(f"fault 13: with no descriptor left the server uses {share * 100:.1f} % of a core")
        self.assertLess(share, 0.05)
        self.assertTrue(server.events("net.no_descriptors"))
        for s in clients[:45]:
            s.close()
        self.assertTrue(clients[59].recv(100).startswith(b"220"), "it goes on when there are some again")
        for s in clients[45:]:
            s.close()


if __name__ == "__main__":
    unittest.main()
