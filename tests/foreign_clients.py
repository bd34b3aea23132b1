"""Clients that are known as those of other distributions are: by the entry points of a folder beside this file."""

import os
import sys
from pathlib import Path
from typing import Literal
from unittest import TestCase, mock


def make_known(test: TestCase, folder: Literal["explained", "misbehaving", "unfair", "versions"]) -> None:
    """Let this process and its children find the clients of a folder until the test is over."""
    path = str(Path(__file__).parent / folder)
    inherited = filter(None, (path, os.environ.get("PYTHONPATH")))
    test.enterContext(mock.patch.dict(os.environ, PYTHONPATH=os.pathsep.join(inherited)))
    test.enterContext(mock.patch.object(sys, "path", [*sys.path, path]))
