"""What is aimed at: the bundled origin, which is also the witness, any URL, or a server in a container."""

from collections.abc import Callable, Sequence

from http_benchmark.models.image import Image
from http_benchmark.origin.options import OriginOptions
from http_benchmark.targets.base import OpenTarget
from http_benchmark.targets.bundled import DEFAULT_PATH, BundledTarget
from http_benchmark.targets.container import ContainerTarget
from http_benchmark.targets.foreign import NO_TARGET, UrlTarget

__all__ = [
    "DEFAULT_PATH",
    "NO_TARGET",
    "BundledTarget",
    "ContainerTarget",
    "OpenTarget",
    "UrlTarget",
    "open_target",
    "unheard",
]


def unheard(_: str) -> None:
    """Where nobody listens to what is said of a target."""


def open_target(
    url: str | None,
    cpus: Sequence[int],
    options: OriginOptions,
    *,
    shown_url: str | None = None,
    image: Image | None = None,
    say: Callable[[str], None] = unheard,
) -> OpenTarget:
    """Open what a configuration names: None or a path for the bundled origin or a container, else that URL.

    Args:
        url: As configured.
        cpus: Processors to run the bundled origin or the container on; empty for any.
        options: What kind of server the bundled origin is.
        shown_url: What may be stored and shown of the URL; None for all of it.
        image: What to start a container of; None for none.
        say: Is told what takes long, such as an image that is pulled.

    Raises:
        TargetError: The bundled origin or the container could not be started.
    """
    if image is not None:
        path = url or "/"
        return ContainerTarget(image, path, shown_url or path, cpus, say=say)
    url = DEFAULT_PATH if url is None else url
    return (
        BundledTarget(url, shown_url or url, cpus, options) if url.startswith("/") else UrlTarget(url, shown_url, cpus)
    )
