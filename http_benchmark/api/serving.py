"""The server's process: listens, measures, and ends in order, so that it leaves nothing behind.

What it serves must not disturb what it measures. So the thread that answers runs at the lowest priority and on the
processors of the origin, while the thread that starts the measurements keeps what the process had (Linux knows both by
thread).
"""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType

import uvicorn

from http_benchmark.api.app import create_app, shared_of
from http_benchmark.api.connection import Connection
from http_benchmark.api.settings import ServerSettings
from http_benchmark.api.shared import Shared
from http_benchmark.errors import ConfigurationError
from http_benchmark.lifeline import ending_signals, pin
from http_benchmark.planning import share_processors
from http_benchmark.utils.host import available_cpus

_BACKLOG = 128
_LOWEST_PRIORITY = 19
_ANSWERS_PATIENCE_S = 5  # for those under way, at the end


def serve(settings: ServerSettings, port: int, *, on_listening: Callable[[str], None]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP.

    Args:
        settings: Of the server.
        port: Port to listen on; 0 for a free one.
        on_listening: Told the URL once connections are accepted.

    Raises:
        ConfigurationError: The address cannot be listened on.
        StorageError: The database cannot be opened.
    """
    with _listen(settings.host, port) as listener:
        app = create_app(settings)
        shared = shared_of(app)
        config = uvicorn.Config(
            app,
            http=Connection,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=_ANSWERS_PATIENCE_S,
        )
        with closing(shared):
            shared.measuring.start()
            try:
                _give_way()
                url = _url_of(settings.host, listener)
                _Server(config, shared, lambda: on_listening(url)).run(sockets=[listener])
            except KeyboardInterrupt:
                pass  # is how it ends
            finally:
                shared.feed.close()
                shared.measuring.stop()


class _Server(uvicorn.Server):
    """Says when it can be told to end, a terminal that is gone included; has streams of events end as soon as it is."""

    def __init__(self, config: uvicorn.Config, shared: Shared, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._shared = shared
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for number in ending_signals():
            signal.signal(number, self.handle_exit)
        self._on_listening()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._shared.feed.close()


def _listen(host: str, port: int) -> socket.socket:
    """A socket on which connections wait.

    Raises:
        ConfigurationError: The address is none, or taken.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]  # Python repeats the address
        raise ConfigurationError(
            f"cannot listen on {host}:{port} ({reason}); choose another with --host or --port, 0 for a free one"
        ) from None


def _url_of(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}/"


def _give_way() -> None:
    """Answer only when nothing else is to be done; for this thread and those that it starts."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, _LOWEST_PRIORITY)
    pin(share_processors(available_cpus())[0])
