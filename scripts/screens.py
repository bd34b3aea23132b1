"""Take the pictures of report and dashboard for the documents: `make screens`, on a machine that nobody else uses.

It measures five clients anew, twice, a minute and a half each, writes the report, serves the dashboard, and looks at
both in Chromium.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
CONTENDERS = ("pycurl:sync", "aiohttp", "urllib3", "requests", "httpx:async")
NAME = "Five clients, small answers"
_COLOURS = 256  # a third of the bytes, and no difference to the eye
_DRAWN = "document.querySelectorAll('figure:not(.drawn)').length === 0"


def main() -> None:
    """Measure, open, take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        database, report = f"sqlite:///{folder}/results.db", Path(folder) / "report.html"
        first, last = (measured(database, seed) for seed in (1, 2))
        command("report", last, "--database", database, "--output", str(report))
        with (
            subprocess.Popen(  # noqa: S603 - words of our own
                [*BENCH, "serve", "--port", "0", "--database", database], stdout=subprocess.PIPE, text=True
            ) as server,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
        ):
            assert server.stdout is not None
            try:
                base = server.stdout.readline().split()[2]
                take(browser, report.as_uri(), "report", scheme="light", size=(1040, 1420))
                take(browser, f"{base}experiments/{last}", "dashboard-experiment", scheme="dark", size=(1120, 1060))
                take(
                    browser,
                    f"{base}compare?arm={first}&arm={last}",
                    "dashboard-compare",
                    scheme="light",
                    size=(1120, 1000),
                )
                take(browser, f"{base}start", "dashboard-start", scheme="light", size=(1120, 1200), prepare=filled)
            finally:
                server.terminate()


BENCH = (sys.executable, "-m", "http_benchmark")


def command(*words: str) -> str:
    """What the command prints, which has to succeed."""
    return subprocess.run([*BENCH, *words], check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - as above


def measured(database: str, seed: int) -> str:
    """The ID of an experiment that was measured now."""
    how = (
        "--blocks",
        "11",
        "--duration",
        "1s",
        "--warmup",
        "0.3s",
        "--seed",
        str(seed),
        "--name",
        NAME,
        "--database",
        database,
    )
    found = re.search(r"\(([0-9a-f-]{36})\)", command("run", *CONTENDERS, *how))
    assert found is not None
    return found[1]


def take(
    browser: Browser,
    address: str,
    name: str,
    *,
    scheme: Any,
    size: tuple[int, int],
    prepare: Callable[[Page], None] = lambda _: None,
) -> None:
    """Write the picture of a page's upper part once all that it draws is drawn."""
    page = browser.new_page(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    page.goto(address)
    page.wait_for_function(_DRAWN)
    prepare(page)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(300)
    with Image.open(BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").quantize(_COLOURS).save(FOLDER / f"{name}.png", optimize=True)
    page.close()


def filled(page: Page) -> None:
    """Fill the form in as a newcomer would."""
    for contender in ("httpx async", "aiohttp async"):
        page.get_by_label(contender, exact=True).check()
    page.get_by_label("Path or URL").fill("/bytes/1024")
    page.get_by_label("Concurrency").fill("32")
    page.get_by_label("Name").fill("Which one for the crawler?")


if __name__ == "__main__":
    main()
