"""Whether the time of a refused LOGIN tells if the account exists (attacks.md E13): Welch's t-test over both kinds, in random order.

./test --long login_timing [--samples 5000] [--bound 4.5]
"""
import argparse
import math
import os
import random
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))


def welch(a, b):
    return (statistics.fmean(a) - statistics.fmean(b)) / math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))


def trimmed(values):
    """Without the slowest tenth, which is the machine's."""
    return sorted(values)[:len(values) * 9 // 10]


def measure(server, samples, seed=1):
    """Seconds of refused logins: of an account that exists, and of one that does not."""
    from attacks_imap_test import Raw
    rnd = random.Random(seed)
    order = [True, False] * samples
    rnd.shuffle(order)
    times = {True: [], False: []}
    raw = None
    for i, known in enumerate(order):
        if i % 4 == 0:  # five failures end a connection
            if raw:
                raw.close()
            raw = Raw(server)
        user = "alice@blue.test" if known else "carol@blue.test"
        started = time.perf_counter()
        said = raw.ask("a", f"LOGIN {user} wrong{i}")
        times[known].append(time.perf_counter() - started)
        assert b"AUTHENTICATIONFAILED" in said[-1], said
    raw.close()
    return times


OPEN = "failed_logins_per_account = 0\nfailed_logins_before_waits = 0\nfailed_logins_per_address = 0\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--bound", type=float, default=4.5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["POSTHORN"] = os.path.join(os.path.abspath(options.build), "posthorn")
    from harness import Folder, Server
    folder = Folder("login-timing")
    server = Server(folder.path, sections={"server": "insecure_auth = true\n", "limits": OPEN})
    server.add("alice")
    server.start()
    try:
        times = measure(server, options.samples, options.seed)
    finally:
        server.close()
        folder.remove()
    t = welch(trimmed(times[True]), trimmed(times[False]))
    print(f"seed {options.seed}: {options.samples} refused logins of each kind: known {statistics.fmean(times[True]) * 1000:.3f} ms, unknown {statistics.fmean(times[False]) * 1000:.3f} ms, Welch's t {t:.2f}")
    good = abs(t) < options.bound
    print(f"{int(good)} passed, {int(not good)} failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
