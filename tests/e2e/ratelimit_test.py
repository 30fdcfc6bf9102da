"""Guessing passwords at a real server (the short form of ./test --long bruteforce)."""
import os
import sys
import unittest

from harness import Folder, Server

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "campaign"))
import bruteforce


class RateLimits(unittest.TestCase):
    def setUp(self):
        self.folder = Folder("ratelimit")
        self.server = Server(self.folder.path, sections={"server": "insecure_auth = true\n"})
        self.server.add("alice", password="owners-secret")
        self.server.start()

    def tearDown(self):
        self.server.close()
        self.folder.remove()

    def test_F1_brute_force_from_many_networks_is_turned_away_and_the_owner_is_not(self):
        attack = bruteforce.Attack(self.server, tries=4000, addresses=1000, seed=7).run("owners-secret")
        print(attack.report())
        self.assertEqual([], attack.problems())
        # The owner's network is known from the store, not from memory.
        self.server.stop()
        self.server.start()
        for n in range(40):
            bruteforce.try_imap(self.server, bruteforce.address_of(n), ["no"] * 5)
        self.assertEqual(["refused"], bruteforce.try_imap(self.server, bruteforce.address_of(500), ["owners-secret"]), "from a new network even the right password waits")
        self.assertEqual(["good"], bruteforce.try_imap(self.server, bruteforce.OWNER, ["owners-secret"]))

    def test_F1_one_address_that_tries_many_accounts_is_turned_away(self):
        said = []
        for n in range(40):
            s, lines = bruteforce.connect(self.server, "imap", "127.99.0.1")
            lines.readline()
            s.sendall(f"a LOGIN user{n}@blue.test guess\r\n".encode())
            said.append(lines.readline())
            s.close()
        self.assertEqual([b"AUTHENTICATIONFAILED" in line for line in said], [True] * 30 + [False] * 10)


if __name__ == "__main__":
    unittest.main()
