"""The process that starts a container for `container`, waits until its server answers, and removes it at the end.

It ends when its standard input does, which is when the controller ends, however that happens. Should it be killed
itself, the next one that is started on this machine removes what it left.
"""

import contextlib
import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from http_benchmark.errors import TargetError
from http_benchmark.redaction import cleared

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

OWNER_LABEL = "http-benchmark.owner"
"""Label of a container: boot of the machine, process and its start, of the process that removes it."""

_LOOK_S = 0.05
_LAST_WORDS = 3  # lines of a server that ended
_NO_LIBRARY = "containers need a library that is not installed: pip install 'http-benchmark[containers]'"


def main() -> int:
    """Run the process; return its exit code."""
    order = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the controller decides when the container goes
    try:
        with _running(order) as listening:
            _say(listening)
            sys.stdin.buffer.read()  # until the controller closes it, or is gone
    except TargetError as error:
        _say({"is": "failed", "message": str(error)})
    return 0


def owner(pid: int) -> str:
    """What tells a process from any other one, also from a later one with the same number; "" where it is gone."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        started = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""
    return f"{boot}/{pid}/{started}"


@contextlib.contextmanager
def _running(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Start the container and remove it."""
    _set_up_library()
    try:
        import docker.errors  # noqa: PLC0415 - these bring HTTP clients along, which no other process is to load
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    except ImportError as error:
        raise TargetError(_NO_LIBRARY) from error
    name = order["name"]
    try:
        container = DockerContainer(name)
    except docker.errors.DockerException as error:
        raise TargetError(
            f"no Docker engine answers ({cleared(str(error))}); start one, or aim at a server that runs already (--url)"
        ) from error
    with contextlib.closing(container.get_docker_client().client):
        _remove_orphans(container)
        labels = {OWNER_LABEL: owner(os.getpid())}
        limits = {"cpuset_cpus": order["cpus"]} if order["cpus"] else {}
        try:
            port = order["port"] or _exposed_port(container, name)
            container.with_exposed_ports(port).with_kwargs(labels=labels, **limits).start()
        except docker.errors.ImageNotFound as error:
            container.stop()
            raise TargetError(
                f"there is no image {name}, here or where it would be pulled from; build or name another"
            ) from error
        except (docker.errors.DockerException, OSError) as error:
            container.stop()
            raise TargetError(f"the engine does not start {name}: {cleared(_reason(error))}") from error
        try:
            yield _listening(container, name, port, order["wait_s"])
        finally:
            container.stop()


def _set_up_library() -> None:
    """No helper container beside ours; and straight to the server where it can be reached, not through a proxy.

    The engine forwards ports of the loopback by a process of its own, which would be measured with the server.
    """
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
    if sys.platform == "linux" and not os.environ.get("DOCKER_HOST", "unix:").startswith(("tcp:", "ssh:", "http")):
        os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "bridge_ip")


def _remove_orphans(container: "DockerContainer") -> None:
    """Remove containers whose process was killed before it could."""
    boot = owner(os.getpid()).partition("/")[0]
    for other in container.get_docker_client().client.containers.list(all=True, filters={"label": OWNER_LABEL}):
        whose = other.labels.get(OWNER_LABEL, "")
        if whose.startswith(f"{boot}/") and owner(int(whose.split("/")[1])) != whose:
            with contextlib.suppress(Exception):  # somebody else may be about to do the same
                other.remove(force=True, v=True)


def _exposed_port(container: "DockerContainer", name: str) -> int:
    client = container.get_docker_client().client
    import docker.errors  # noqa: PLC0415 - as above

    try:
        image = client.images.get(name)
    except docker.errors.ImageNotFound:
        image = client.images.pull(name)
    exposed = [
        port.partition("/")[0] for port in image.attrs["Config"].get("ExposedPorts") or {} if not port.endswith("/udp")
    ]
    if len(exposed) != 1:
        which = f"exposes {', '.join(exposed)}" if exposed else "says of no port that it listens there"
        raise TargetError(f"image {name} {which}; say which port to measure (--target-port)")
    return int(exposed[0])


def _listening(container: "DockerContainer", name: str, port: int, wait_s: float) -> dict[str, Any]:
    """Wait until something is answered, whatever it is.

    Raises:
        TargetError: The server ended, or does not answer.
    """
    wrapped = container.get_wrapped_container()
    deadline_s = time.monotonic() + wait_s
    while True:
        wrapped.reload()
        if wrapped.status not in ("created", "running", "restarting"):
            words = wrapped.logs(tail=_LAST_WORDS).decode(errors="replace").strip()
            code = wrapped.attrs["State"]["ExitCode"]
            raise TargetError(
                f"the server of image {name} ended with exit code {code}: {cleared(words) or 'without a word'}"
            )
        if wrapped.status == "running":
            host, outside = container.get_container_host_ip(), container.get_exposed_port(port)
            if _answers(host, outside):
                break
        if time.monotonic() > deadline_s:
            raise TargetError(
                f"the server of image {name} does not answer HTTP on port {port} within {wait_s:g} s; is it the right "
                "port (--target-port), or does it take longer (--target-wait)?"
            )
        time.sleep(_LOOK_S)
    return {
        "is": "listening",
        "url": f"http://{host}:{outside}",
        "image_id": wrapped.image.id,
        "pid": wrapped.attrs["State"]["Pid"] or None,
    }


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5.0)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _reason(error: Exception) -> str:
    """What the engine says, without what surrounds it."""
    return str(getattr(error, "explanation", None) or error)


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
