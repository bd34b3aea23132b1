"""Run the tests and close with one line `N passed, N failed, N skipped`; warnings are errors.

All tests are run module by module, each in a process of its own, as many at a time as there are processors. Beside them
run those that start containers, one at a time: the engine is theirs alone, and they wait more than they compute.
"""

import argparse
import os
import re
import subprocess
import sys
import time
import unittest
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

FOLDER = Path(__file__).parent
PRIORITY = 15
"""What `serve` answers with is 19, which next to modules of the usual priority would be hardly ever."""
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped\n\Z", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("names", nargs="*", help="folders, modules, classes or methods; all tests by default")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--durations", type=int, metavar="N", help="name the N slowest tests")
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # none of the hundreds of commands may compile all anew
    if not arguments.names and (arguments.verbose or arguments.durations):
        parser.error("--verbose and --durations want names of modules, classes or methods")
    return run(arguments) if arguments.names else run_all()


def run(arguments: argparse.Namespace) -> int:
    """Run these here."""
    names = [module for name in arguments.names for module in modules(FOLDER.parent / name.replace(".", "/")) or [name]]
    suite = unittest.TestSuite(map(load, names))
    warnings.simplefilter("error")
    runner = unittest.TextTestRunner(
        stream=sys.stdout, verbosity=1 + arguments.verbose, warnings="error", durations=arguments.durations
    )
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    for test, reason in result.skipped:
        print(f"skipped {test}: {reason}")
    close(max(0, result.testsRun - failed - skipped), failed, skipped)
    return 1 if failed or not result.testsRun else 0


def load(name: str) -> unittest.TestSuite | unittest.TestCase:
    """Its tests; where the module cannot be imported here and says why, one that is skipped for that reason."""
    try:
        return unittest.defaultTestLoader.loadTestsFromName(name)
    except unittest.SkipTest as skipped:
        reason = skipped

        def skip() -> None:
            raise reason

        skip.__name__ = name
        return unittest.FunctionTestCase(skip)


def run_all() -> int:
    """Run all modules, and print what each has to say when it ends."""
    os.nice(PRIORITY)
    totals = [0, 0, 0]
    pools = {False: ThreadPoolExecutor(os.cpu_count()), True: ThreadPoolExecutor(1)}
    try:
        for ended in as_completed([pools[starts_containers(name)].submit(run_module, name) for name in modules()]):
            name, seconds, output, counts = ended.result()
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
            said = output if counts[1] or counts[2] else ""
            print(f"{name}: {counts[0]} passed in {seconds:.0f} s\n{said}", end="", flush=True)
    finally:  # Ctrl-C ends those that run; the others must not begin
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
    close(*totals)
    return 1 if totals[1] or not totals[0] else 0


def modules(folder: Path = FOLDER) -> list[str]:
    """The test modules below a folder; those with processes first, then by size: what takes long must not be last."""
    paths = sorted(folder.rglob("test_*.py"), key=lambda path: (path.parent.name == "unit", -path.stat().st_size))
    return [".".join(path.relative_to(FOLDER.parent).with_suffix("").parts) for path in paths]


def starts_containers(name: str) -> bool:
    """Whether a module has tests that hold the engine."""
    return "ContainerTestCase" in (FOLDER.parent / name.replace(".", "/")).with_suffix(".py").read_text()


def run_module(name: str) -> tuple[str, float, str, tuple[int, int, int]]:
    """Its name, how long it took, what it printed, and how many passed, failed and were skipped."""
    started = time.monotonic()
    command = [sys.executable, "-m", "tests", name]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    closing = CLOSING.search(ended.stdout)
    passed, failed, skipped = map(int, closing.groups()) if closing else (0, 0, 0)
    if ended.returncode and not failed and not skipped:  # it has crashed
        failed = 1
    return name, time.monotonic() - started, ended.stdout, (passed, failed, skipped)


def close(passed: int, failed: int, skipped: int) -> None:
    """The line that continuous integration reads."""
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


if __name__ == "__main__":
    sys.exit(main())
