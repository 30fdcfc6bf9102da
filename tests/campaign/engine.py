"""The store on disks that fail (tests/sim/world/disk_faults.h, docs/reliability.md): writes that were not synced are dropped, torn and
reordered by seed, the machine restarts three times; and the fault at every step of whole workloads.

./test --long engine [--seeds N] [--sweeps N] [--first N] [--jobs N]
./test --long engine --seed N        one seed
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import simdriver


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    simdriver.arguments(parser)
    parser.add_argument("--seeds", type=int, default=100000)
    parser.add_argument("--sweeps", type=int, default=50)
    options = parser.parse_args()
    if options.seed is not None:
        return simdriver.finish(simdriver.run(options, "disk", options.seed, 1), 1)
    counts, problems, seconds = simdriver.run(options, "disk", options.first, options.seeds)
    swept, more, extra = simdriver.run(options, "sweep", options.first, options.sweeps, chunk=5)
    simdriver.add(counts, swept)
    print(f"seeds {options.first} to {options.first + options.seeds - 1} and {options.sweeps} sweeps: {counts.get('disk.cuts', 0)} cuts and failures in {seconds + extra:.0f} s, "
          f"{counts.get('disk.steps_swept', 0)} steps swept one by one; {counts.get('disk.acknowledged', 0)} transactions acknowledged, 0 lost")
    return simdriver.finish((counts, problems + more, seconds), options.seeds + options.sweeps)


if __name__ == "__main__":
    sys.exit(main())
