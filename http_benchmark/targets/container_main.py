"""The process that starts a container for `container`, waits until its server answers, and removes it at the end.

It ends when its standard input does, which is when the controller ends, however that happens. Should it be killed
itself, the next one that is started on this machine removes what it left.
"""

import contextlib
import http.client
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from http_benchmark.errors import TargetError
from http_benchmark.redaction import cleared

if TYPE_CHECKING:
    from docker.client import DockerClient
    from docker.models.containers import Container
    from docker.models.images import Image
    from testcontainers.core.container import DockerContainer

OWNER_LABEL = "http-benchmark.owner"
"""Label of a container: boot of the machine, process and its start, of the process that removes it."""

_LOOK_S = 0.05
_TELL_S = 10.0  # between two words of how far an image has come
_LAST_WORDS = 3  # lines of a server that ended
_LOOPBACK = "127.0.0.1"
_NO_LIBRARY = "containers need a library that is not installed: pip install 'http-benchmark[containers]'"

_may_end_at_once = threading.Lock()
"""Taken for good as soon as there may be a container to remove; from then on the process ends in order."""


def main() -> int:
    """Run the process; return its exit code."""
    order = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the controller decides when the container goes
    threading.Thread(target=_end_with_the_controller, daemon=True).start()
    try:
        with _running(order) as (container, listening):
            _say(listening)
            for _ in sys.stdin.buffer:  # each line asks for it, until the controller closes it, or is gone
                _require_running(container, order["name"])
                _say({"is": "running"})
    except TargetError as error:
        _say({"is": "failed", "message": str(error)})
    return 0


