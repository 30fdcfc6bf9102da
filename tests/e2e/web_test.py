"""The webmail in Debian's Chromium against a real server: web/tests/e2e/*.test.mjs by Node's test runner, each test counted as one here."""
import imaplib
import json
import os
import re
import subprocess
import threading
import time
import unittest

from harness import SOURCE, Folder, Pair, certificate, letter

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


def why(text):
    """What Node says of each test that failed, at most a page of it."""
    return "\n".join(part.split("\n  ...", 1)[0][:6000] for part in re.split(r"(?m)^(?=\s*not ok )", text)[1:])


class Unit(unittest.TestCase):
    def test_the_pure_parts(self):
        folder = os.path.join(WEB, "tests", "unit")
        found, text = run([os.path.join(folder, name) for name in sorted(os.listdir(folder))], {}, 120)
        self.assertGreater(len(found), 5, text)
        self.assertEqual([name for good, name in found if not good], [], why(text))

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


class Killer(threading.Thread):
    """Kills and starts the server when a test asks for it by a file, and takes the file away when the server is there again."""

    def __init__(self, server, folder):
        super().__init__(daemon=True)
        self.server, self.order, self.over = server, os.path.join(folder, "kill"), threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            if os.path.exists(self.order):
                self.server.kill()
                self.server.start()
                os.remove(self.order)


def servers(folder):
    """blue.test, whose people the browser is, and green.test; and what the tests need to know of them."""
    pair = Pair(folder, more_zone={"blue.test": "pictures A 127.0.9.3\n"}, more_sections={"push": 'ca_file = "ca.pem"\nallow_private = true\n',
        # All of them come from one address, and some are wrong on purpose: what one test fails must not keep the next from signing in.
        "limits": "failed_logins_before_waits = 0\nfailed_logins_per_address = 0\nfailed_logins_per_account = 0\n"})
    certificate(folder, "push.test", "127.0.9.40")
    pair.start()
    pair.blue.add("carol", "dora", "erin", "frida")
    pair.blue.cli("account", "set", "alice@blue.test", "--quota", "1GiB")
    pair.blue.cli("alias", "set", "shop@blue.test", "alice@blue.test")
    for i in range(30):
        pair.blue.submit("carol@blue.test", ["alice@blue.test"], letter("Carol <carol@blue.test>", "alice@blue.test", f"This is letter {i}.\r\n".encode(), f"Letter {i}"))
    # More than one window of the list, and some letters that keys are tried on.
    for who, numbers in (("erin@blue.test", range(130)), ("frida@blue.test", range(90, 130))):
        client = pair.blue.imap(who)
        for i in numbers:
            client.append("INBOX", None, imaplib.Time2Internaldate(time.time() - 1000 + i), letter("Carol <carol@blue.test>", who, f"Body {i}.\r\n".encode(), f"Number {i}."))
        client.logout()
    return pair, {"URL": f"https://{pair.blue.address}:{pair.blue.ports['https']}", "PASSWORD": pair.blue.passwords["alice@blue.test"],
                  "SUBMISSIONS": f"{pair.blue.address}:{pair.blue.ports['submissions']}", "IMAPS": f"{pair.blue.address}:{pair.blue.ports['imaps']}",
                  "GREEN_IMAPS": f"{pair.green.address}:{pair.green.ports['imaps']}", "SHOTS": os.environ.get("SHOTS", ""), "CONTROL": folder}


class Browser(unittest.TestCase):
    def test_in_chromium(self):
        folder = Folder("web")
        pair, environment = servers(folder.path)
        try:
            killer = Killer(pair.blue, folder.path)
            files = [os.path.join(WEB, "tests", "e2e", name) for name in sorted(os.listdir(os.path.join(WEB, "tests", "e2e"))) if name.endswith(".test.mjs")]
            try:
                found, text = run(files, environment, 1200)
            finally:
                killer.over.set()
                killer.join()
            for good, name in found:
                print(f"\n    {'ok' if good else 'FAILED'}: {name}", end="")
            self.assertGreater(len(found), 5, text)
            refused = [event for event in pair.blue.events("web.login_failed") + pair.blue.events("smtp.login_failed")]
            self.assertEqual([name for good, name in found if not good], [], f"{why(text)}\nrefused logins: {refused}")
        finally:
            pair.close()
            folder.remove()


if __name__ == "__main__":
    unittest.main()
