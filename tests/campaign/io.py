"""I/O errors at a real `posthorn serve`: EIO and ENOSPC at every file call of one accept-deliver cycle and of the recovery after it, a full
disk, no inodes, a limit on the size of files.

Never a letter acknowledged that is not there; what is refused is refused for now (451, 452, NO) and there at most once; the server takes
mail again by itself; on a full disk mail can be deleted and the queue drains. See docs/reliability.md.
"""
import argparse
import os
import sys
import tempfile
import time


def arguments():
    parser = argparse.ArgumentParser(prog="./test --long io", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--seed", default="20261129", help="of letters, moments and sizes (default %(default)s)")
    parser.add_argument("--only", default="faults,full,inodes,limit", help="some of: faults, full, inodes, limit (default: all)")
    parser.add_argument("--paths", default="data,bdat,append,delivery", help="of the faults (delivery: submission, queue and sending)")
    parser.add_argument("--sizes", default="1K,70K,3M", help="of the faults")
    parser.add_argument("--step", type=int, default=1, help="a fault at every so many calls (default 1: all)")
    parser.add_argument("--full", type=int, default=500, help="runs on a full disk (default %(default)s)")
    parser.add_argument("--inodes", type=int, default=40, help="runs without inodes (default %(default)s)")
    parser.add_argument("--limit", type=int, default=40, help="rounds with RLIMIT_FSIZE (default %(default)s)")
    parser.add_argument("--folder", help="where the servers live (default: a new folder in /var/tmp)")
    return parser.parse_args()


def main():
    options = arguments()
    os.environ["POSTHORN"] = os.path.abspath(os.path.join(options.build, "posthorn"))
    from faults import Faults
    from full_disk import FullDisk, file_limit

    folder = options.folder or tempfile.mkdtemp(prefix="posthorn-io-", dir="/var/tmp")
    print(f"seed {options.seed}, in {folder}", flush=True)
    passed = failed = points = 0
    parts = options.only.split(",")

    def count(name, started, faults, told):
        nonlocal passed, failed
        passed, failed = passed + (not faults), failed + bool(faults)
        print(f"{'ok  ' if not faults else 'FAIL'} {told}; {len(faults)} faults ({time.monotonic() - started:.0f} s)", flush=True)
        for one in faults[:20]:
            print(f"     {name}: {one}", flush=True)

    if "faults" in parts:
        for error in ("EIO", "ENOSPC"):
            for path in options.paths.split(","):
                for size in options.sizes.split(","):
                    started = time.monotonic()
                    # The recovery is the same whatever letter met the error.
                    one = Faults(folder, path, size, error, options.seed, options.step, recovery=(path, size) == ("data", "1K"))
                    faults = one.run()
                    points += one.points
                    count(f"{error} {path} {size}", started, faults, one.told())
        print(f"     {points} points in all", flush=True)
    for kind, runs in (("bytes", options.full), ("inodes", options.inodes)):
        if {"bytes": "full", "inodes": "inodes"}[kind] in parts and runs:
            started, why = time.monotonic(), "" if os.geteuid() == 0 else "only root can mount"
            if why:
                print(f"skip full disk ({kind}): {why}", flush=True)
                continue
            one = FullDisk(folder, runs, options.seed, kind)
            faults = one.run()
            count(kind, started, faults, one.told())
    if "limit" in parts and options.limit:
        started = time.monotonic()
        count("limit", started, *file_limit(folder, options.limit, options.seed))
    if not options.folder:
        os.rmdir(folder)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