def owner(pid: int) -> str:
    """What tells a process from any other one, also from a later one with the same number; "" where it is gone.

    One that ended is gone, though nobody may have taken note of it yet (a zombie).
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        state, *facts = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return ""
    return "" if state in "ZX" else f"{boot}/{pid}/{facts[18]}"


def _is_over(within_s: float | None) -> bool:
    """Whether the controller, which has asked nothing yet, closed the standard input, or is gone; None waits for it."""
    return bool(select.select([sys.stdin], [], [], within_s)[0])


def _end_with_the_controller() -> None:
    """Whatever is under way, such as an image that is pulled, until there may be a container to remove."""
    _is_over(None)
    with _may_end_at_once:
        os._exit(0)


@contextlib.contextmanager
def _running(order: dict[str, Any]) -> Iterator[tuple["DockerContainer", dict[str, Any]]]:
    """Start the container and remove it; yields also where it listens."""
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"  # no helper container beside ours
    try:
        import docker.errors  # noqa: PLC0415 - these bring HTTP clients along, which no other process is to load
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415
    except ImportError as error:
        raise TargetError(_NO_LIBRARY) from error
    name = order["name"]
    try:
        container = DockerContainer(name)
    except docker.errors.DockerException as error:
        raise TargetError(_no_engine(error)) from error
    engine = container.get_docker_client().client
    with contextlib.closing(engine):
        try:
            _remove_orphans(engine)
            image = _image(engine, container.image)
            port = order["port"] or _exposed_port(image, name)
            limits = _reach(container, port, order["cpus"])
        except docker.errors.ImageNotFound as error:
            raise TargetError(
                f"there is no image {name}, here or where it would be pulled from; build or name another"
            ) from error
        except (docker.errors.DockerException, OSError) as error:
            raise TargetError(f"the engine cannot provide image {name}: {cleared(_reason(error))}") from error
        _may_end_at_once.acquire()
        try:
            try:
                container.with_kwargs(labels={OWNER_LABEL: owner(os.getpid())}, **limits).start()
                listening = _listening(container, name, port, order["wait_s"])
            except (docker.errors.DockerException, OSError) as error:
                raise TargetError(f"the engine does not start {name}: {cleared(_reason(error))}") from error
            yield container, listening
        finally:
            with contextlib.suppress(docker.errors.NotFound):  # somebody else removed it
                container.stop()


def _no_engine(error: Exception) -> str:
    """In words, with what the system said at the bottom of it."""
    from testcontainers.core.docker_client import get_docker_host  # noqa: PLC0415 - as above

    found: BaseException = error
    while cause := found.__cause__ or found.__context__:
        found = cause
    why = getattr(found, "strerror", None) or str(error)
    may_not = "have its owner let you use it, or" if isinstance(found, PermissionError) else "start one, or"
    where = f" at {host}" if (host := get_docker_host()) else ""
    return cleared(f"no Docker engine answers{where} ({why}); {may_not} aim at a server that runs already (--url)")


def _remove_orphans(engine: "DockerClient") -> None:
    """Remove containers whose process was killed before it could."""
    boot = owner(os.getpid()).partition("/")[0]
    for other in engine.containers.list(all=True, filters={"label": OWNER_LABEL}, ignore_removed=True):
        whose = other.labels.get(OWNER_LABEL, "")
        if whose.startswith(f"{boot}/") and owner(int(whose.split("/")[1])) != whose:
            with contextlib.suppress(Exception):  # somebody else may be about to do the same
                other.remove(force=True, v=True)


def _image(engine: "DockerClient", name: str) -> "Image":
    """The image, which is pulled where the engine does not have it."""
    import docker.errors  # noqa: PLC0415 - as above

    try:
        return engine.images.get(name)
    except docker.errors.ImageNotFound:
        _pull(engine, name)
        return engine.images.get(name)


def _pull(engine: "DockerClient", name: str) -> None:
    """Pull an image, and tell at times how far that has come."""
    from docker.utils import parse_repository_tag  # noqa: PLC0415 - as above

    repository, tag = parse_repository_tag(name)
    layers: dict[str, tuple[int, int]] = {}
    told_s = -_TELL_S
    for event in engine.api.pull(repository, tag=tag or "latest", stream=True, decode=True):
        if "error" in event:
            raise TargetError(f"image {name} cannot be pulled: {cleared(event['error'])}")
        detail = event.get("progressDetail") or {}
        if event.get("status") == "Downloading" and "total" in detail:
            layers[event["id"]] = (detail["current"], detail["total"])
        if time.monotonic() - told_s >= _TELL_S:
            told_s = time.monotonic()
            _say({"is": "pulling", "message": f"pulling {name}{_so_far(layers)}"})


def _so_far(layers: dict[str, tuple[int, int]]) -> str:
    """Of the layers whose download has begun; others wait, and nobody says how large they are."""
    if not layers:
        return ""
    here, all_of_it = (sum(sizes) / 1e6 for sizes in zip(*layers.values(), strict=True))
    return f": {here:.0f} MB of {all_of_it:.0f} MB that were begun"


def _exposed_port(image: "Image", name: str) -> int:
    exposed = [
        port.partition("/")[0] for port in image.attrs["Config"].get("ExposedPorts") or {} if not port.endswith("/udp")
    ]
    if len(exposed) != 1:
        which = f"exposes {', '.join(exposed)}" if exposed else "says of no port that it listens there"
        raise TargetError(f"image {name} {which}; say which port to measure (--target-port)")
    return int(exposed[0])


def _reach(container: "DockerContainer", port: int, cpus: str) -> dict[str, str]:
    """Decide by which address the server is reached, and return on which processors it runs.

    Three cases: A container of this machine's kernel and network is reached by its own address, and has the processors
    that it is to have. Behind a local engine that hides its network (rootless, or in a virtual machine) its port is
    published on the loopback; behind another machine's engine, on that machine. The engine forwards published ports by
    a process of its own, which is measured with the server.
    """
    from testcontainers.core.config import ConnectionMode, testcontainers_config  # noqa: PLC0415 - as above
    from testcontainers.core.docker_client import get_docker_host  # noqa: PLC0415

    host = get_docker_host() or "unix:"
    if not host.startswith(("unix:", "http+unix:", "npipe:")):
        testcontainers_config.connection_mode_override = ConnectionMode.docker_host
        container.with_exposed_ports(port)
        return {}
    if sys.platform != "linux" or _hides_its_network(container.get_docker_client().client.info()):
        testcontainers_config.connection_mode_override = ConnectionMode.docker_host
        testcontainers_config.tc_host_override = _LOOPBACK
        container.ports[str(port)] = (_LOOPBACK,)  # type: ignore[assignment] # of the addresses only its types know none
        return {}
    testcontainers_config.connection_mode_override = ConnectionMode.bridge_ip
    return {"cpuset_cpus": cpus} if cpus else {}


def _hides_its_network(engine: dict[str, Any]) -> bool:
    """Whether an engine says of itself that it is rootless, or in a virtual machine."""
    return engine.get("OperatingSystem") == "Docker Desktop" or any(
        "name=rootless" in option for option in engine.get("SecurityOptions") or ()
    )


def _listening(container: "DockerContainer", name: str, port: int, wait_s: float) -> dict[str, Any]:
    """Wait until something is answered, whatever it is.

    Raises:
        TargetError: The server ended, or does not answer, or nobody waits for it any more.
    """
    wrapped = container.get_wrapped_container()
    deadline_s = time.monotonic() + wait_s
    while True:
        _require_running(container, name)
        if wrapped.status == "running":
            host, outside = container.get_container_host_ip(), container.get_exposed_port(port)
            if _answers(host, outside):
                break
        if time.monotonic() > deadline_s:
            raise TargetError(
                f"the server of image {name} does not answer HTTP on port {port} within {wait_s:g} s; is it the right "
                "port (--target-port), or does it take longer (--target-wait)?"
            )
        if _is_over(_LOOK_S):
            raise TargetError("the controller has ended")
    return {
        "is": "listening",
        "url": f"http://{host}:{outside}",
        "image_id": wrapped.image.id,
        "pid": _pid(wrapped),
    }


def _require_running(container: "DockerContainer", name: str) -> None:
    """Look at it anew.

    Raises:
        TargetError: The server ended, or the container is gone.
    """
    import docker.errors  # noqa: PLC0415 - as above

    wrapped = container.get_wrapped_container()
    try:
        wrapped.reload()
        if wrapped.status in ("created", "running", "restarting"):
            return
        words = wrapped.logs(tail=_LAST_WORDS).decode(errors="replace").strip()
    except docker.errors.NotFound as error:
        raise TargetError(f"the container of image {name} was removed by somebody else") from error
    except (docker.errors.DockerException, OSError) as error:
        raise TargetError(f"the engine does not tell how image {name} does: {cleared(_reason(error))}") from error
    code = wrapped.attrs["State"]["ExitCode"]
    raise TargetError(f"the server of image {name} ended with exit code {code}: {cleared(words) or 'without a word'}")


def _pid(container: "Container") -> int | None:
    """The server's process; None where the engine counts the processes of another machine or another container."""
    pid = container.attrs["State"]["Pid"]
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return pid if container.id in groups else None


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
