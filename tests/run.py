"""Runs the tests of a build folder and counts them: GoogleTest programs, checks of the house, end-to-end tests.

python3 tests/run.py BUILD [all | unit | e2e [NAME...] | fuzz SECONDS]
End-to-end tests run file by file, as many at a time as POSTHORN_TEST_JOBS says (default: one for each core). The last line is "N passed, N failed" (", N skipped" where some were). Exit status 0 only if none failed and some passed.
"""
import concurrent.futures
import glob
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import sanitizers

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def run_gtest(program):
    """One GoogleTest program: what it printed for people, passed, failed, skipped. A crash counts as one failure more than what it had reported."""
    name = os.path.basename(program)
    started = time.time()
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        done = subprocess.run([program, f"--gtest_output=json:{report.name}", "--gtest_brief=1"], cwd=SOURCE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1200)
        try:
            result = json.load(open(report.name))
        except ValueError:
            result = None
    passed = failed = skipped = 0
    if result:
        for suite in result["testsuites"]:
            for test in suite["testsuite"]:
                if test.get("failures"):
                    failed += 1
                elif test["result"] == "SKIPPED":
                    skipped += 1
                else:
                    passed += 1
    if done.returncode != 0 and failed == 0:
        failed += 1
    text = f"{name:28} {passed:5} passed {failed:3} failed {skipped:3} skipped  {time.time() - started:6.1f} s\n"
    if failed:
        text += done.stdout.decode("utf-8", "replace")[-20000:]
    return text, passed, failed, skipped


def run_check(command, count):
    done = subprocess.run(command, cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    good = done.returncode == 0
    print(f"{os.path.basename(command[0]):28} {'passed' if good else 'FAILED'}", flush=True)
    if not good:
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
    count.add(int(good), int(not good))


def run_unit(build, count):
    # Each on a core of its own, the largest first: most use one thread.
    programs = sorted(glob.glob(os.path.join(SOURCE, build, "tests", "**", "*_tests"), recursive=True), key=os.path.getsize, reverse=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text, *counts in pool.map(run_gtest, programs):
            sys.stdout.write(text)
            sys.stdout.flush()
            count.add(*counts)
    for check in sorted(glob.glob(os.path.join(SOURCE, "tools", "check_*"))):
        run_check([check], count)


# The longest first, so that no core waits at the end; the rest by name.
LONGEST = ["web_test", "hostile_test", "lab_test", "attacks_smtp_test", "crash_test", "attacks_imap_test"]
# What measures how a server serves under load has the machine for itself.
ALONE = ["overload_test"]
PORTS = range(10000, 32000)  # below those that the system gives to clients


def e2e_files(names):
    files = [os.path.basename(f)[:-3] for f in sorted(glob.glob(os.path.join(SOURCE, "tests", "e2e", "*_test.py")))]
    files.sort(key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))
    return [name for name in files if not names or any(one in name for one in names)]


def run_e2e_file(build, name, count):
    """The tests of one file, in this process."""
    os.environ["POSTHORN"] = os.path.join(SOURCE, build, "posthorn")
    os.environ["POSTHORN_SOURCE"] = SOURCE
    sys.path.insert(0, os.path.join(SOURCE, "tests", "e2e"))
    if os.path.basename(build) in ("asan", "tsan"):
        sanitizers.prepare(os.path.join(SOURCE, build, "reports", name))
    started = time.time()
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    for report in sanitizers.new_reports():  # of processes that no test looked after
        print(report[:20000])
        bad += 1
    good = max(0, result.testsRun - bad - len(result.skipped))
    print(f"{name:28} {good:5} passed {bad:3} failed {len(result.skipped):3} skipped  {time.time() - started:6.1f} s", flush=True)
    count.add(good, bad, len(result.skipped))


def run_e2e(build, names, count):
    """Each file in a process of its own, with ports of its own, several at a time."""
    jobs = int(os.environ.get("POSTHORN_TEST_JOBS", os.cpu_count()))
    places = queue.SimpleQueue()
    for place in range(jobs):
        places.put(place)
    share = len(PORTS) // jobs

    def one(name):
        place = places.get()
        ports = f"{PORTS.start + place * share}-{PORTS.start + (place + 1) * share - 1}"
        done = subprocess.run([sys.executable, os.path.abspath(__file__), build, "e2e-file", name], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"POSTHORN_TEST_PORTS": ports})
        places.put(place)
        text = done.stdout.decode("utf-8", "replace")
        counts = re.search(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\n\Z", text, re.M)
        if not counts:
            return text + f"{name}: ended with status {done.returncode} and counted nothing\n", (0, 1, 0)
        return text[:counts.start()], tuple(int(n or 0) for n in counts.groups())

    files = e2e_files(names)
    for together in ([f for f in files if f not in ALONE], [f for f in files if f in ALONE]):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for done in concurrent.futures.as_completed([pool.submit(one, name) for name in together]):
                text, counts = done.result()
                sys.stdout.write(text)
                sys.stdout.flush()
                count.add(*counts)


def fuzz(build, program, seconds):
    """One target from its seeds and from what earlier runs kept; then its corpus is minimised to what still reaches something of its own."""
    name = os.path.basename(program)[len("fuzz_"):]
    corpus = os.path.join(SOURCE, build, "corpus", name)
    os.makedirs(corpus, exist_ok=True)
    seeds = os.path.join(SOURCE, "fuzz", "seeds", name)
    folders = [corpus] + ([seeds] if os.path.isdir(seeds) else [])
    bounds = ["-verbosity=0", "-rss_limit_mb=4096", "-timeout=10", f"-artifact_prefix={corpus}-"]
    done = subprocess.run([program, *folders, f"-max_total_time={seconds}", "-print_final_stats=1", *bounds], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode("utf-8", "replace")
    runs = next((line.split()[-1] for line in text.splitlines() if "number_of_executed_units" in line), "?")
    good = done.returncode == 0
    if good:
        small = corpus + ".new"
        shutil.rmtree(small, ignore_errors=True)
        os.makedirs(small)
        if subprocess.run([program, "-merge=1", small, *folders, *bounds], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            shutil.rmtree(corpus)
            os.rename(small, corpus)
    kept = os.listdir(corpus)
    size = sum(os.path.getsize(os.path.join(corpus, file)) for file in kept)
    line = f"{name:28} {'passed' if good else 'FAILED'} {runs:>12} executions, {len(kept):5} inputs kept, {size // 1024:5} KiB\n"
    return good, line if good else line + text[-8000:]


def run_fuzz(build, seconds, count):
    """Every target for so long, as many at a time as there are cores; a finding is a failure, and its input stays in the build folder."""
    programs = [program for program in sorted(glob.glob(os.path.join(SOURCE, build, "fuzz", "fuzz_*"))) if os.path.isfile(program) and os.access(program, os.X_OK)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for good, text in pool.map(lambda program: fuzz(build, program, seconds), programs):
            sys.stdout.write(text)
            sys.stdout.flush()
            count.add(int(good), int(not good))


def main():
    build, what = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "all"
    count = Count()
    if what in ("all", "unit"):
        run_unit(build, count)
    if what in ("all", "e2e"):
        run_e2e(build, sys.argv[3:], count)
    if what == "e2e-file":
        run_e2e_file(build, sys.argv[3], count)
    if what == "fuzz":
        run_fuzz(build, sys.argv[3], count)
    skipped = f", {count.skipped} skipped" if count.skipped else ""
    print(f"{count.passed} passed, {count.failed} failed{skipped}")
    sys.exit(0 if count.failed == 0 and count.passed > 0 else 1)


if __name__ == "__main__":
    main()
