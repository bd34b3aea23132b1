"""Build the images that the container tests start from, without a registry of images.

`python -m scripts.images` prints the name of the one with the servers that are measured: httpbin under gunicorn, nginx
and haproxy, of Debian. debootstrap puts the packages of a release into a folder, and the engine imports that. The
folder's archive is kept in the user's cache, so that only the first time takes minutes. debootstrap needs root.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

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


def base_image(name: str) -> None:
    """Build what stands in for python:3.12-slim under the Dockerfiles, where that cannot be had.

    It is the image of servers with the Python that runs this and, in place of PyPI, a folder of the pinned wheels of
    what the package and its build require; pip and uv ask nobody else in it.

    Args:
        name: What to call it.

    Raises:
        OSError: Something went wrong.
    """
    with tempfile.TemporaryDirectory(dir=_cache()) as work:
        context = Path(work, "context")
        seeded = Path(work, "seeded")
        _run(find_uv_bin(), "venv", "--no-project", "--seed", "--python", sys.executable, str(seeded))
        shutil.copytree(_wheels(seeded), context / "wheels")
        _copy_python(seeded, context / "python")
        for file, text in _BASE_FILES.items():
            (context / file).write_text(text, encoding="utf-8")
        base = f"BASE={servers_image()}"
        _run("docker", "build", "--force-rm", "--build-arg", base, "--tag", name, str(context))


_BASE_FILES = {
    "Dockerfile": "ARG BASE\nFROM ${BASE}\nCOPY python /usr/local\nCOPY wheels /wheels\nCOPY pip.conf /etc/pip.conf\n"
    "COPY uv.toml /etc/uv/uv.toml\nRUN ldconfig\n",
    "pip.conf": "[global]\nno-index = true\nfind-links = /wheels\n",
    "uv.toml": 'no-index = true\nfind-links = ["/wheels"]\n',
}
_NOT_IN_A_BASE = ("test", "idlelib", "turtledemo", "site-packages", "config-*", "__pycache__", "*.a")


def _copy_python(seeded: Path, target: Path) -> None:
    """What a Python needs to run elsewhere, with the pip of an environment of it."""
    version = f"python3.{sys.version_info.minor}"
    left_out = shutil.ignore_patterns(*_NOT_IN_A_BASE)
    shutil.copytree(Path(sys.base_prefix, "lib", version), target / "lib" / version, symlinks=True, ignore=left_out)
    for library in Path(sys.base_prefix, "lib").glob("libpython3*.so*"):
        shutil.copy(library, target / "lib", follow_symlinks=False)
    for found in (seeded / "lib" / version / "site-packages").glob("pip*"):
        shutil.copytree(found, target / "lib" / version / "site-packages" / found.name)
    (target / "bin").mkdir()
    shutil.copy(Path(sys.base_prefix, "bin", version), target / "bin")
    for name in ("python", "python3"):
        (target / "bin" / name).symlink_to(version)


def _wheels(seeded: Path) -> Path:
    """The folder of wheels, which is kept for as long as the pins are the same."""
    root = Path(__file__).parents[1]
    pins, build = seeded / "pins.txt", root / "requirements" / "build.txt"
    names = (str(root / "pyproject.toml"), "--constraint", str(root / "requirements" / "dev.txt"))
    python = ("--python-version", f"3.{sys.version_info.minor}")
    _run(
        find_uv_bin(),
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--no-annotate",
        "--generate-hashes",
        *python,
        *names,
        "--output-file",
        str(pins),
    )
    digest = hashlib.sha256(pins.read_bytes() + build.read_bytes()).hexdigest()[:12]
    folder = _cache() / f"wheels-{digest}"
    if not folder.exists():
        for other in _cache().glob("wheels-*"):
            shutil.rmtree(other)
        unfinished = seeded / "wheels"
        what = ("--requirement", str(pins), "--requirement", str(build), "--wheel-dir", str(unfinished))
        _run(str(seeded / "bin" / "python"), "-m", "pip", "wheel", "--quiet", "--no-deps", "--require-hashes", *what)
        unfinished.rename(folder)
    return folder


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
