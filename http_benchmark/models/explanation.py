"""Why one contender of an experiment spends more CPU per request than another, as published."""

from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model


class SyscallRate(Model):
    """How often a request makes one system call, and how often of that in vain."""

    name: str
    per_request: float
    errors_per_request: float = 0.0


class ProfiledStack(Model):
    """A call stack and how often it was seen.

    Attributes:
        stack: Functions with their files, outermost first, with ";" between them.
        samples: How often.
    """

    stack: str
    samples: int


class Profiled(Model):
    """One of the two contenders; null is what could not be told.

    Attributes:
        contender: As named in the experiment.
        version: What was looked into now.
        version_then: What was measured in the experiment.
        cpu_us: CPU time of a request, in the experiment; null where another version was measured then.
        cpu_now_us: The same now, before anything looked on.
        throughput_rps: In the experiment.
        context_switches: Of a request, now.
        syscalls: System calls of a request.
        syscalls_by_name: Each, the most frequent first.
        allocations: Blocks of memory that a request asks the C library for.
        allocated_bytes: How large they are together.
        not_told: Why something could not be told, in words.
        samples: How often its call stack was seen.
        stacks: The stacks, the most frequent first.
    """

    contender: str
    version: str | None = None
    version_then: str | None = None
    cpu_us: float | None = None
    cpu_now_us: float
    throughput_rps: float | None = None
    context_switches: float | None = None
    syscalls: float | None = None
    syscalls_by_name: tuple[SyscallRate, ...] = ()
    allocations: float | None = None
    allocated_bytes: float | None = None
    not_told: tuple[str, ...] = ()
    samples: int
    stacks: tuple[ProfiledStack, ...] = ()

    @property
    def shared_us(self) -> float:
        """The CPU time that the samples share out: that of the experiment, else that of now."""
        return self.cpu_now_us if self.cpu_us is None else self.cpu_us


class PlaceDifference(Model):
    """A file, function or package, in both profiles: microseconds of CPU per request.

    Attributes:
        name: The file, the function of `Explanation.place`, or the package.
        dearer_us, cheaper_us: Through it: itself and all that it called.
        dearer_own_us, cheaper_own_us: In itself, with what it called of the standard library.
        difference_us: How much more goes through it in the dearer contender.
        error_us: Standard error of that, from the number of samples.
    """

    name: str
    dearer_us: float
    cheaper_us: float
    dearer_own_us: float
    cheaper_own_us: float
    difference_us: float
    error_us: float


class SpentInside(Model):
    """What a place's time is spent on: itself, or a file that it calls next."""

    name: str
    us: float


class Explanation(Model):
    """Why one contender costs more CPU than another.

    Attributes:
        experiment: ID of the experiment.
        dearer, cheaper: The contenders, by CPU time of a request.
        difference_us: By how much they differ.
        place: The innermost function of a package that half of the difference goes through; null where none does.
        file: That function's file.
        functions: Of that file, those with the greatest difference first.
        inside: What that file's time is spent on.
        packages: Whose code it is.
        files: Those with the greatest difference first.
        sentences: All that in words.
        rate: Samples per second.
        native: Whether extensions written in C were looked into.
    """

    schema_: Annotated[Literal["http-benchmark/explanation/1"], Field(alias="schema")] = "http-benchmark/explanation/1"
    experiment: str
    concurrency: int
    dearer: Profiled
    cheaper: Profiled
    difference_us: float
    place: PlaceDifference | None = None
    file: PlaceDifference | None = None
    functions: tuple[PlaceDifference, ...] = ()
    inside: tuple[SpentInside, ...] = ()
    packages: tuple[PlaceDifference, ...] = ()
    files: tuple[PlaceDifference, ...] = ()
    sentences: tuple[str, ...] = ()
    rate: int
    native: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
