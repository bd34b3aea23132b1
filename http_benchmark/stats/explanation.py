"""From what was looked at of two contenders to an explanation: which costs more, where, and that in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from http_benchmark.models.experiment import Estimate
from http_benchmark.models.explanation import Explanation, PlaceDifference, Profiled, SpentInside
from http_benchmark.stats import stacks
from http_benchmark.stats.stacks import Place, Profile, Stack

_MOST_FILES = 40
_MOST_FUNCTIONS = 12
_ALL = 0.995
_MOST_INSIDE = 4
_NAMED = 0.005  # of what goes through a file: less is 0 %
_WORKING = 0.7  # of the time between two requests: from then on CPU is what limits a client


def explain(
    experiment: str,
    both: Sequence[tuple[Profiled, Mapping[Stack, int]]],
    *,
    concurrency: int,
    processes: int,
    rate: int,
    native: bool,
    alike: bool = False,
) -> Explanation:
    """Hold the two side by side.

    Args:
        experiment: ID of the experiment.
        both: Each contender with the stacks that were seen of it.
        concurrency: Of the experiment.
        processes: Of each contender.
        rate: Samples per second.
        native: Whether extensions written in C were looked into.
        alike: The experiment does not tell the CPU time of the two apart.
    """
    (dearer, its_stacks), (cheaper, other_stacks) = sorted(both, key=lambda one: -one[0].shared_us)
    a, b = Profile(its_stacks, dearer.shared_us), Profile(other_stacks, cheaper.shared_us)
    found = stacks.innermost(a, b)
    function, share = found or (None, None)
    file = function and next(place for place in stacks.files(a, b) if place.name == function.file)
    explanation = Explanation(
        experiment=experiment,
        concurrency=concurrency,
        dearer=dearer,
        cheaper=cheaper,
        difference_us=a.cpu_us - b.cpu_us,
        place=_published(share, name=function.function) if share and function else None,
        file=_published(file) if file else None,
        functions=tuple(map(_published, stacks.functions(a, b, file.name)[:_MOST_FUNCTIONS])) if file else (),
        inside=tuple(SpentInside(name=name, us=us) for name, us in stacks.inside(a, file.name)) if file else (),
        packages=tuple(map(_published, stacks.packages(a, b))),
        files=tuple(map(_published, stacks.files(a, b)[:_MOST_FILES])),
        rate=rate,
        native=native,
    )
    return explanation.model_copy(update={"sentences": tuple(_sentences(explanation, processes, alike=alike))})


def overlap(a: Estimate | None, b: Estimate | None) -> bool:
    """Whether the intervals of both have a figure in common; not where one has none."""
    ends = [(one.low, one.high) for one in (a, b) if one]
    known = [(low, high) for low, high in ends if low is not None and high is not None]
    return len(known) == 2 and max(low for low, _ in known) <= min(high for _, high in known)


def microseconds(us: float) -> str:
    """To three digits: "2,210 µs", "41.2 µs"."""
    return f"{us:,.0f} µs" if abs(us) >= 100 else f"{us:.3g} µs"


def _published(place: Place, *, name: str | None = None) -> PlaceDifference:
    return PlaceDifference(
        name=name or place.name,
        dearer_us=place.a_us,
        cheaper_us=place.b_us,
        dearer_own_us=place.a_own_us,
        cheaper_own_us=place.b_own_us,
        difference_us=place.difference_us,
        error_us=place.error_us,
    )


def _sentences(found: Explanation, processes: int, *, alike: bool) -> Iterator[str]:
    a, b = found.dearer, found.cheaper
    yield (
        f"{a.contender} spends {microseconds(found.difference_us)} more CPU per request than {b.contender}: "
        f"{microseconds(a.shared_us)} against {microseconds(b.shared_us)}."
    )
    if alike:
        yield "In the experiment the intervals of their CPU time overlap, so that difference may be chance."
    where = _where(found)
    yield where[:1].upper() + where[1:]
    if found.file and len(found.inside) > 1:
        total = sum(part.us for part in found.inside)
        most = [part for part in found.inside[:_MOST_INSIDE] if part.us / total >= _NAMED]
        parts = [f"{part.name} {100 * part.us / total:.0f} %" for part in most]
        yield f"What goes through that file is spent in {', '.join(parts)}, each with what it calls in turn."
        both = [part.name for part in most if part.name != found.file.name and _shares(found, part)]
        if both:
            yield f"Of these, {b.contender} goes through {', '.join(both)}, too; the tables show how much they differ."
    yield from _counts(found)
    yield from _waiting(found, processes)


def _where(found: Explanation) -> str:
    if found.place is None or found.file is None:
        return (
            "No function of a package explains half of that by itself, or too few samples tell it from chance; the "
            "tables show how it is spread."
        )
    return (
        f"{_share(found.file, found)} of the difference goes through {found.file.name}, and "
        f"{_share(found.place, found)} through {found.place.name} in it; no single function that this one calls "
        "explains half."
    )


def _share(place: PlaceDifference, found: Explanation) -> str:
    share = place.difference_us / found.difference_us
    return "all" if share >= _ALL else f"{100 * share:.0f} %"


def _shares(found: Explanation, part: SpentInside) -> bool:
    """Whether the cheaper one spends at least half as much there."""
    return any(file.name == part.name and file.cheaper_us >= part.us / 2 for file in found.files)


def _counts(found: Explanation) -> Iterator[str]:
    a, b = found.dearer, found.cheaper
    for what, mine, other, detail in (
        ("system calls", a.syscalls, b.syscalls, _most_calls(a)),
        ("allocations", a.allocations, b.allocations, ""),
    ):
        if mine is not None and other is not None:
            yield f"{a.contender} makes {mine:,.1f} {what} per request{detail}, {b.contender} {other:,.1f}."


def _most_calls(profiled: Profiled) -> str:
    most = [f"{call.name} {call.per_request:.1f}" for call in profiled.syscalls_by_name[:3] if call.per_request >= 1]
    return f" ({', '.join(most)})" if most else ""


def _waiting(found: Explanation, processes: int) -> Iterator[str]:
    """Whether CPU is what limits them: of the time that each process has for a request, how much is CPU."""
    for one in (found.dearer, found.cheaper):
        if one.throughput_rps and one.cpu_us is not None:
            busy = one.cpu_us * one.throughput_rps / 1e6 / processes
            if busy < _WORKING:
                yield (
                    f"{one.contender} was on a processor for {100 * busy:.0f} % of the time only; whether it waited "
                    "for answers, or for a processor that others had, no profile of CPU can tell."
                )
