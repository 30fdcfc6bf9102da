"""EIO and ENOSPC at every file call of one accept-deliver cycle, and at every file call of the recovery that follows the first of them.

The server goes on running through all of it. After each fault: no letter is acknowledged that is not there, what is refused is there at
most once, and the next letter is taken within seconds. Now and then the server is killed, and all is counted again."""
import errno
import os
import shutil
import time

from faultline import Faultline
from field import Field
from sweep import SIZES
from ways import LOST, close_quietly, connect, words_of

CLASSES = {"write": ("write", "pwrite64", "writev", "pwritev", "pwritev2"), "sync": ("fsync", "fdatasync", "sync_file_range"),
           "rename": ("rename", "renameat", "renameat2"), "open": ("open", "openat"), "size": ("ftruncate", "fallocate")}
ALL = tuple(call for some in CLASSES.values() for call in some)
STORE = "blue.test-data/store"
MEND, RESTART_EVERY = 15.0, 60


class Faults:
    def __init__(self, folder, path, size, error, seed, step=1, most=400, recovery=True):
        self.folder = os.path.join(folder, f"faults-{path}-{size}-{error}")
        self.path, self.size, self.error, self.step, self.most, self.recovery = path, size, error, step, most, recovery
        self.way = "submission" if path == "delivery" else path
        self.field = Field(self.folder, seed, retry="1s")
        self.recovery_step = step
        self.points = self.acknowledged = self.refused = 0
        self.deaths = self.twice = self.opened = 0
        self.slowest_mend, self.line, self.by_class = 0.0, None, {}

    def letter(self):
        return self.field.ledger.letter(SIZES[self.size], "out" if self.way == "submission" else self.way)

    def run(self):
        field = self.field
        field.found()
        try:
            field.start()
            self.line = Faultline(field.server.process.pid)
            for name, calls in CLASSES.items():
                self.by_class[name] = self.sweep(calls, lambda n: [n], self.step)
            if self.recovery:
                self.by_class["recovery"] = self.sweep(ALL, lambda n: [1, 1 + n], self.recovery_step)
            self.line.close()
            self.finish()
        finally:
            field.close()
            for one in (self.folder, self.folder + "-dns"):
                shutil.rmtree(one, ignore_errors=True)
        return field.ledger.faults

    def sweep(self, calls, positions, step):
        """One cycle for each position, until the calls are fewer. Gives how many were hit."""
        hit, misses, n = 0, 0, 1
        while misses < 2 and n <= self.most:
            at = positions(n)
            if self.point(calls, at) >= len(at):
                hit, misses, n = hit + 1, 0, n + step
            else:
                misses += 1
        return hit

    def point(self, calls, at):
        letter, connection = self.letter(), None
        try:
            connection = connect(self.way, self.field.server)
            self.line.fail_at(getattr(errno, self.error), at, calls, STORE)
            connection.send(letter)
        except LOST as lost:
            letter.answer = words_of(lost)
            letter.forget_text()
        if self.path == "delivery" and letter.acknowledged is not None:
            self.until(lambda: letter.name in self.field.sink.names(), 3)
        time.sleep(0.02)
        hits = len(self.line.hits)
        self.line.off()
        close_quietly(connection)
        self.points += hits > 0
        self.acknowledged += letter.acknowledged is not None
        self.refused += letter.acknowledged is None
        if self.revive():
            pass  # it ended itself instead of answering: a supervisor starts it again
        elif letter.acknowledged is None and not letter.answer.startswith(("451", "452", "454", "NO")):
            self.field.ledger.fault(f"{self.error} at {at} of {calls}: the answer was {letter.answer!r}")
        self.mend()
        self.check()
        return hits

    def revive(self):
        """Starts the server again if it has ended by itself; counted."""
        if not self.line.gone.is_set():
            return False
        self.deaths += 1
        self.line.close()
        self.field.killed()
        self.field.start()
        self.line = Faultline(self.field.server.process.pid)
        return True

    @staticmethod
    def until(what, seconds):
        end = time.monotonic() + seconds
        while not what() and time.monotonic() < end:
            time.sleep(0.01)

    def mend(self):
        """The next letter is taken soon."""
        begun = time.monotonic()
        while True:
            letter, connection = self.letter(), None
            try:
                connection = connect(self.way, self.field.server)
                if connection.send(letter):
                    break
            except LOST:
                letter.forget_text()
            finally:
                close_quietly(connection)
            self.revive()
            if time.monotonic() > begun + MEND:
                self.field.ledger.fault(f"{MEND} s after {self.error} no letter is taken: {letter.answer}")
                break
            time.sleep(0.05)
        self.slowest_mend = max(self.slowest_mend, time.monotonic() - begun)

    def check(self):
        field = self.field
        if self.way != "submission":
            field.look(kinds=self.way)
            for mailbox in field.mailboxes.values():
                if len(mailbox.seen) > 40 and not mailbox.empty():
                    field.ledger.fault("after the fault was over nothing could be expunged")
        if self.points and self.points % RESTART_EVERY == 0:
            self.points += 1  # once for each
            self.line.close()
            field.killed()
            field.start()
            field.look(whole=True)
            field.verify()
            self.line = Faultline(field.server.process.pid)

    def finish(self):
        field = self.field
        field.look(whole=True)
        if self.way == "submission":
            field.missing_outside()
            field.kills += [one[3] for one in field.sink.taken]  # a result that could not be written is tried again: counted, not a fault
            self.twice = field.drain()[1]
        field.verify()
        field.server.stop()
        field.verify()
        self.opened = len(field.server.events("store.opened_again"))

    def told(self):
        return (f"{self.error} {self.path} {self.size}: {self.points} points ({', '.join(f'{n} {k}' for k, n in self.by_class.items())}), {self.acknowledged} acknowledged "
                f"in spite of it, {self.refused} refused, ended by itself {self.deaths} times, opened again {self.opened} times, slowest mend {self.slowest_mend:.2f} s"
                + (f", {self.twice} sent again" if self.way == "submission" else ""))
