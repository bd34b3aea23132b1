"""A registry of images with a single one, on the loopback, for tests of pulling; nothing in it can be run."""

import gzip
import hashlib
import io
import json
import os
import platform
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "one-layer"
_TYPES = "application/vnd.docker"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@contextmanager
def registry(*, layer_comes: bool) -> Iterator[str]:
    """Serve an image; yields its name, as an engine on this machine pulls it.

    Args:
        layer_comes: Whether its only layer is sent to its end; otherwise it stops in the middle.
    """
    blobs, manifest = _image()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.answer()

        def do_GET(self):
            body = self.answer()
            whole = layer_comes or len(body) < 10_000
            self.wfile.write(body if whole else body[: len(body) // 2])
            self.wfile.flush()
            if not whole:
                over.wait()
                self.close_connection = True

        def answer(self) -> bytes:
            last = self.path.rpartition("/")[2]
            if self.path == "/v2/":
                return self.head(b"{}", "application/json")
            if last in blobs:
                return self.head(blobs[last], "application/octet-stream")
            return self.head(manifest, f"{_TYPES}.distribution.manifest.v2+json")

        def head(self, body: bytes, kind: str) -> bytes:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Docker-Content-Digest", digest(body))
            self.end_headers()
            return body

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}/{NAME}"
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _image() -> tuple[dict[str, bytes], bytes]:
    """Its blobs by their digests, and its manifest."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        file = tarfile.TarInfo("file")
        file.size = 100_000
        archive.addfile(file, io.BytesIO(os.urandom(file.size)))
    layer = gzip.compress(packed.getvalue())
    configuration = json.dumps(
        {
            "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "config": {"Cmd": ["/nothing"], "ExposedPorts": {"8080/tcp": {}}},
            "rootfs": {"type": "layers", "diff_ids": [digest(packed.getvalue())]},
        }
    ).encode()
    kinds = ((configuration, "container.image.v1+json"), (layer, "image.rootfs.diff.tar.gzip"))
    first, second = (
        {"mediaType": f"{_TYPES}.{kind}", "size": len(data), "digest": digest(data)} for data, kind in kinds
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPES}.distribution.manifest.v2+json",
        "config": first,
        "layers": [second],
    }
    return {digest(configuration): configuration, digest(layer): layer}, json.dumps(manifest).encode()
