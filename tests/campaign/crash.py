"""Crashes of a real `posthorn serve`: SIGKILL before every system call, at random under load, power cuts, and restarts with a full queue.

After each: every acknowledged letter is there exactly once (by Message-ID and SHA-256), nothing half visible, no UID used again, UIDVALIDITY
as it was, HIGHESTMODSEQ never lower, `posthorn verify` clean. See docs/reliability.md.
"""
import argparse
import os
import sys
import tempfile
import time


def arguments():
    parser = argparse.ArgumentParser(prog="./test --long crash", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--seed", default="20261129", help="of letters, moments and sizes (default %(default)s)")
    parser.add_argument("--only", default="sweep,kills,power,queue", help="some of: sweep, kills, power, queue (default: all)")
    parser.add_argument("--paths", default="data,bdat,append,submission,delivery", help="of the sweep")
    parser.add_argument("--sizes", default="1K,70K,3M", help="of the sweep")
    parser.add_argument("--step", type=int, default=1, help="sweep every so many system calls (default 1: all)")
    parser.add_argument("--kills", type=int, default=1000, help="random kills (default %(default)s)")
    parser.add_argument("--ext4", type=int, default=1000, help="power cuts on ext4 (default %(default)s)")
    parser.add_argument("--xfs", type=int, default=300, help="power cuts on XFS (default %(default)s)")
    parser.add_argument("--queued", type=int, default=100_000, help="letters in the full queue (default %(default)s)")
    parser.add_argument("--folder", help="where the servers live (default: a new folder in /var/tmp)")
    return parser.parse_args()


def own_mounts():
    """Starts this program again where no other sees its mounts: a process that copies the mounts of all (`ip netns exec` does) would keep a
    file system alive that was unmounted here, and the next mount would get that one, still shut down."""
    if os.geteuid() == 0 and "POSTHORN_OWN_MOUNTS" not in os.environ:
        os.environ["POSTHORN_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


def main():
    options = arguments()
    if "power" in options.only:
        own_mounts()
    os.environ["POSTHORN"] = os.path.abspath(os.path.join(options.build, "posthorn"))
    from full_queue import full_queue
    from kills import random_kills
    from power import Cuts, possible
    from sweep import Sweep

    folder = options.folder or tempfile.mkdtemp(prefix="posthorn-crash-", dir="/var/tmp")
    print(f"seed {options.seed}, in {folder}", flush=True)
    passed = failed = 0
    parts, points = options.only.split(","), 0

    def count(name, started, faults, told):
        nonlocal passed, failed
        passed, failed = passed + (not faults), failed + bool(faults)
        print(f"{'ok  ' if not faults else 'FAIL'} {told}; {len(faults)} faults ({time.monotonic() - started:.0f} s)", flush=True)
        for one in faults[:20]:
            print(f"     {name}: {one}", flush=True)

    if "sweep" in parts:
        for path in options.paths.split(","):
            for size in options.sizes.split(","):
                started, sweep = time.monotonic(), Sweep(folder, path, size, f"{options.seed}", options.step)
                faults = sweep.run()
                points += sweep.points
                count(f"{path} {size}", started, faults, sweep.told())
        print(f"     {points} points swept in all", flush=True)
    if "kills" in parts and options.kills:
        started = time.monotonic()
        count("kills", started, *random_kills(folder, options.kills, options.seed))
    for kind, cuts in (("ext4", options.ext4), ("xfs", options.xfs)):
        if "power" in parts and cuts:
            started, why = time.monotonic(), possible(kind)
            if why:
                print(f"skip power cuts, {kind}: {why}", flush=True)
                continue
            work = Cuts(folder, kind, cuts, options.seed)
            faults = work.run()
            count(kind, started, faults, work.told())
    if "queue" in parts and options.queued:
        started = time.monotonic()
        count("queue", started, *full_queue(folder, options.queued, options.seed))
    if not options.folder:
        os.rmdir(folder)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
