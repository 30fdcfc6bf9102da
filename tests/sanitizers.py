"""What the sanitizers of an asan or tsan build write about server processes: each process has a file of its own in one folder, so that a
report fails the test, however the process ended. run.py prepares the folder, the harness and run.py look into it.
"""
import glob
import os
import re
import subprocess

FOLDER = "POSTHORN_SANITIZER_LOGS"
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_told = set()


def prepare(folder):
    """Sets the environment of all processes that are started from now on."""
    os.makedirs(folder, exist_ok=True)
    for path in glob.glob(os.path.join(folder, "report.*")):
        os.unlink(path)
    log = f"log_path={os.path.join(folder, 'report')}"
    os.environ[FOLDER] = folder
    # What was freed is kept back for a while to catch its use, but no more than the tests of memory bounds leave room for.
    os.environ["ASAN_OPTIONS"] = f"{log}:detect_stack_use_after_return=1:strict_string_checks=1:quarantine_size_mb=32"
    os.environ["LSAN_OPTIONS"] = "print_suppressions=0"
    os.environ["UBSAN_OPTIONS"] = f"{log}:print_stacktrace=1"
    os.environ["TSAN_OPTIONS"] = f"{log}:suppressions={os.path.join(SOURCE, 'tests', 'tsan.suppressions')}:second_deadlock_stack=1"
    for name in ("ASAN", "UBSAN", "TSAN"):
        os.environ[f"{name}_OPTIONS"] += ":external_symbolizer_path="  # a walled-in server can start no program: see with_places()


def active():
    return FOLDER in os.environ


def with_places(text):
    """A report with the functions and lines of what it gives as offset in our program."""
    program = os.environ.get("POSTHORN", "")
    places = {}
    for offset in set(re.findall(r"\((?:/[^()+]*/)?posthorn\+(0x[0-9a-f]+)\)", text)):
        done = subprocess.run(["addr2line", "-f", "-s", "-C", "-e", program, offset], capture_output=True, text=True)
        if done.returncode == 0 and not done.stdout.startswith("??"):
            function, place = done.stdout.splitlines()[:2]
            places[offset] = f"{function[:120]} at {place} "
    return re.sub(r"\((?:/[^()+]*/)?posthorn\+(0x[0-9a-f]+)\)", lambda found: places.get(found[1], "") + found[0], text)


def new_reports():
    """The texts of reports that were not given before."""
    out = []
    for path in sorted(glob.glob(os.path.join(os.environ.get(FOLDER, "/nonexistent"), "report.*"))):
        if path in _told or os.path.getsize(path) == 0:
            continue
        _told.add(path)
        with open(path, errors="replace") as file:
            out.append(with_places(file.read()))
    return out
