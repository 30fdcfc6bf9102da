"""Guessing one account's password from many addresses, while its owner logs in (attacks.md F1, hardening.md 5.6).

./test --long bruteforce [--tries 100000] [--addresses 1000] [--seed 1]

Strangers on loopback addresses, each in a wide network of its own, try passwords over IMAP, POP3 and SMTP. Counted is how many of them the
server looked at (it said "wrong") and how many it turned away unseen. The owner logs in twice a second from a network that the account was
used from before; each login must succeed within a second.
"""
import argparse
import base64
import os
import random
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
USER = "alice@blue.test"
OWNER = "127.200.0.7"


def address_of(n):
    """Each in an IPv4 /21 of its own."""
    return f"127.{16 + n // 32}.{8 * (n % 32)}.9"


def connect(server, service, source):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.settimeout(60)
    s.bind((source, 0))
    s.connect((server.address, server.ports[service]))
    return s, s.makefile("rb")


def plain(password):
    return base64.b64encode(f"\0{USER}\0{password}".encode()).decode()


def try_imap(server, source, passwords):
    """What became of each: wrong, refused, good. The server ends the connection after five."""
    s, lines = connect(server, "imap", source)
    lines.readline()
    s.sendall("".join(f"t{i} LOGIN {USER} {p}\r\n" for i, p in enumerate(passwords)).encode())
    said = [line for line in (lines.readline() for _ in passwords) if line.startswith(b"t")]
    s.close()
    return ["good" if b" OK " in l else "wrong" if b"AUTHENTICATIONFAILED" in l else "refused" if b"UNAVAILABLE" in l else repr(l) for l in said]


def try_pop3(server, source, passwords):
    s, lines = connect(server, "pop3", source)
    lines.readline()
    said = []
    for p in passwords:
        s.sendall(f"USER {USER}\r\nPASS {p}\r\n".encode())
        lines.readline()
        line = lines.readline()
        if not line:
            break
        said.append("good" if line.startswith(b"+OK") else "wrong" if b"[AUTH]" in line else "refused" if b"[SYS/TEMP]" in line else repr(line))
    s.close()
    return said


def try_smtp(server, source, passwords):
    s, lines = connect(server, "submission", source)
    lines.readline()
    s.sendall(b"EHLO stranger.test\r\n")
    while lines.readline()[3:4] == b"-":
        pass
    said = []
    for p in passwords:
        s.sendall(f"AUTH PLAIN {plain(p)}\r\n".encode())
        line = lines.readline()
        if not line.strip():
            break
        said.append("good" if line.startswith(b"235") else "wrong" if line.startswith(b"535") else "refused" if line.startswith(b"454") else repr(line))
    s.close()
    return said


PROTOCOLS = [(try_imap, 4), (try_pop3, 3), (try_smtp, 3)]


class Attack:
    def __init__(self, server, tries, addresses, seed, threads=4):
        self.server, self.tries, self.addresses, self.random = server, tries, addresses, random.Random(seed)
        self.lock = threading.Lock()
        self.begun = 0
        self.counts = {}
        self.errors = 0
        self.owner_times = []
        self.owner_failures = 0
        self.threads = threads

    def next(self):
        with self.lock:
            if self.begun >= self.tries:
                return None
            protocol, most = self.random.choice(PROTOCOLS)
            count = min(most, self.tries - self.begun)
            self.begun += count
            return protocol, address_of(self.random.randrange(self.addresses)), [f"guess{self.random.randrange(10 ** 9)}" for _ in range(count)]

    def guess(self):
        while True:
            job = self.next()
            if job is None:
                return
            protocol, source, passwords = job
            try:
                said = protocol(self.server, source, passwords)
            except OSError:
                said = []
            with self.lock:
                for one in said:
                    self.counts[one] = self.counts.get(one, 0) + 1
                lost = len(passwords) - len(said)
                if lost:  # the connection ended before: to be tried again
                    self.errors += lost
                    self.begun -= lost

    def own(self, password):
        while not self.over.wait(0.5):
            protocol = PROTOCOLS[len(self.owner_times) % 3][0]
            started = time.monotonic()
            try:
                said = protocol(self.server, OWNER, [password])
            except OSError as e:
                said = [repr(e)]
            with self.lock:
                self.owner_times.append(time.monotonic() - started)
                if said != ["good"]:
                    self.owner_failures += 1
                    print("the owner was not let in:", said, flush=True)

    def run(self, password):
        assert try_imap(self.server, OWNER, [password]) == ["good"], "the owner's first login"
        self.over = threading.Event()
        started = time.monotonic()
        owner = threading.Thread(target=self.own, args=(password,))
        workers = [threading.Thread(target=self.guess) for _ in range(self.threads)]
        owner.start()
        for w in workers:
            w.start()
        for w in workers:
            w.join()
        self.over.set()
        owner.join()
        self.seconds = time.monotonic() - started
        return self

    def problems(self):
        """In words; empty: as it should be."""
        found = []
        evaluated = self.counts.get("wrong", 0)
        allowed = 100 + 100 * self.seconds / 3600 + 1
        if evaluated > allowed:
            found.append(f"{evaluated} tries were evaluated in {self.seconds:.0f} s, {allowed:.0f} are allowed")
        if evaluated < 50:
            found.append(f"only {evaluated} tries were evaluated: nothing was measured")
        if sum(self.counts.values()) < self.tries:
            found.append(f"only {sum(self.counts.values())} of {self.tries} tries were answered")
        strange = {k: v for k, v in self.counts.items() if k not in ("wrong", "refused")}
        if strange:
            found.append(f"unexpected answers: {strange}")
        if self.owner_failures or not self.owner_times:
            found.append(f"the owner was not let in {self.owner_failures} times of {len(self.owner_times)}")
        if self.owner_times and max(self.owner_times) >= 1:
            found.append(f"the owner waited {max(self.owner_times):.2f} s")
        return found

    def report(self):
        times = sorted(self.owner_times) or [0]
        return (f"tries {sum(self.counts.values())} from {self.addresses} addresses in {self.seconds:.1f} s: evaluated {self.counts.get('wrong', 0)}, "
                f"turned away unseen {self.counts.get('refused', 0)}; owner: {len(self.owner_times)} logins, {self.owner_failures} refused, "
                f"median {times[len(times) // 2] * 1000:.1f} ms, longest {times[-1] * 1000:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--tries", type=int, default=100_000)
    parser.add_argument("--addresses", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["POSTHORN"] = os.path.join(os.path.abspath(options.build), "posthorn")
    sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
    from harness import Folder, Server
    folder = Folder("bruteforce")
    server = Server(folder.path, sections={"server": "insecure_auth = true\n"})
    server.add("alice", password="owners-secret")
    server.start()
    print(f"seed {options.seed}", flush=True)
    try:
        attack = Attack(server, options.tries, options.addresses, options.seed).run("owners-secret")
    finally:
        server.close()
        folder.remove()
    print(attack.report())
    problems = attack.problems()
    for one in problems:
        print("FAILED:", one)
    print(f"{1 if not problems else 0} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
