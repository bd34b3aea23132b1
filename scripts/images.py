"""Build the image of servers that the container tests measure: httpbin under gunicorn, nginx and haproxy, of Debian.

`python -m scripts.images` prints its name. It asks no registry of images: debootstrap puts the packages of a Debian
release into a folder, and the engine imports that. The archive of the folder is kept in the user's cache, so that only
the first time takes minutes. debootstrap needs root.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

RELEASE = "bookworm"
PACKAGES = ("ca-certificates", "gunicorn", "haproxy", "nginx-light", "python3-httpbin")
MIRROR = "http://deb.debian.org/debian"

_LEFT_OUT = ("./dev/*", "./proc/*", "./sys/*", "./usr/share/doc/*", "./usr/share/locale/*", "./var/cache/apt/*")
_BUILD_TIMEOUT_S = 900.0


def servers_image() -> str:
    """The name of the image, which is built where the engine has none.

    Raises:
        OSError: debootstrap is not there and cannot be installed, or something else went wrong.
    """
    recipe = hashlib.sha256(repr((RELEASE, PACKAGES, _LEFT_OUT)).encode()).hexdigest()[:12]
    name = f"http-benchmark-servers:{recipe}"
    if not _succeeds("docker", "image", "inspect", name):
        archive = _cache() / f"servers-{recipe}.tar"
        if not archive.exists():
            _make_archive(archive)
        _run("docker", "import", "--change", "EXPOSE 8080", "--change", f"CMD {_HTTPBIN}", str(archive), name)
    return name


_HTTPBIN = '["gunicorn", "--bind", "0.0.0.0:8080", "--threads", "4", "--keep-alive", "30", "httpbin:app"]'


def _cache() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "http-benchmark", "images")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _make_archive(archive: Path) -> None:
    """Write it beside its place first, so that an interrupted build leaves nothing that passes for one."""
    if not shutil.which("debootstrap"):
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-qq", "-y", "debootstrap")
    with tempfile.TemporaryDirectory(dir=archive.parent) as work:
        root, unfinished = Path(work, "root"), Path(work, "archive.tar")
        _run("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", RELEASE, str(root), MIRROR)
        left_out = [f"--exclude={pattern}" for pattern in _LEFT_OUT]
        _run("tar", "--create", f"--file={unfinished}", f"--directory={root}", *left_out, ".")
        unfinished.rename(archive)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - words of our own


def _run(*command: str) -> None:
    done = subprocess.run(  # noqa: S603 - as above
        command, capture_output=True, text=True, errors="replace", timeout=_BUILD_TIMEOUT_S, check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise OSError(f"{' '.join(command[:2])} failed with exit code {done.returncode}: {' / '.join(last)}")


if __name__ == "__main__":
    sys.stdout.write(f"{servers_image()}\n")
