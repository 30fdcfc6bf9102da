"""Faultline: the program of faultline.cpp at a running server. Kills it before its n-th system call, or makes calls of it fail."""
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import harness  # noqa: E402

PROGRAM = os.path.join(os.path.dirname(harness.POSTHORN), "tests", "campaign", "faultline")


class Faultline:
    def __init__(self, pid):
        self.process = subprocess.Popen([PROGRAM, str(pid)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.hits, self.gone, self.answers = [], threading.Event(), []
        self.hit = threading.Event()
        self.heard = threading.Condition()
        if self.process.stdout.readline().strip() != "ready":
            raise AssertionError("faultline could not attach to the server")
        self.reader = threading.Thread(target=self.listen, daemon=True)
        self.reader.start()

    def listen(self):
        for line in self.process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "hit":
                self.hits.append(rest)
                self.hit.set()
            with self.heard:
                self.answers.append((word, rest))
                self.heard.notify_all()
        self.gone.set()
        with self.heard:
            self.heard.notify_all()

    def say(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # the server is gone, and faultline with it

    def kill_at(self, n):
        self.hit.clear()
        self.say(f"kill {n}")

    def fail_at(self, error, positions, calls, path):
        self.hit.clear()
        self.hits.clear()
        self.say(f"fail {error} {','.join(map(str, positions))} {path} {','.join(calls)}")

    def off(self):
        """Disarms; says how many calls counted."""
        with self.heard:
            self.answers.clear()
        self.say("off")
        with self.heard:
            self.heard.wait_for(lambda: self.gone.is_set() or any(word == "seen" for word, _ in self.answers), 5)
            return next((int(rest) for word, rest in self.answers if word == "seen"), None)

    def close(self):
        self.process.kill()  # lets go of the server, which goes on
        self.process.wait()
        try:
            self.process.stdin.close()
        except OSError:
            pass
        self.reader.join()
        self.process.stdout.close()
