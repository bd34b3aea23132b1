#!/bin/sh
# Make .venv with everything that the project uses. Needs Python 3 and make; gets uv from PyPI where there is none.
set -eu
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

as_root() { # run a command as root, directly or by sudo
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

if command -v uv >/dev/null 2>&1; then
    uv=uv
elif [ -x .tools/bin/uv ]; then
    uv=.tools/bin/uv
else
    say "getting uv from PyPI into .tools"
    if ! python3 -m pip --version >/dev/null 2>&1 && ! python3 -m ensurepip --user >/dev/null 2>&1; then
        command -v apt-get >/dev/null 2>&1 || { say "python3 has no pip: install pip or uv, then try again"; exit 1; }
        say "python3 has no pip: installing Debian's"
        as_root apt-get update -qq
        as_root apt-get install -qq -y python3-pip >/dev/null
    fi
    python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore --target .tools uv
    uv=.tools/bin/uv
fi

say "making .venv with Python $(cat .python-version)"
$uv venv --quiet --allow-existing .venv
$uv pip install --quiet --python .venv --require-hashes -r requirements/dev.txt -r requirements/build.txt
$uv pip install --quiet --python .venv --no-deps --no-build-isolation --editable .

if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && ! command -v postgres >/dev/null 2>&1; then
    say "no PostgreSQL, so the tests that need a server are skipped; on Debian: apt-get install postgresql"
fi

if command -v cargo >/dev/null 2>&1; then
    say "building requestx with $(cargo --version); some minutes the first time, from uv's cache later"
    $uv pip install --quiet --python .venv --require-hashes --no-build-isolation -r requirements/requestx.txt ||
        say "requestx could not be built; every command says so and goes on without it"
else
    say "no Rust toolchain, so requestx is left out; to add it: install Rust (https://rustup.rs), then"
    say "    rm .venv/.done && make setup"
fi
