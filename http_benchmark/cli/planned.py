"""What `--plan` says: what would run, line by line; and how a plan's target is named."""

from rich.console import Console

from http_benchmark.benchmark import Experiment
from http_benchmark.cli.common import print_lines
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.plan import Plan
from http_benchmark.redaction import through
from http_benchmark.report.parts import percent
from http_benchmark.stats.sequential import looks
from http_benchmark.units import counted, format_duration, format_rates
from http_benchmark.workloads.mixing import describe


def print_plan(experiment: Experiment, console: Console) -> None:
    """Say what would run and how long it would take."""
    plan = experiment.plan
    part = plan.slices[0]
    least = "" if plan.arrivals else "at least "
    each = counted(part.requests, "request") if part.requests else f"{least}{format_duration(part.duration_s)}"
    warm_up = format_duration(plan.warm_up.duration_s) if plan.warm_up else "none"
    missing = dict.fromkeys(client.message or "" for client in experiment.unavailable)  # one for all modes of a client
    lines = [
        *where_it_goes(plan),
        *what_is_sent(plan),
        *what_goes_wrong(plan),
        f"contenders   {', '.join(arm.name for arm in plan.arms)}",
        f"not here     {'; '.join(missing) or 'none'}",
        *_arrivals(experiment.configuration),
        f"concurrency  {plan.options.concurrency}{' at most' if plan.arrivals else ''}{_processes(plan)}",
        *_many(plan),
        f"warm-up      {warm_up} per trial",
        f"trial        {counted(len(plan.slices), 'slice')} of {each}",
        f"repeated     {blocks(plan)}, each with a fresh process per contender",
        f"ranked by    {plan.primary_metric}",
        f"processors   clients on {_cpus(plan.client_cpus)}, origin on {_cpus(plan.origin_cpus)}",
        f"time         about {format_duration(plan.estimated_s)}, longer where a request is slow",
    ]
    print_lines(lines, console)


def target(plan: Plan) -> str:
    """What a plan aims at, before it is open, and through which proxy."""
    named = (
        plan.shown_url if plan.shown_url != "/" or plan.workload is None else None
    )  # paths of a workload stand with it
    if plan.image:
        place = f"{named or '/'} on a container of {plan.image.name}"
    elif not plan.bundled:
        place = plan.shown_url or ""
    else:
        place = f"{named} on the bundled origin" if named else "bundled origin"
    return place + through(plan.options.proxy)


def where_it_goes(plan: Plan) -> list[str]:
    """The target of a plan, and how it is spoken to."""
    versions = sorted({"HTTP/2" if arm.contender.http2 else "HTTP/1.1" for arm in plan.arms})
    return [f"target       {target(plan)}", f"protocol     {' and '.join(versions)}{_tls(plan)}"]


def _tls(plan: Plan) -> str:
    urls = (
        [plan.url or ""] if plan.moves_requests or plan.workload is None else [t.url for t in plan.workload.templates]
    )
    if not plan.origin.tls and not any(url.startswith("https:") for url in urls):
        return ""
    if not plan.options.verify:
        return " over TLS, certificates not checked"
    against = "the run's own authority" if plan.origin.tls else plan.options.ca_file or "each client's own authorities"
    return f" over TLS, certificates checked against {against}"


def what_is_sent(plan: Plan) -> list[str]:
    """The request of a plan, or those of its workload, a line each."""
    if plan.workload is None:
        request = plan.request
        size, headers = counted(len(request.body), "byte"), counted(len(request.headers), "header")
        return [f"request      {request.method}, {size} of body, {headers}"]
    described = describe(plan.workload)
    return [
        f"workload     {described.file} ({described.format}), {counted(len(described.requests), 'request')}",
        *(
            f"             {percent(request.share):>5} {request.name}: {request.method} {request.url}"
            f"{f', {request.variants} variants' if request.variants > 1 else ''}"
            for request in described.requests
        ),
        *(f"             note: {note}" for note in described.notes),
    ]


def what_goes_wrong(plan: Plan) -> list[str]:
    """The faults of a plan."""
    return [f"faults       {', '.join(plan.origin.faults)}"] if plan.origin.faults else []


def blocks(plan: Plan) -> str:
    """How many blocks there are to be."""
    if plan.until_percent is None:
        return counted(plan.blocks, "block")
    return f"{looks(plan.blocks)[0]} to {plan.blocks} blocks, until the intervals are ±{plan.until_percent:g} %"


def _arrivals(configuration: ExperimentConfiguration) -> list[str]:
    rate = configuration.rate
    return [f"arrivals     {configuration.arrivals}, {format_rates(rate)}"] if rate else []


def _processes(plan: Plan) -> str:
    return f", over {plan.processes} processes" if plan.processes > 1 else ""


def _many(plan: Plan) -> list[str]:
    """What follows from very many connections."""
    spread = plan.origin.addresses * plan.origin.processes
    over = f", in {plan.origin.processes} processes" if plan.origin.processes > 1 else ""
    return [
        *(["turns        one contender after the other in each block"] if plan.turns == "trials" else []),
        *([f"origin       on {spread} addresses{over}"] if spread > 1 else []),
    ]


def _cpus(cpus: tuple[int, ...]) -> str:
    return ", ".join(map(str, cpus))
