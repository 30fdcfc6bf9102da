"""A full disk: the data folder on a small tmpfs that is filled to a random point, or has no inodes left; and a limit on the size of files.

While it is full: letters are taken whole or refused with 452 4.3.1 (IMAP: NO [OVERQUOTA]), mail can be expunged over IMAP and deleted over
POP3, the queue drains, the server can be killed and started. Once there is room again everything works and the reserve is taken again."""
import os
import poplib
import random
import resource
import shutil
import subprocess
import time

from field import Field
from ways import LOST, WAYS, close_quietly, connect, words_of

FRESH_EVERY, RESTART_EVERY = 20, 5
DISK = 64 << 20


class FullDisk:
    def __init__(self, folder, runs, seed, kind="bytes"):
        self.folder, self.runs, self.seed, self.kind = os.path.join(folder, f"full-{kind}"), runs, seed, kind
        self.at = self.folder + "-mnt"
        self.faults, self.answers, self.slowest = [], {}, 0.0
        self.full = self.expunged = self.deleted = self.drained = self.restarts = self.given_up = 0

    def run(self):
        for first in range(0, self.runs, FRESH_EVERY):
            self.one_disk(first, min(FRESH_EVERY, self.runs - first))
        return self.faults

    def one_disk(self, first, runs):
        os.makedirs(self.folder)
        os.makedirs(self.at, exist_ok=True)
        inodes = ",nr_inodes=400" if self.kind == "inodes" else ""
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}{inodes}", "tmpfs", self.at], check=True)
        os.symlink(os.path.join(self.at, "data"), os.path.join(self.folder, "blue.test-data"))
        os.makedirs(os.path.join(self.at, "data"))
        self.dice = random.Random(f"{self.seed} {self.kind} {first}")
        self.field = Field(self.folder, f"{self.seed}-{first}", retry="600s")
        try:
            self.field.found()
            self.field.start()
            for number in range(1, runs + 1):
                self.one_run(number)
            self.field.verify()
            self.field.drain()
            self.field.server.stop()
            self.field.verify()
            self.given_up += len(self.field.server.events("store.reserve_given_up"))
        finally:
            self.field.close()
            self.faults += self.field.ledger.faults
            self.slowest = max(self.slowest, self.field.slowest)
            subprocess.run(["umount", self.at], check=True)
            for one in (self.folder, self.folder + "-dns", self.at):
                shutil.rmtree(one, ignore_errors=True)

    def fault(self, what):
        self.field.ledger.fault(what)

    def fill(self):
        if self.kind == "inodes":
            try:
                for i in range(10_000):
                    open(os.path.join(self.at, f"empty{i}"), "w").close()
            except OSError:
                return
        now = os.statvfs(self.at)
        left = self.dice.choice((0, 0, self.dice.randrange(1 << 20), self.dice.randrange(16 << 20)))
        block = b"b" * 65536
        try:
            with open(os.path.join(self.at, "ballast"), "wb", buffering=0) as ballast:
                for _ in range(max(0, now.f_bavail * now.f_frsize - left) // len(block)):
                    ballast.write(block)
                while left == 0 and ballast.write(block):  # to the last octet
                    pass
        except OSError:
            pass

    def make_room(self):
        for name in os.listdir(self.at):
            if name.startswith(("ballast", "empty")):
                os.remove(os.path.join(self.at, name))

    def send(self, size=None):
        """True if it was taken."""
        way = self.dice.choice(tuple(WAYS))
        letter = self.field.ledger.letter(size or self.dice.choice((1000, 20_000, 70_000, 700_000, 2_000_000)), WAYS[way].kind)
        connection = None
        try:
            connection = connect(way, self.field.server)
            connection.send(letter)
        except LOST as lost:
            letter.answer = words_of(lost)
            letter.forget_text()
        close_quietly(connection)
        code = letter.answer[:9] if letter.answer[:1].isdigit() else letter.answer[:12]
        code = code if not code.startswith("250") else "250"
        self.answers[code] = self.answers.get(code, 0) + 1
        if letter.acknowledged is None and not letter.answer.startswith(("452 4.3.1", 'NO b"[OVERQUOTA]')):
            self.fault(f"{way}, {letter.size} octets, on a full disk: {letter.answer}")
        return letter.acknowledged is not None

    def one_run(self, number):
        field = self.field
        field.sink.open = False
        for _ in range(3):  # something to delete and to drain
            self.send(1000)
        self.fill()
        refused = sum(not self.send() for _ in range(self.dice.randrange(3, 9)))
        self.full += refused > 0
        if number % RESTART_EVERY == 0:
            field.killed()
            field.start()
            self.restarts += 1
        field.look()
        self.delete()
        field.sink.open = True
        field.drain(seconds=20)
        self.drained += 1
        self.make_room()
        end, known = time.monotonic() + 10, len(field.ledger.faults)
        while not self.send(1000):
            if time.monotonic() > end:
                self.fault("there is room again and no letter is taken")
                break
            del field.ledger.faults[known:]  # it may be refused, with other words too, while the engine still looks for room
            time.sleep(0.1)
        field.look(whole=True)

    def delete(self):
        """On the full disk: over POP3 one, over IMAP all that is left."""
        mailbox = self.field.mailboxes["alice"]
        if mailbox.seen:
            try:
                client = poplib.POP3(self.field.server.address, self.field.server.ports["pop3"], timeout=20)
                client.user(mailbox.user)
                client.pass_(self.field.server.passwords[mailbox.user])
                client.dele(1)
                client.quit()
                mailbox.gone.add(mailbox.seen.pop(min(mailbox.seen)))
                self.deleted += 1
            except (poplib.error_proto, OSError) as wrong:
                self.fault(f"on the full disk DELE did not work: {wrong!r}")
        for mailbox in self.field.mailboxes.values():
            count = len(mailbox.seen)
            if mailbox.empty():
                self.expunged += count
            else:
                self.fault("on the full disk EXPUNGE did not work")

    def told(self):
        answers = ", ".join(f"{n}x {code}" for code, n in sorted(self.answers.items()))
        return (f"full disk ({self.kind}): {self.runs} runs, {self.full} of them refused letters ({answers}), {self.expunged} expunged and {self.deleted} deleted by POP3 while full, "
                f"{self.drained} drains, {self.restarts} restarts while full, reserve given up {self.given_up} times, slowest restart {self.slowest:.2f} s")


def file_limit(folder, rounds, seed):
    """RLIMIT_FSIZE on the running server. Gives (faults, told)."""
    path, dice = os.path.join(folder, "limit"), random.Random(f"{seed} limit")
    field = Field(path, seed, retry="600s")
    field.found()
    taken = refused = opened = 0
    try:
        field.start()
        for _ in range(rounds):
            limit = dice.choice((4096, 100_000, 1 << 20))
            resource.prlimit(field.server.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            for _ in range(4):
                way = dice.choice(tuple(WAYS))
                letter, connection = field.ledger.letter(dice.choice((1000, 70_000, 700_000)), WAYS[way].kind), None
                try:
                    connection = connect(way, field.server)
                    connection.send(letter)
                except LOST as lost:
                    letter.answer = words_of(lost)
                    letter.forget_text()
                close_quietly(connection)
                taken, refused = taken + (letter.acknowledged is not None), refused + (letter.acknowledged is None)
                if letter.acknowledged is None and not letter.answer.startswith(("451", "452", "454", "NO")):
                    field.ledger.fault(f"with files of at most {limit} octets {way} heard {letter.answer!r}")
            resource.prlimit(field.server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            end, good = time.monotonic() + 35, False
            while not good and time.monotonic() < end:
                letter = field.ledger.letter(1000, "data")
                connection = connect("data", field.server)
                good = connection.send(letter)
                close_quietly(connection)
                time.sleep(0.05)
            if not good:
                field.ledger.fault("the limit is gone and no letter is taken")
            field.look()
        field.missing_outside()
        field.drain()
        field.killed()
        field.start()
        field.look(whole=True)
        field.verify()
        # The log is a file too, and some of its lines met the limit.
        with open(field.server.log, "rb") as log:
            opened = log.read().count(b'"store.opened_again"')
    finally:
        field.close()
        for one in (path, path + "-dns"):
            shutil.rmtree(one, ignore_errors=True)
    return field.ledger.faults, f"RLIMIT_FSIZE: {rounds} rounds, {taken} taken, {refused} refused, opened again {opened} times"
