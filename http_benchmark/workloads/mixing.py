"""From a workload to what a worker sends: concrete requests, and one order for all contenders.

Everything follows from the seed. Placeholders are filled here, once and for a bounded number of variants, so that
sending a request of a workload costs a worker no more than sending the same one again.
"""

import math
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, cycle
from urllib.parse import urlsplit

from pydantic import ValidationError

from http_benchmark.clients.base import Request
from http_benchmark.errors import ConfigurationError
from http_benchmark.load.mix import Mix
from http_benchmark.models.base import Model, configuration_error
from http_benchmark.models.experiment import WorkloadRequest, WorkloadResult
from http_benchmark.models.fields import Method
from http_benchmark.models.secret_fields import HeaderTexts, Url
from http_benchmark.redaction import without_secrets, without_values
from http_benchmark.secret_url import apart
from http_benchmark.workloads.placeholders import as_placeholders, fill, names_in
from http_benchmark.workloads.workload import Template, Workload

DEFAULT_VARIANTS = 100
"""Concrete requests that are made of one with placeholders, where the file does not say how many."""

MOST_VARIANTS = 10_000
"""All of a workload's concrete requests: each is prepared for each thread or task before it is sent."""

MOST_PREPARED = 200_000
"""Concrete requests × concurrency: what a worker has to hold."""

MOST_BYTES = 256 * 1024**2
"""All bodies together: they travel to each worker, and stay in its memory."""

MOST_DECK = 1_000
"""Requests after which the shares come out even; weights that would need more are rounded to a thousandth."""

_ORDER_ENTRIES = 10_000  # long enough that no client can get used to it, short enough to travel in one message


class _Concrete(Model):
    """What every request has to be, whatever it was made from."""

    method: Method
    url: Url
    headers: HeaderTexts


def describe(workload: Workload) -> WorkloadResult:
    """What a workload is, without its secrets: to be shown and stored."""
    counts = deck_counts([template.weight for template in workload.templates])
    return WorkloadResult(
        file=workload.path.name,
        format=workload.format,
        sha256=workload.sha256,
        requests=tuple(_described(name, workload, counts) for name in workload.names),
        notes=workload.notes,
    )


def mix_of(
    workload: Workload,
    base_url: str,
    *,
    seed: int,
    concurrency: int,
    moved: bool = False,
    headers: Sequence[tuple[str, str]] = (),
) -> Mix:
    """Make the concrete requests of a workload, and their order.

    Args:
        workload: What to send.
        base_url: Where paths go.
        seed: All choices follow from it.
        concurrency: Requests in flight at a time.
        moved: Send absolute URLs to `base_url` too, without their own scheme and host.
        headers: What every request has that does not bring the same header itself.

    Raises:
        ConfigurationError: A request is none, or there are too many.
    """
    variants = [variants_of(template, workload) for template in workload.templates]
    _require_room(sum(variants), concurrency)
    contexts = _contexts(workload, max(variants), seed)
    requests: list[Request] = []
    faults: dict[str, None] = {}
    for template, count in zip(workload.templates, variants, strict=True):
        for values in contexts[:count]:
            try:
                requests.append(concrete_request(template, values, base_url, moved=moved, headers=headers))
            except ConfigurationError as error:
                faults |= dict.fromkeys(f"{template.name}: {fault}" for fault in error.faults)
    if faults:
        raise ConfigurationError([f"{workload.path.name}: {fault}" for fault in faults])
    size_bytes = sum(len(request.body) for request in requests)
    if size_bytes > MOST_BYTES:
        raise ConfigurationError(
            f"{workload.path.name}: the bodies of all requests come to {size_bytes:,} bytes, at most {MOST_BYTES:,} "
            "are possible; set variants to fewer"
        )
    counts = deck_counts([template.weight for template in workload.templates])
    order = _order(counts, variants, seed=seed, in_order=workload.in_order)
    numbers = {name: number for number, name in enumerate(workload.names, 1)}
    tags = [
        numbers[template.name]
        for template, count in zip(workload.templates, variants, strict=True)
        for _ in range(count)
    ]
    used = sorted(set(order))  # a rare request may have more variants than turns
    places = {index: place for place, index in enumerate(used)}
    return Mix(
        requests=tuple(requests[index] for index in used),
        tags=tuple(tags[index] for index in used),
        order=tuple(places[index] for index in order),
        deck=sum(counts),
    )


def variants_of(template: Template, workload: Workload) -> int:
    """How many concrete requests are made of one: as many as its data has rows, up to a limit; else one.

    Values that are generated have no end, so the limit is the number.
    """
    names = {name for name in names_in(template) if not name.startswith("$")}
    if not names:
        return 1
    limit = template.variants or DEFAULT_VARIANTS
    if names & workload.generated.keys():
        return limit
    tables = {name.partition(".")[0] for name in names if "." in name}
    return min(limit, max((len(workload.tables[table]) for table in tables), default=1))


