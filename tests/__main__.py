"""Run the tests and close with one line `N passed, N failed, N skipped`; warnings are errors."""

import argparse
import sys
import unittest
import warnings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("names", nargs="*", help="test modules, classes or methods; all tests by default")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    loader = unittest.defaultTestLoader
    suite = (
        loader.loadTestsFromNames(arguments.names) if arguments.names else loader.discover("tests", top_level_dir=".")
    )
    warnings.simplefilter("error")
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=1 + arguments.verbose, warnings="error")
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    for test, reason in result.skipped:
        print(f"skipped {test}: {reason}")
    print(f"{max(0, result.testsRun - failed - skipped)} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
