"""The server itself, the clients that it knows, and what is known of them."""

from dataclasses import asdict

from fastapi import APIRouter

from http_benchmark import __version__
from http_benchmark.api.models import (
    ClientList,
    ConformanceQuestion,
    Health,
    KnownClient,
    KnownConformance,
    KnownDeviation,
)
from http_benchmark.api.shared import Common
from http_benchmark.conformance.known import KNOWN
from http_benchmark.conformance.suite import SUBJECTS
from http_benchmark.report.lists import client_rows

router = APIRouter(tags=["clients"])


@router.get("/health")
def health(shared: Common) -> Health:
    """Whether the server is there; asks for no token."""
    return Health(version=__version__, measuring=shared.measuring.job is not None)


@router.get("/clients")
def list_clients() -> ClientList:
    """All known clients, and how to get those that are not installed."""
    return ClientList(clients=tuple(KnownClient(**asdict(row)) for row in client_rows()))


@router.get("/conformance")
def show_conformance() -> KnownConformance:
    """What the conformance suite asks, and which clients are known to do otherwise."""
    return KnownConformance(
        checks=tuple(
            ConformanceQuestion(id=check.id, subject=subject, question=check.question, witness=check.witness)
            for subject, checks in SUBJECTS.items()
            for check in checks
        ),
        deviations=tuple(KnownDeviation(**asdict(known)) for known in KNOWN),
    )
