"""kill -9 under load, fifty times: every acknowledged message is there exactly once, and the store counts right."""
import random
import re
import smtplib
import threading
import time
import unittest

from harness import Folder, Server, letter

ROUNDS, SENDERS, SEED = 50, 4, 20261123


class Crash(unittest.TestCase):
    def test_fifty_kills_lose_and_double_nothing(self):
        folder = Folder("crash")
        server = Server(folder.path)
        server.add("alice", "bob")
        dice = random.Random(SEED)
        acknowledged, tried, running = [], [0] * SENDERS, threading.Event()
        running.set()

        def send(number):
            """Sends letters with a name each, over and over, through every crash; notes those whose 250 was seen."""
            while running.is_set():
                try:
                    with smtplib.SMTP(server.address, server.ports["smtp"], timeout=10) as client:
                        while running.is_set():
                            name = f"{number}-{tried[number]}"
                            tried[number] += 1
                            size = (100, 3000, 200_000)[tried[number] % 3 if tried[number] % 20 == 0 else tried[number] % 2]
                            client.sendmail("x@example.com", ["alice@blue.test", "bob@blue.test"], letter("x@example.com", "a", b"x" * 70 + b"\r\n" * (size // 72), name))
                            acknowledged.append(name)
                except (OSError, smtplib.SMTPException):
                    time.sleep(0.02)

        senders = [threading.Thread(target=send, args=(i,)) for i in range(SENDERS)]
        slowest = server.start()
        for one in senders:
            one.start()
        for _ in range(ROUNDS):
            time.sleep(dice.uniform(0.02, 0.35))
            server.kill()
            slowest = max(slowest, server.start())
        running.clear()
        for one in senders:
            one.join(20)
        self.assertGreater(len(acknowledged), 2 * ROUNDS, "there was no load to speak of")
        for user in ("alice@blue.test", "bob@blue.test"):
            names = [re.search(rb"Subject: (\S+)", m)[1].decode() for m in server.inbox(user)]
            self.assertEqual(len(names), len(set(names)), "a letter is there twice")
            self.assertEqual(set(acknowledged) - set(names), set(), "a letter whose 250 was seen is lost")
        print(f"{ROUNDS} kills, {len(acknowledged)} letters acknowledged, {sum(tried)} tried, none lost, none doubled; slowest restart {slowest:.2f} s (seed {SEED})")
        server.close()
        folder.remove()


if __name__ == "__main__":
    unittest.main()
