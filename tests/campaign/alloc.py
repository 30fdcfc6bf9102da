"""Memory that runs out at the n-th allocation (tests/sim/world/allocation.h, docs/reliability.md): a server with its real engine on a real
folder takes four letters and sends two on; at its n-th `new` it ends as the shipped one does, and the folder is opened again.

./test --long alloc [--count N] [--first N] [--folder F] [--jobs N]    N allocations, spread evenly over a whole run
./test --long alloc --seed N                                         the N-th
"""
import argparse
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import simdriver


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    simdriver.arguments(parser)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--folder", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="posthorn-alloc-", dir=options.folder)
    program = simdriver.program(options)
    try:
        if options.seed is not None:
            return simdriver.finish(simdriver.run_calls(options, [([program, "alloc", options.seed, 1, 1, folder], options.seed)]), 1)
        # A run without a fault says how many allocations there are.
        counts, problems = simdriver.call([program, "alloc", 10 ** 12, 1, 1, folder], 0)
        whole = counts.get("alloc.of_a_whole_run", 0)
        if problems or whole == 0:
            print(f"the run without a fault failed: {problems}")
            return 1
        whole = whole * 19 // 20  # the threads of the engine make a run a little longer or shorter each time
        count = min(options.count, whole - options.first)
        step, chunk = max(1, (whole - options.first) // count), 50
        calls = [([program, "alloc", options.first + at * step, step, min(chunk, count - at), folder], options.first + at * step) for at in range(0, count, chunk)]
        counts, problems, seconds = simdriver.run_calls(options, calls)
        print(f"{counts.get('seeds', 0)} of the {whole} allocations of a run failed, every {step}th, in {seconds:.0f} s: "
              f"{counts.get('alloc.acknowledged_before', 0)} letters had been acknowledged, 0 lost")
        return simdriver.finish((counts, problems, seconds), count)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
