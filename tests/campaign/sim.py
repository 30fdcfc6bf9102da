"""Two whole Posthorns and a bad internet in virtual time, by seed (tests/sim, docs/reliability.md).

./test --long sim [--seeds N] [--first N] [--jobs N]   all seeds, on both cores
./test --long sim --seed N                             one seed with all that happens in it, twice, to see that it is the same
"""
import argparse
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import simdriver


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
    print(f"duplicates {counts.get('fate.duplicates_in_window', 0)}, each within one of {counts.get('fate.lost_final_replies', 0)} final replies that were lost "
          f"(of them {counts.get('fate.failed_syncs', 0)} a 451 after a failed sync)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    simdriver.arguments(parser)
    parser.add_argument("--seeds", type=int, default=10000)
    options = parser.parse_args()
    if options.seed is not None:
        return replay(simdriver.program(options), options.seed)
    counts, problems, seconds = simdriver.run(options, "sim", options.first, options.seeds)
    print(f"seeds {options.first} to {options.first + options.seeds - 1}")
    if not problems:
        show(counts, seconds)
    return simdriver.finish((counts, problems, seconds), options.seeds)


if __name__ == "__main__":
    sys.exit(main())
