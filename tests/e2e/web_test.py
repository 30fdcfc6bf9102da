"""The webmail: its pure parts by Node's own test runner, and what the first page weighs."""
import json
import os
import subprocess
import unittest

from harness import SOURCE

WEB = os.path.join(SOURCE, "web")
NODE = os.path.join(WEB, "node_modules", ".bin", "node")


def run(files, environment, seconds):
    """Node's TAP: one line for each test."""
    done = subprocess.run([NODE, "--test", "--test-reporter=tap", "--test-concurrency=1", *files], cwd=WEB, env={**os.environ, **environment},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
    text = done.stdout.decode("utf-8", "replace")
    found = []
    for line in text.splitlines():
        word = line.strip()
        if word.startswith(("ok ", "not ok ")) and " - " in word and not word.split(" - ", 1)[1].endswith((".ts", ".mjs")):
            found.append((word.startswith("ok "), word.split(" - ", 1)[1]))
    return found, text


class Unit(unittest.TestCase):
    def test_the_pure_parts(self):
        folder = os.path.join(WEB, "tests", "unit")
        found, text = run([os.path.join(folder, name) for name in sorted(os.listdir(folder))], {}, 120)
        self.assertGreater(len(found), 5, text)
        self.assertEqual([name for good, name in found if not good], [], text[-8000:])

    def test_the_sizes_are_within_their_aims(self):
        sizes = json.load(open(os.path.join(WEB, "dist", "sizes.json")))
        by_name = {os.path.basename(one["file"]): one["brotli"] for one in sizes["files"]}
        first = sum(by_name[name] for name in sizes["first"])
        style = sum(size for name, size in by_name.items() if name.endswith(".css"))
        everything = sum(size for name, size in by_name.items() if name.endswith(".js"))
        print(f"\n    inbox first load {first} octets of JavaScript, {style} of CSS; whole app {everything} (Brotli)")
        self.assertLessEqual(first, 70_000)
        self.assertLessEqual(style, 14_000)
        self.assertLessEqual(everything, 250_000)


if __name__ == "__main__":
    unittest.main()
