"""Clients that follow an account by /changes and /queryChanges while IMAP, SMTP and JMAP change it at once (short form of ./test --long jmapchanges)."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "campaign"))
import jmapchanges


class JmapChanges(unittest.TestCase):
    def test_what_is_followed_is_what_is_there(self):
        faults, told = jmapchanges.run(rounds=6, seed="test", seconds=1.0)
        self.assertEqual(faults, [], told)
        print(told, flush=True)


if __name__ == "__main__":
    unittest.main()
