"""SIGKILL before every system call of one accept-deliver cycle, and the same for restarts. One data folder for a whole sweep."""
import os
import shutil
import time

from faultline import Faultline
from field import Field
from ways import LOST, close_quietly, connect

PATHS = ("data", "bdat", "append", "submission", "delivery")
SIZES = {"1K": 1000, "70K": 70_000, "3M": 3_000_000}
QUIET = 0.15     # after the acknowledgement the server gets this long to make the calls that are left
EMPTY_EVERY, WHOLE_EVERY = 20, 40


class Sweep:
    def __init__(self, folder, path, size, seed, step=1, most=5000):
        self.path, self.size, self.step, self.most = path, size, step, most
        self.folder = os.path.join(folder, f"sweep-{path}-{size}")
        self.field = Field(self.folder, seed)
        self.way = "submission" if path == "delivery" else path
        self.points, self.acknowledged, self.held, self.twice = 0, 0, 0, 0

    def run(self):
        """Gives the faults."""
        field = self.field
        field.sink.open = self.path != "submission"
        field.found()
        try:
            field.start()
            misses, n = 0, 1
            while misses < 2 and n <= self.most:
                if self.point(n):
                    misses = 0
                    n += self.step
                else:
                    misses += 1
            self.finish()
        finally:
            field.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.rmtree(self.folder + "-dns", ignore_errors=True)
        return field.ledger.faults

    def point(self, n):
        """One cycle with a kill before call n. False: the cycle has fewer calls."""
        field = self.field
        letter = field.ledger.letter(SIZES[self.size], "out" if self.way == "submission" else self.way)
        connection = connect(self.way, field.server)
        line = Faultline(field.server.process.pid)
        line.kill_at(n)
        try:
            connection.send(letter)
        except LOST:
            letter.forget_text()
        if self.path == "delivery" and not line.hit.is_set():
            end = time.monotonic() + 5
            while letter.name not in field.sink.names() and not line.hit.is_set() and time.monotonic() < end:
                time.sleep(0.005)
        close_quietly(connection)
        line.hit.wait(QUIET)
        line.off()
        hit = line.hit.is_set()
        if letter.acknowledged is not None:
            self.acknowledged += 1
        line.close()
        if hit:
            field.killed()
            self.points += 1
            field.start()
        self.check()
        return hit

    def check(self):
        field = self.field
        whole = self.points % WHOLE_EVERY == 0
        if self.way != "submission":
            field.look(whole=whole, kinds=self.way)
            if self.points % EMPTY_EVERY == 0:
                for mailbox in field.mailboxes.values():
                    mailbox.empty()
        elif self.points % 10 == 0:
            field.missing_outside()
        if whole:
            field.verify()

    def finish(self):
        self.field.look(whole=True)
        if self.way == "submission":
            self.field.missing_outside()
            self.held, self.twice = self.field.drain()
        self.field.verify()
        self.field.server.stop()
        self.field.verify()

    def told(self):
        f = self.field
        return (f"{self.path:10} {self.size:>3}: {self.points} kills at {self.points} points, {self.acknowledged} acknowledged, "
                f"slowest restart {f.slowest:.2f} s" + (f", {self.held} held, {self.twice} sent again" if self.way == "submission" else ""))
