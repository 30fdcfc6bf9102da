"""Disk errors under the real server, the short form of ./test --long io: no false 250, mail is taken again without a restart, a full disk can be emptied."""
import os
import sys
import unittest

from harness import Folder

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "campaign"))
from faultline import PROGRAM  # noqa: E402
from faults import Faults  # noqa: E402
from full_disk import FullDisk  # noqa: E402

SEED = "20261123"


class IoErrors(unittest.TestCase):
    def setUp(self):
        self.folder = Folder("io")

    def tearDown(self):
        self.folder.remove()

    @unittest.skipUnless(os.path.exists(PROGRAM), "faultline is built for x86-64 only")
    def test_an_error_at_a_file_call_is_never_acknowledged_and_the_store_goes_on(self):
        for error, path, recovery in (("EIO", "data", 40), ("ENOSPC", "delivery", 0)):
            with self.subTest(error):
                faults = Faults(self.folder.path, path, "1K", error, SEED, recovery=bool(recovery))
                faults.recovery_step = recovery
                found = faults.run()
                print(faults.told())
                self.assertEqual(found, [])
                self.assertGreater(faults.points, 2)

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount")
    def test_a_full_disk_refuses_mail_and_can_be_emptied(self):
        full = FullDisk(self.folder.path, 6, SEED)
        faults = full.run()
        print(full.told())
        self.assertEqual(faults, [])
        self.assertGreater(full.full, 2)
        self.assertGreater(full.expunged, 0)


if __name__ == "__main__":
    unittest.main()
