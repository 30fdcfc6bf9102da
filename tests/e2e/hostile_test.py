"""Some of the hostile letters in the webmail and a real browser: the short form of ./test --long hostile, with every family of the corpus."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "campaign"))
import hostile


class Hostile(unittest.TestCase):
    def test_no_letter_runs_anything_or_asks_for_anything(self):
        report, wrong = hostile.trial(seed=1, mutations=500, count=100, drafts=20, controls=20, seconds=600)
        hostile.tell(report)
        self.assertEqual(wrong, [])
        self.assertGreater(report["opened"], 100)


if __name__ == "__main__":
    unittest.main()
