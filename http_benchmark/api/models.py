"""What the REST API takes and gives, beside the published documents."""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AwareDatetime, Field
from pydantic.json_schema import SkipJsonSchema

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import Model
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.experiment import Metric
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.models.filters import Filters, read_filters
from http_benchmark.models.job import Job, JobStatus
from http_benchmark.report.exporting import Format
from http_benchmark.report.hdr import TimesName
from http_benchmark.report.rows import TableName

Identifier = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$", description="The whole ID.")]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Tag = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f,]+$")]
Tags = Annotated[tuple[Tag, ...], Field(max_length=20)]
Before = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
Rate = Annotated[float, Field(gt=0, le=100_000)]
Absent = SkipJsonSchema[None]
"""Of an argument of a query: it can be left out, and there is no way to write null."""


class JobOrder(Model):
    """What a job measures: the settings of `run` with which a caller can do no harm, within limits.

    What names files, environments or a proxy is not among them, nor may a text refer to a secret of the server.

    Attributes:
        contenders: Installed clients, as on the command line: httpx, httpx:async, httpx:async+h2; empty for all.
        url: A path on the bundled origin, or a URL on a server that was allowed; null for the origin's default.
        rate: Arrivals per second, or for each step those at its start and at its end; null for the closed model.

    The others are as in the configuration of an experiment; times in seconds, sizes in bytes.
    """

    contenders: Annotated[
        tuple[
            Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(:(sync|async))?(\+h2)?$")], ...
        ],
        Field(max_length=20),
    ] = ()
    url: Url | None = None
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "STREAM"] = "GET"
    headers: Annotated[dict[str, Annotated[str, Field(max_length=8000)]], Field(max_length=50)] = {}
    body: Annotated[str, Field(max_length=1_000_000)] | None = None
    body_size: Annotated[int, Field(ge=0, le=16 * 1024**2)] | None = None
    stream: bool = False
    events: bool = False
    fault: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=10)] = ()
    rate: Rate | Annotated[tuple[tuple[Rate, Rate], ...], Field(min_length=1, max_length=20)] | None = None
    arrivals: Literal["constant", "poisson"] | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000)] | None = None
    processes: Annotated[int, Field(ge=1, le=16)] = 1
    duration: Annotated[float, Field(gt=0, le=600)] | None = None
    requests: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    warmup: Annotated[float, Field(ge=0, le=60)] | None = None
    slices: Annotated[int, Field(ge=1, le=100)] | None = None
    timeout: Annotated[float, Field(gt=0, le=120)] = 30.0
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    think_time: Annotated[float, Field(ge=0, le=60)] = 0.0
    blocks: Annotated[int, Field(ge=1, le=100)] | None = None
    quick: bool = False
    until: Annotated[float, Field(gt=0, le=100)] | None = None
    primary: Metric | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    http: Literal["1.1", "2"] | None = None
    verify: bool = True
    tls: bool = False
    floor: bool = True
    name: Text | None = None
    tag: Tags = ()

    @property
    def given(self) -> dict[str, Any]:
        """What was ordered, with what is secret; without defaults, since some settings depend on others."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)

    def configuration(self) -> ExperimentConfiguration:
        """The same as an experiment's configuration, with all its checks.

        Raises:
            ConfigurationError: The settings do not hold together, or refer to secrets of the server.
        """
        configuration = ExperimentConfiguration(**self.given)
        if configuration.references:
            named = ", ".join(dict.fromkeys(f"${{{reference.kind}:…}}" for reference in configuration.references))
            raise ConfigurationError(
                f"a job may not refer to secrets of the server, got {named}; write $${{…}} for the text itself"
            )
        return configuration


class PageQuery(Model):
    """A page of a list.

    Attributes:
        limit: At most so many.
        before: Where it begins: `next` of the page before.
    """

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Before | Absent = None


class ResultQuery(PageQuery):
    """Of results of this name."""

    name: Text | Absent = None


class JobQuery(PageQuery):
    """Of jobs with this status."""

    status: JobStatus | Absent = None


class ComparisonQuery(Model):
    """What is compared.

    Attributes:
        arm: IDs of experiments, or each with a contender of it: `ID:CONTENDER`.
        force: Compare even where machine, versions or workload differ; what misleads is marked.
    """

    arm: Annotated[
        list[Annotated[str, Field(max_length=300, pattern=r"^[A-Za-z0-9][^\x00-\x1f\x7f]*$")]],
        Field(min_length=2, max_length=10),
    ]
    force: bool = False


class ExportQuery(Model):
    """In which form an experiment is exported.

    Attributes:
        format: Of the file.
        rows: For csv and parquet, what has a row.
        metric: For hdr, times since a request was due, or since it was sent.
    """

    format: Format
    rows: TableName = "clients"
    metric: TimesName = "response"


class FilterQuery(Model):
    """Which experiments are meant: what they must have, all that is given, exactly as it is written."""

    client: Annotated[list[Text], Field(max_length=20)] = []
    tag: Annotated[list[Text], Field(max_length=20)] = []
    version: Text | Absent = None
    name: Text | Absent = None
    host: Text | Absent = None
    workload: Text | Absent = None
    status: Literal["running", "finished", "interrupted", "failed"] | Absent = None
    verdict: Literal["valid", "suspect", "invalid"] | Absent = None
    since: AwareDatetime | Absent = None
    until: AwareDatetime | Absent = None

    @property
    def filters(self) -> Filters:
        """The same for the storage.

        Raises:
            ConfigurationError: A client is not named as contenders are.
        """
        given = self.model_dump(include=set(Filters.model_fields), exclude_none=True)
        return read_filters(given)


class ExperimentQuery(FilterQuery, PageQuery):
    """A page of experiments."""


class HistoryQuery(FilterQuery):
    """Whose history is meant, of which figure, and among which experiments.

    Attributes:
        contender: Names a mode: httpx:async, httpx==0.28.1:sync.
        metric: The figure.
        like: ID of an experiment whose series is meant; the newest one's for null.
        limit: Look at so many experiments, the newest.
    """

    contender: Text
    metric: Metric = "throughput_rps"
    like: Annotated[str, Field(max_length=100)] | Absent = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class ExperimentPage(Model):
    """Experiments in short, the newest first; `next` is `before` of the next page, null at the end."""

    experiments: tuple[ExperimentSummary, ...]
    next: str | None


class ResultPage(Model):
    """Results of single benchmarks, likewise."""

    results: tuple[BenchmarkResult, ...]
    next: str | None


class JobPage(Model):
    """Jobs, likewise."""

    jobs: tuple[Job, ...]
    next: str | None


class TagChange(Model):
    """All tags that an experiment is to have."""

    tags: Tags


class ExperimentTags(Model):
    """All tags that an experiment has."""

    tags: tuple[str, ...]


class KnownClient(Model):
    """A client that can be measured, or how to get it.

    Attributes:
        name: As contenders name it.
        version: The installed one; null where it is not installed.
        modes: "sync", "async" or both.
        protocols: "1.1", or "1.1" and "2".
        install: How to get it.
    """

    name: str
    version: str | None
    modes: tuple[str, ...]
    protocols: tuple[str, ...]
    install: str


class ClientList(Model):
    """All known clients."""

    clients: tuple[KnownClient, ...]


class KnownDeviation(Model):
    """What clients are known to do otherwise than the suite asks.

    Attributes:
        contenders: A library in every mode, or in one: "httpx:sync", "httpx:async+h2".
        checks: IDs of the checks in which it shows.
        explanation: Why, and what follows from it.
        sometimes: It does not show each time.
    """

    contenders: tuple[str, ...]
    checks: tuple[str, ...]
    explanation: str
    sometimes: bool


class ConformanceQuestion(Model):
    """What every client is asked by `http-benchmark conform`; the fields are those of the published document."""

    id: str
    subject: str
    question: str
    witness: str


class KnownConformance(Model):
    """The questions of the conformance suite, and who is known to answer which of them otherwise."""

    checks: tuple[ConformanceQuestion, ...]
    deviations: tuple[KnownDeviation, ...]


class Health(Model):
    """The server is there.

    Attributes:
        version: Of this program.
        measuring: Whether a job is being measured now.
    """

    status: Literal["ok"] = "ok"
    version: str
    measuring: bool


class SignIn(Model):
    """The token that the server was started with."""

    token: Annotated[str, Field(min_length=1, max_length=1000)]
