"""The documents as text: where they are, their fenced blocks, sections and tables."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOW_TOS = sorted(ROOT.glob("docs/howto/*.md"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *HOW_TOS])
EXAMPLES = sorted(ROOT.glob("examples/*.py"))


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> Iterator[str]:
    """The contents of the fenced blocks in one of these languages, without their common indentation."""
    for indent, language, content in re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        if language in languages:
            yield re.sub(f"^{indent}", "", content, flags=re.MULTILINE)


def section(text: str, heading: str) -> str:
    """What stands between a heading, of any level, and the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}$\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise AssertionError(f"there is no heading {heading!r}")
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows but the heads and rules, code marks taken off."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = {number for number, line in enumerate(lines) if re.fullmatch(r"[|\s:-]+", line)}
    heads = {number - 1 for number in rules}
    return [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for number, line in enumerate(lines)
        if number not in rules | heads
    ]


def first_cells(text: str) -> list[str]:
    return [cells[0] for cells in rows(text)]
