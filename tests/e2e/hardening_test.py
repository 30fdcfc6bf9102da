"""The binary that is shipped has the protections that the compiler and linker can give it."""
import subprocess
import unittest

from harness import POSTHORN


@unittest.skipUnless("release" in POSTHORN, "only the release build is hardened")
class Hardening(unittest.TestCase):
    def readelf(self, option):
        return subprocess.run(["readelf", "-W", option, POSTHORN], capture_output=True, text=True, check=True).stdout

    def test_it_is_position_independent_with_read_only_relocations_and_no_executable_stack(self):
        self.assertIn("DYN (Position-Independent Executable file)", self.readelf("-h"))
        self.assertRegex(self.readelf("-d"), r"FLAGS_1.*NOW.*PIE|FLAGS_1.*PIE.*NOW")
        segments = self.readelf("-l")
        self.assertIn("GNU_RELRO", segments)
        stack = next(line for line in segments.splitlines() if "GNU_STACK" in line)
        self.assertIn(" RW ", stack)
        self.assertNotIn("RWE", segments)

    def test_it_checks_its_stack_and_its_buffers(self):
        symbols = self.readelf("--dyn-syms")
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"__\w+_chk@")
        self.assertIn("__glibcxx_assert_fail", symbols)


if __name__ == "__main__":
    unittest.main()
