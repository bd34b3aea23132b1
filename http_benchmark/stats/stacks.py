"""Sampled call stacks of two contenders: read, scaled to CPU per request, attributed to places, compared. Pure.

A place has CPU time *in itself* (it was the innermost frame that counts) and *through it* (it was somewhere in the
stack, so what it called is included). Times are microseconds of CPU per request.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

_FRAME = re.compile(r"(?P<function>.*) \((?P<file>[^()]*?)(?::\d+)?\)")
_OURS = "http_benchmark"
_STANDARD = sys.stdlib_module_names
_SHARE = 0.5  # of a difference, that a place must explain to be named
_FEWEST = 9  # samples, that a whole difference must stand for: fewer do not stand out by three standard errors
_ERRORS = 3.0  # standard errors, by which its own difference must stand out from the noise of sampling
HARNESS = "http-benchmark"
STANDARD_LIBRARY = "standard library"


@dataclass(frozen=True, slots=True, order=True)
class Frame:
    """One function on a stack, whatever line it was at.

    Attributes:
        file: As a profiler shortens it: "httpcore/_async/connection_pool.py".
        function: With its class: "AsyncConnectionPool.handle_async_request".
    """

    file: str
    function: str

    def __str__(self) -> str:
        return f"{self.function} ({self.file})"

    @property
    def package(self) -> str | None:
        """The distribution's top module; None for Python's own library, for us, and for what is no Python."""
        first = self.file.partition("/")[0].removesuffix(".py")
        is_python = self.file.endswith((".py", ".pyx"))
        return first if is_python and first not in _STANDARD and first != _OURS else None


type Stack = tuple[Frame, ...]
"""Outermost first."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What was sampled of one contender.

    Attributes:
        samples: How often each stack was seen.
        cpu_us: CPU time of a request, over which they are spread.
    """

    samples: Mapping[Stack, int]
    cpu_us: float

    @property
    def total(self) -> int:
        """All samples."""
        return sum(self.samples.values())

    def spread(self) -> dict[Stack, float]:
        """Each stack's share of a request, in microseconds."""
        return {stack: self.cpu_us * count / self.total for stack, count in self.samples.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """A file or a function, in both profiles; microseconds of CPU per request.

    Attributes:
        name: What it is called.
        a_us, b_us: Through it.
        a_own_us, b_own_us: In itself, with what it called of the standard library.
        error_us: Standard error of `difference_us`, from the number of samples.
        depth: How far inside it stands on average, where `a` has it; 0 is outermost.
    """

    name: str
    a_us: float
    b_us: float
    a_own_us: float
    b_own_us: float
    error_us: float
    depth: float

    @property
    def difference_us(self) -> float:
        """How much more goes through it in `a`."""
        return self.a_us - self.b_us


def folded(text: str) -> dict[Stack, int]:
    """Read collapsed stacks: a line for each, frames with ";" between them, outermost first, and how often it was seen.

    Raises:
        ValueError: A line is not of that form.
    """
    counts: Counter[Stack] = Counter()
    for line in filter(None, text.splitlines()):
        stack, _, count = line.rpartition(" ")
        if not count.isdigit():
            raise ValueError(f"no collapsed stack: {line[:100]!r}")
        if stack:  # a thread was seen before its first function, or after its last
            counts[tuple(map(_frame, stack.split(";")))] += int(count)
    return dict(counts)


def unfolded(samples: Mapping[Stack, int]) -> Iterator[tuple[str, int]]:
    """The same as text, without the counts, most frequent first."""
    for stack, count in sorted(samples.items(), key=lambda one: (-one[1], one[0])):
        yield ";".join(map(str, stack)), count


def _frame(text: str) -> Frame:
    match = _FRAME.fullmatch(text)
    return Frame(match["file"], match["function"]) if match else Frame("", text)


def files(a: Profile, b: Profile) -> list[Place]:
    """Each file that `a` or `b` went through, those with the greatest difference first."""
    return _places(a, b, lambda frame: frame.file)


def functions(a: Profile, b: Profile, file: str) -> list[Place]:
    """Each function of a file, likewise."""
    return _places(a, b, lambda frame: frame.function if frame.file == file else None)


def packages(a: Profile, b: Profile) -> list[Place]:
    """CPU by whose code it is, in itself: that of the innermost package, which also called what follows.

    Where no package is on the stack it is the harness's, or the standard library's where the harness has no part in it.
    """
    parts = [_owned(profile, _owner) for profile in (a, b)]
    names = sorted(parts[0].keys() | parts[1].keys())
    found = [
        Place(name, mine, other, mine, other, _error(mine, a, other, b), 0.0)
        for name in names
        for mine, other in [(parts[0].get(name, 0.0), parts[1].get(name, 0.0))]
    ]
    return sorted(found, key=lambda place: -abs(place.difference_us))


def innermost(a: Profile, b: Profile) -> tuple[Frame, Place] | None:
    """Why `a` costs more than `b`: the innermost function of a package that half of the difference goes through.

    Of the functions of packages through which at least half of the difference goes, the one that stands furthest
    inside: no single function that it calls explains half. None where `a` costs no more, or too few samples tell.
    """
    difference_us = a.cpu_us - b.cpu_us
    if any(difference_us * one.total < _FEWEST * one.cpu_us for one in (a, b)):
        return None
    wanted = _SHARE * difference_us
    found = {str(frame): frame for stack in a.samples for frame in stack if frame.package}
    fitting = [
        place
        for place in _places(a, b, str)
        if place.name in found and 0 < wanted <= place.difference_us and place.difference_us > _ERRORS * place.error_us
    ]
    place = max(fitting, key=lambda place: place.depth, default=None)
    return (found[place.name], place) if place else None


def inside(a: Profile, file: str) -> list[tuple[str, float]]:
    """What a file's time is spent on: itself and the files that it calls next outside of the standard library.

    Returns:
        Name and microseconds of each; they add up to what goes through the file. Most first.
    """
    spent: dict[str, float] = defaultdict(float)
    for stack, us in a.spread().items():
        places = [frame.file for frame in stack if frame.package]
        if file in places:
            after = places[len(places) - 1 - places[::-1].index(file) + 1 :]
            spent[after[0] if after else file] += us
    return sorted(spent.items(), key=lambda one: (-one[1], one[0]))


def _places(a: Profile, b: Profile, name_of: Callable[[Frame], str | None]) -> list[Place]:
    through = [_through(profile, name_of) for profile in (a, b)]
    own = [_owned(profile, lambda stack: _innermost_name(stack, name_of)) for profile in (a, b)]
    depths = _depths(a, name_of)
    found = [
        Place(
            name,
            through[0].get(name, 0.0),
            through[1].get(name, 0.0),
            own[0].get(name, 0.0),
            own[1].get(name, 0.0),
            _error(through[0].get(name, 0.0), a, through[1].get(name, 0.0), b),
            depths.get(name, 0.0),
        )
        for name in sorted(through[0].keys() | through[1].keys())
    ]
    return sorted(found, key=lambda place: -abs(place.difference_us))


def _through(profile: Profile, name_of: Callable[[Frame], str | None]) -> dict[str, float]:
    """Once per stack, however often a place is on it."""
    found: dict[str, float] = defaultdict(float)
    for stack, us in profile.spread().items():
        for name in {name_of(frame) for frame in stack} - {None}:
            found[name or ""] += us
    return found


def _owned(profile: Profile, owner_of: Callable[[Stack], str | None]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for stack, us in profile.spread().items():
        owner = owner_of(stack)
        if owner is not None:
            found[owner] += us
    return found


def _owner(stack: Stack) -> str:
    found = next((frame.package for frame in reversed(stack) if frame.package), None)
    if found:
        return found
    return HARNESS if _is_ours(stack[-1]) else STANDARD_LIBRARY


def _is_ours(frame: Frame) -> bool:
    return frame.file.partition("/")[0] == _OURS


def _innermost_name(stack: Stack, name_of: Callable[[Frame], str | None]) -> str | None:
    """Of the innermost frame of a package; of the innermost of all where no package is on the stack."""
    counted = [frame for frame in stack if frame.package] or [*stack]
    return name_of(counted[-1])


def _depths(profile: Profile, name_of: Callable[[Frame], str | None]) -> dict[str, float]:
    """How far inside the outermost frame of each place stands, on average."""
    sums: dict[str, float] = defaultdict(float)
    seen: dict[str, int] = defaultdict(int)
    for stack, count in profile.samples.items():
        names = [name_of(frame) for frame in stack]
        for name in {*names} - {None}:
            sums[name or ""] += count * names.index(name)
            seen[name or ""] += count
    return {name: sums[name] / seen[name] for name in sums}


def _error(mine_us: float, a: Profile, other_us: float, b: Profile) -> float:
    """Standard error of a difference of two binomial shares."""
    variance = 0.0
    for us, profile in ((mine_us, a), (other_us, b)):
        if profile.total and profile.cpu_us:
            share = min(1.0, us / profile.cpu_us)
            variance += profile.cpu_us**2 * share * (1 - share) / profile.total
    return sqrt(variance)


@dataclass(slots=True)
class Node:
    """A function in a tree of calls.

    Attributes:
        frame: The function; None for the root.
        a_us, b_us: CPU per request in this call path, what it called included.
        weight_us: How wide it is drawn: in a tree of one profile its time, in that of two how much they differ.
        children: What it called.
    """

    frame: Frame | None = None
    a_us: float = 0.0
    b_us: float = 0.0
    weight_us: float = 0.0
    children: dict[Frame, "Node"] = field(default_factory=dict)

    def child(self, frame: Frame) -> "Node":
        """What it called, made where it was not there."""
        return self.children.setdefault(frame, Node(frame))


def tree(profile: Profile, *, skipping: int = 0) -> Node:
    """The call tree of one profile, without its outermost frames."""
    root = Node()
    for stack, us in profile.spread().items():
        for node in _path(root, stack[skipping:]):
            node.a_us += us
            node.weight_us += us
    return root


def difference_tree(a: Profile, b: Profile, *, skipping: int = 0) -> Node:
    """The call trees of both in one: each node as wide as the sum of how much the innermost functions in it differ.

    What costs the same in both has no width; the root has that of all differences, more and less added up.
    """
    own: dict[Stack, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for place, profile in enumerate((a, b)):
        for stack, us in profile.spread().items():
            own[stack[skipping:]][place] += us
    root = Node()
    for stack, (mine, other) in own.items():
        for node in _path(root, stack):
            node.a_us += mine
            node.b_us += other
            node.weight_us += abs(mine - other)
    return root


def _path(root: Node, stack: Sequence[Frame]) -> Iterator[Node]:
    node = root
    yield node
    for frame in stack:
        node = node.child(frame)
        yield node


def shared_beginning(*profiles: Profile) -> int:
    """How many outermost frames all stacks of all profiles have in common: the harness, until it calls the client."""
    stacks = [stack for profile in profiles for stack in profile.samples]
    shortest = min(map(len, stacks), default=0)
    return next((place for place in range(shortest) if len({stack[place] for stack in stacks}) > 1), shortest)