def concrete_request(
    template: Template,
    values: Mapping[str, str],
    base_url: str,
    *,
    moved: bool,
    headers: Sequence[tuple[str, str]],
) -> Request:
    """One request with these values, with user and password of its URL as a header.

    Args:
        template: The request.
        values: By the names of the placeholders.
        base_url: Where paths go.
        moved: Send absolute URLs there too, without their own scheme and host.
        headers: What it gets that it does not bring itself.

    Raises:
        ConfigurationError: No client could send that; the values are not in the faults, since they may be secret.
    """
    url, own, body = fill(template, values)
    url, authorization = apart(url)
    if authorization and not any(name.lower() == "authorization" for name, _ in own):
        own = (*own, ("Authorization", authorization))
    if url.startswith("/"):
        url = base_url.rstrip("/") + url
    elif moved:
        parts = urlsplit(url)
        url = base_url.rstrip("/") + parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
    given = {*template.without, *(name.lower() for name, _ in own)}
    try:
        concrete = _Concrete(
            method=template.method,
            url=url,
            headers=(*(pair for pair in headers if pair[0].lower() not in given), *own),
        )
    except ValidationError as error:
        concrete_url, shown = url, apart(template.url)[0]
        faults = [fault.replace(concrete_url, shown) for fault in configuration_error(error).faults]
        hidden = [values[name] for name in names_in(template)]
        raise ConfigurationError([without_values(fault, hidden) for fault in faults]) from None
    return Request(concrete.method, concrete.url, concrete.headers, body, template.stream, template.events)


def deck_counts(weights: Sequence[Fraction]) -> list[int]:
    """How often each request stands in a deck, at least once: exactly by weight, or the nearest within `MOST_DECK`.

    Nearest: the largest remainders are rounded up.
    """
    whole = [int(weight * math.lcm(*(other.denominator for other in weights))) for weight in weights]
    divisor = math.gcd(*whole)
    if sum(whole) // divisor <= MOST_DECK:
        return [count // divisor for count in whole]
    exact = [Fraction(MOST_DECK * count, sum(whole)) for count in whole]
    counts = [max(1, math.floor(share)) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: counts[index] - exact[index])
    for index in by_remainder[: max(0, MOST_DECK - sum(counts))]:
        counts[index] += 1
    return counts


def hosts_of(mix: Mix) -> set[str]:
    """Hosts, with their ports, that the requests go to."""
    return {urlsplit(request.url).netloc.rpartition("@")[2] for request in mix.requests}


def _described(name: str, workload: Workload, counts: Sequence[int]) -> WorkloadRequest:
    named = [
        (template, count) for template, count in zip(workload.templates, counts, strict=True) if template.name == name
    ]
    first = named[0][0]
    url = without_secrets(first.url)
    if not first.has_placeholders and "?" in url:  # a query that was recorded may be anything
        url = url.partition("?")[0] + "?…"
    return WorkloadRequest(
        name=name,
        method=first.method,
        url=url,
        share=sum(count for _, count in named) / sum(counts),
        variants=sum(variants_of(template, workload) for template, _ in named),
        stream=first.stream,
        events=first.events,
    )


def _require_room(requests: int, concurrency: int) -> None:
    if requests > MOST_VARIANTS:
        raise ConfigurationError(
            f"the workload comes to {requests:,} concrete requests, at most {MOST_VARIANTS:,} are possible; "
            "set variants to fewer"
        )
    if requests * concurrency > MOST_PREPARED:
        raise ConfigurationError(
            f"{requests:,} concrete requests for each of {concurrency:,} in flight are more than the "
            f"{MOST_PREPARED:,} that a worker can hold ready; set variants to at most {MOST_PREPARED // concurrency:,} "
            "in all, or lower the concurrency"
        )


def _contexts(workload: Workload, count: int, seed: int) -> list[Mapping[str, str]]:
    """The values of each variant: a row of each table, in an order drawn by the seed, and the generated ones."""
    columns: list[list[Mapping[str, str]]] = []
    for table, rows in workload.tables.items():
        shuffled = list(rows)
        _generator(seed, table).shuffle(shuffled)
        named = [{f"{table}.{column}": value for column, value in row.items()} for row in shuffled]
        columns.append([named[number % len(named)] for number in range(count)])
    for name, generate in workload.generated.items():
        generator = _generator(seed, name)
        columns.append([{name: generate(generator, number)} for number in range(count)])
    contexts: list[Mapping[str, str]] = []
    for number in range(count):
        values = {**as_placeholders(workload.references), **workload.taken}
        for column in columns:
            values |= column[number]
        contexts.append(values)
    return contexts


def _order(counts: Sequence[int], variants: Sequence[int], *, seed: int, in_order: bool) -> list[int]:
    """Decks of the ordered shares, each shuffled for itself; the variants of a request take turns."""
    generator = _generator(seed, "order")
    starts = [0, *accumulate(variants)]
    turns = [cycle(range(start, start + count)) for start, count in zip(starts, variants, strict=False)]
    deck = [number for number, count in enumerate(counts) for _ in range(count)]
    order: list[int] = []
    while len(order) < _ORDER_ENTRIES:
        if not in_order:
            generator.shuffle(deck)
        order += [next(turns[number]) for number in deck]
    return order


def _generator(seed: int, what: str) -> random.Random:
    return random.Random(f"{seed}/workload/{what}")
