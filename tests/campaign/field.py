"""Field: one server whose mail goes out to one sink, with its ledger; the bed of the crash and I/O campaigns."""
import os
import time

from faultline import harness
from ledger import Ledger, Mailbox
from sink import Sink

USERS = {"alice": "data", "carol": "bdat", "dave": "append"}  # and the kind of letters that each gets
MIXED = "data bdat append out"


class Field:
    def __init__(self, path, seed, address="127.0.9.1", retry="600s", sections=None):
        self.ledger, self.sink = Ledger(seed), Sink("127.0.9.7")
        self.kills, self.slowest, self.starts, self.started_at = [], 0.0, 0, 0.0
        more = sections or {}
        os.makedirs(path, exist_ok=True)
        self.dns = harness.Dns(path + "-dns", "127.0.9.53", {d: harness.zone(d, self.sink.address) for d in ("blue.test", "far.test")})
        self.server = harness.Server(path, "blue.test", address, {
            "server": "insecure_auth = true\n" + more.get("server", ""),
            "limits": "connections_per_address = 0\nconnections_per_network = 0\nconnections_per_wide_network = 0\n" + more.get("limits", ""),
            "queue": f'retry_first = "{retry}"\nretry_most = "{retry}"\nallow_private_routes = true\nport = {self.sink.port}\n',
            "dns": f'forward = ["127.0.9.53@{self.dns.port}"]\ntest_domain = true\nask_localhost = true\ntrust_anchor = ""\n',
            "trust": "check_incoming = false\n"})
        self.mailboxes = {}

    def found(self):
        self.server.add(*USERS)
        self.mailboxes = {user: Mailbox(self.ledger, self.server, f"{user}@blue.test", kind) for user, kind in USERS.items()}

    def start(self):
        self.slowest = max(self.slowest, self.server.start())
        self.starts += 1
        self.started_at = time.monotonic()

    def killed(self):
        """The server is dead, or is now."""
        self.server.kill()
        self.kills.append(time.monotonic())

    def look(self, before=float("inf"), whole=False, kinds=MIXED):
        for mailbox in self.mailboxes.values():
            if mailbox.kind in kinds:
                mailbox.look(before, whole)

    def verify(self):
        done = self.server.cli("verify", check=False)
        if done.returncode != 0:
            self.ledger.fault("verify: " + done.stdout + done.stderr)

    def queued(self):
        return self.server.json("queue", "list")

    def missing_outside(self, before=float("inf")):
        """What is acknowledged to go out and neither at the sink nor in the queue."""
        ids = {entry["id"] for entry in self.queued()}  # first the queue, then the sink: what moves meanwhile is seen at least once
        at_sink = set(self.sink.names())
        for name in self.ledger.acknowledged(before, "out"):
            letter = self.ledger.letters[name]
            if name not in at_sink and not any(id in letter.answer for id in ids):
                self.ledger.fault(f"{name} ({letter.answer}) is acknowledged and neither queued nor sent")

    def drain(self, before=float("inf"), seconds=300):
        """Lets everything go out and counts. Gives (held, sent twice): twice only if a kill lies between, for then the first reply may be lost."""
        self.sink.open = True
        held = sum(entry["held"] for entry in self.queued())
        end = time.monotonic() + seconds
        while self.queued():
            self.server.cli("queue", "retry", "--all")
            time.sleep(0.5)
            if time.monotonic() > end:
                self.ledger.fault(f"{len(self.queued())} letters did not leave the queue")
                break
        first, twice = {}, 0
        for name, digest, begun, ended in self.sink.taken:
            letter = self.ledger.letters.get(name)
            if letter is None or letter.sha != digest:
                self.ledger.fault(f"the sink got {name or 'a letter without a name'} in a form that nobody sent")
            if name in first:
                twice += 1
                if not any(first[name] <= kill <= ended for kill in self.kills):
                    self.ledger.fault(f"{name} was sent twice though no crash lies between")
            else:
                first[name] = begun  # a sender may die while its last octets are still on the way
        for name in sorted(self.ledger.acknowledged(before, "out") - set(first)):
            self.ledger.fault(f"{name} was acknowledged and never came out")
        return held, twice

    def close(self):
        self.sink.close()
        if self.server.process:
            self.server.stop()
        self.dns.stop()

    def log_has(self, event):
        return os.path.exists(self.server.log) and bool(self.server.events(event))
