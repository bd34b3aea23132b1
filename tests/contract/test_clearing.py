"""Nothing is printed or written past `cleared`: who touches a stream or a file is listed here, with the reason.

What the children say, the controller reads and clears, so that their rooms are left out.
"""

import ast
import unittest
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "http_benchmark"

CHILDREN = {"clients", "load", "origin", "worker"}

WRITERS = {
    "cli/common.py": "clears what its consoles, `write_json` and `write_text` are given",
    "cli/export.py": "writes archives and Parquet, made of what was cleared when it was stored",
    "cli/gate_outputs.py": "clears what it appends for GitHub",
    "cli/pictures.py": "clears what a picture is drawn of",
    "conformance/surroundings.py": "writes a .netrc of its own",
    "database/jobs.py": "opens a lock",
    "environments/cache.py": "opens a lock",
    "environments/making.py": "keeps names and versions of packages",
    "targets/container_main.py": "tells the controller what it shows, cleared where the engine or a server said it",
    "utils/logging.py": "clears each line",
    "utils/tracebacks.py": "clears each traceback",
}
"""Files that use a stream or open a file to write, and why no secret leaves there."""

STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if inside.parts[0] not in CHILDREN:
            yield inside.as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def writes(node: ast.AST) -> bool:
    """Whether it is a stream of the process, or a call that writes to one or to a file."""
    match node:
        case ast.Attribute(value=ast.Name(id="sys"), attr=attr):
            return attr in STREAMS
        case ast.Call(func=ast.Name(id=name)) if name in {"print", "Console", "write_whole"}:
            return True
        case ast.Call(func=ast.Attribute(attr="write_text" | "write_bytes")):
            return True
        case ast.Call(func=ast.Name(id="open") | ast.Attribute(attr="open"), args=args, keywords=keywords):
            modes = [*args, *(keyword.value for keyword in keywords)]
            return any(isinstance(mode, ast.Constant) and str(mode.value)[:1] in "awx" for mode in modes)
    return False


class ClearingTest(unittest.TestCase):
    def test_who_writes(self):
        """Exactly the files of the list."""
        writing = {name for name, tree in modules() if any(map(writes, ast.walk(tree)))}

        self.assertEqual(set(WRITERS), writing)

    def test_what_is_echoed_is_cleared(self):
        """Each `click.echo` has a text of the code, or what `cleared` gave."""
        for name, tree in modules():
            for node in ast.walk(tree):
                match node:
                    case ast.Call(func=ast.Attribute(attr="echo" | "secho"), args=[text, *_]):
                        with self.subTest(file=name, line=node.lineno):
                            self.assertRegex(ast.unparse(text), r"^cleared\(|^'[^']*'$")

    def test_what_is_appended_for_github_is_cleared(self):
        """`Outputs` opens these files by itself."""
        source = (PACKAGE / "cli" / "gate_outputs.py").read_text(encoding="utf-8")

        self.assertEqual(source.count(".write(cleared("), source.count("file.write("))

    def test_the_search_sees_each_way(self):
        """Of streams, prints, files; and no file that is only read."""
        for source, expected in (
            ("sys.stderr", True),
            ("print(x)", True),
            ("path.write_text(x)", True),
            ("open(path, 'w')", True),
            ("path.open(mode='ab')", True),
            ("Console()", True),
            ("path.open()", False),
            ("path.open('rb')", False),
            ("console.print(x)", False),
        ):
            self.assertEqual(expected, any(map(writes, ast.walk(ast.parse(source)))), source)
