"""What the campaigns on posthorn_sim share: seeds in chunks on all cores, lines of JSON, counts. No campaign itself."""
import concurrent.futures
import json
import os
import subprocess
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arguments(parser):
    parser.add_argument("--build", required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--seed", type=int)


def program(options):
    return os.path.join(SOURCE, options.build, "tests", "sim", "posthorn_sim")


def add(counts, more):
    for name, value in more.items():
        counts[name] = max(counts.get(name, 0), value) if name == "alloc.of_a_whole_run" else counts.get(name, 0) + value


def call(words, first):
    """One run of the driver: counts, and (seed, problem) pairs. One that ends without its counts is a problem itself."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=3600)
    counts, problems, complete = {}, [], False
    for line in done.stdout.splitlines():
        said = json.loads(line)
        if "counts" in said:
            counts, complete = said["counts"], True
        else:
            problems.append((said["seed"], said["problem"]))
    if not complete:
        problems.append((first, f"the driver ended with {done.returncode} at or after this seed: {done.stderr[-500:]}"))
    return counts, problems


def run(options, mode, first, count, chunk=100):
    """All seeds of a mode; says each problem as it comes, with how to see it again."""
    return run_calls(options, [([program(options), mode, at, min(chunk, first + count - at)], at) for at in range(first, first + count, chunk)])


def run_calls(options, calls):
    started = time.time()
    counts, problems = {}, []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for some, bad in pool.map(lambda one: call(*one), calls):
            add(counts, some)
            for seed, problem in bad:
                print(f"seed {seed}: {problem}", flush=True)
            problems += bad
    return counts, problems, time.time() - started


def finish(result, expected):
    counts, problems, _ = result
    for name in sorted(counts):
        print(f"  {name:44} {counts[name]}")
    failed = len({seed for seed, _ in problems})
    if failed:
        print("see one again: the same command with --seed N")
    passed = max(0, counts.get("seeds", 0) - failed)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed == expected else 1
