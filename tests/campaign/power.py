"""Power cuts: the store lies on a file system of its own on a loop device, and the file system is shut down under the running server by
the shutdown ioctl without flushing its journal. Only acknowledgements that came before the ioctl was called count."""
import fcntl
import os
import random
import shutil
import struct
import subprocess
import time

from field import Field
from load import Load

GOING_DOWN, NO_LOG_FLUSH = 0x8004587D, 2  # _IOR('X', 125, __u32) of ext4 and XFS
LOOK_EVERY, FRESH_EVERY = 5, 100
IMAGE_BYTES = 2 << 30


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


class Disk:
    """A mounted file system in a file."""

    def __init__(self, folder, kind):
        self.kind, self.image, self.at = kind, os.path.join(folder, f"{kind}.img"), os.path.join(folder, f"{kind}.mnt")
        self.mounted = False

    def fresh(self):
        self.unmount()
        os.makedirs(self.at, exist_ok=True)
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_BYTES)
        run("mkfs.ext4", "-q", "-F", self.image) if self.kind == "ext4" else run("mkfs.xfs", "-q", "-f", self.image)
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.image, self.at)
        self.mounted = True

    def cut(self):
        """Gives the moment before the power went."""
        folder = os.open(self.at, os.O_RDONLY)
        try:
            start = time.monotonic()
            fcntl.ioctl(folder, GOING_DOWN, struct.pack("I", NO_LOG_FLUSH))
            return start
        finally:
            os.close(folder)

    def unmount(self):
        if self.mounted:
            run("umount", self.at)
        self.mounted = False

    def remove(self):
        self.unmount()
        if os.path.exists(self.image):
            os.remove(self.image)


def possible(kind):
    """Why there can be no power cuts here; nothing if there can."""
    if os.geteuid() != 0:
        return "only root can mount"
    if not shutil.which("mkfs." + kind):
        return f"mkfs.{kind} is not installed"
    if not os.path.exists("/dev/loop-control"):
        return "there are no loop devices"
    return ""


class Cuts:
    def __init__(self, folder, kind, count, seed, longest=0.4):
        self.folder, self.kind, self.count, self.seed, self.longest = os.path.join(folder, f"power-{kind}"), kind, count, seed, longest
        self.counted = self.tried = self.held = self.twice = 0
        self.slowest, self.faults = 0.0, []

    def run(self):
        for first in range(0, self.count, FRESH_EVERY):
            self.one_disk(first, min(FRESH_EVERY, self.count - first))
        return self.faults

    def one_disk(self, first, cuts):
        seed = f"{self.seed}-{self.kind}-{first}"
        os.makedirs(self.folder, exist_ok=True)
        disk = Disk(self.folder, self.kind)
        disk.fresh()
        os.symlink(disk.at, os.path.join(self.folder, "blue.test-data"))
        field, dice, load = Field(self.folder, seed, retry="1s"), random.Random(f"{seed} cuts"), None
        try:
            field.found()
            field.start()
            load = Load(field, seed=seed)
            for number in range(1, cuts + 1):
                load.go()
                time.sleep(dice.uniform(0.02, self.longest))
                cut = disk.cut()
                field.killed()
                # What was said after the cut stands on nothing.
                load.pause()
                self.void_after(field, cut)
                disk.unmount()
                disk.mount()
                field.start()
                if number % LOOK_EVERY == 0:
                    field.look(whole=number % (5 * LOOK_EVERY) == 0)
                    field.missing_outside()
                    if number % (5 * LOOK_EVERY) == 0:
                        field.verify()
            load.end()
            field.look(whole=True)
            held, twice = field.drain()
            field.verify()
            field.server.stop()
            field.verify()
            self.held, self.twice = self.held + held, self.twice + twice
        finally:
            if load:
                load.ending.set()
            field.close()
            self.counted += len(field.ledger.acknowledged())
            self.tried += field.ledger.count
            self.slowest = max(self.slowest, field.slowest)
            self.faults += field.ledger.faults
            if field.server.process:
                field.server.kill()
            disk.remove()
            for one in (self.folder, self.folder + "-dns"):
                shutil.rmtree(one, ignore_errors=True)

    @staticmethod
    def void_after(field, cut):
        for letter in field.ledger.letters.values():
            if letter.acknowledged is not None and letter.acknowledged >= cut:
                letter.acknowledged = None

    def told(self):
        return (f"power cuts, {self.kind}: {self.count} cuts, {self.tried} letters tried, {self.counted} acknowledged before their cut, {self.held} held and let go, "
                f"{self.twice} sent again, slowest restart {self.slowest:.2f} s")
