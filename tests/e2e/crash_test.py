"""Crashes of the real server, the short form of ./test --long crash: every acknowledged letter is there exactly once, and the store counts right."""
import os
import sys
import unittest

from harness import Folder

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "campaign"))
from faultline import PROGRAM  # noqa: E402
from kills import random_kills  # noqa: E402
from power import Cuts, possible  # noqa: E402
from sweep import PATHS, Sweep  # noqa: E402

SEED = "20261123"


class Crash(unittest.TestCase):
    def setUp(self):
        self.folder = Folder("crash")

    def tearDown(self):
        self.folder.remove()

    def test_fifty_kills_under_load_lose_and_double_nothing(self):
        faults, told = random_kills(self.folder.path, 50, SEED)
        print(told)
        self.assertEqual(faults, [])

    @unittest.skipUnless(os.path.exists(PROGRAM), "faultline is built for x86-64 only")
    def test_a_kill_before_a_system_call_loses_and_doubles_nothing(self):
        for path in PATHS:
            with self.subTest(path):
                sweep = Sweep(self.folder.path, path, "1K", SEED, step=11)
                faults = sweep.run()
                print(sweep.told())
                self.assertEqual(faults, [])
                self.assertGreaterEqual(sweep.points, 3)

    def test_power_cuts_on_a_journalling_file_system_lose_nothing(self):
        if why := possible("ext4"):
            self.skipTest(why)
        cuts = Cuts(self.folder.path, "ext4", 10, SEED)
        faults = cuts.run()
        print(cuts.told())
        self.assertEqual(faults, [])
        self.assertGreater(cuts.counted, 10)


if __name__ == "__main__":
    unittest.main()
