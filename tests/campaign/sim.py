"""Simulation of two whole Posthorns and a bad internet in virtual time, by seed (tests/sim, docs/reliability.md).

./test --long sim [--seeds N] [--first N] [--jobs N]   all seeds, on both cores
./test --long sim --seed N                             one seed with all that happens in it, twice, to see that it is the same
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHUNK = 100


def run_chunk(program, first, count):
    """Lines of JSON of one run of the driver; a crash is a problem of its first seed that did not end."""
    done = subprocess.run([program, "sim", str(first), str(count)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=3600)
    counts, problems = {}, []
    for line in done.stdout.splitlines():
        said = json.loads(line)
        if "counts" in said:
            counts = said["counts"]
        else:
            problems.append((said["seed"], said["problem"]))
    if not counts:
        problems.append((first, f"the driver ended with {done.returncode} within seeds {first} to {first + count - 1}: {done.stderr[-500:]}"))
    return counts, problems


def replay(program, seed):
    runs = [subprocess.run([program, "replay", str(seed)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    sys.stdout.buffer.write(runs[0].stdout)
    sys.stdout.flush()
    same = runs[0].stdout == runs[1].stdout
    good = all(run.returncode == 0 for run in runs)
    print(f"seed {seed}: {'kept every promise' if good else 'FAILED'}; two runs were {'the same' if same else 'NOT the same'}")
    print(f"{int(good) + int(same)} passed, {int(not good) + int(not same)} failed")
    return 0 if good and same else 1


def show(counts, seconds):
    days = counts.get("virtual.hours", 0) / 24
    fates = sum(counts.get(f"fate.{name}", 0) for name in ("delivered", "returned", "never_accepted"))
    print(f"{counts.get('seeds', 0)} seeds, {days:.0f} virtual days in {seconds:.0f} s; {counts.get('letters', 0)} letters to {fates} recipients: "
          f"{counts.get('fate.delivered', 0)} delivered, {counts.get('fate.returned', 0)} returned, {counts.get('fate.never_accepted', 0)} never accepted, 0 lost")
    print(f"duplicates {counts.get('fate.duplicates_in_window', 0)}, each within one of {counts.get('fate.lost_final_replies', 0)} lost final replies "
          f"(of them {counts.get('fate.failed_syncs', 0)} after a failed sync)")
    for name in sorted(counts):
        print(f"  {name:44} {counts[name]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seeds", type=int, default=10000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    program = os.path.join(SOURCE, options.build, "tests", "sim", "posthorn_sim")
    if options.seed is not None:
        return replay(program, options.seed)

    started = time.time()
    counts, problems = {}, []
    end = options.first + options.seeds
    chunks = [(first, min(CHUNK, end - first)) for first in range(options.first, end, CHUNK)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for some, bad in pool.map(lambda chunk: run_chunk(program, *chunk), chunks):
            for name, value in some.items():
                counts[name] = counts.get(name, 0) + value
            for seed, problem in bad:
                print(f"seed {seed}: {problem}\n  replay: ./test --long sim --seed {seed}", flush=True)
            problems += bad
    if not problems:
        show(counts, time.time() - started)
    failed = len({seed for seed, _ in problems})
    passed = counts.get("seeds", 0) - failed
    print(f"seeds {options.first} to {end - 1}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed == options.seeds else 1


if __name__ == "__main__":
    sys.exit(main())
