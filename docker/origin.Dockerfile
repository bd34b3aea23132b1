# The bundled origin, and nothing but it:
#   docker build --file docker/origin.Dockerfile --tag http-benchmark-origin .
#   docker run --rm --publish 127.0.0.1:8080:8080 http-benchmark-origin
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
RUN python -m pip install --quiet --no-cache-dir --target /opt/tools uv
COPY pyproject.toml README.md LICENSE /source/
COPY requirements /source/requirements
COPY http_benchmark /source/http_benchmark
# What http_benchmark/origin imports, in the pinned versions.
RUN python -m venv --without-pip /opt/http-benchmark \
    && export UV_NO_CACHE=1 VIRTUAL_ENV=/opt/http-benchmark UV_COMPILE_BYTECODE=1 \
    && /opt/tools/bin/uv pip install --quiet --constraint /source/requirements/dev.txt \
        backports.zstd brotli cryptography granian httptools trustme uvloop \
    && /opt/tools/bin/uv pip install --quiet --no-deps --build-constraint /source/requirements/build.txt /source

FROM ${BASE}
COPY --from=build /opt/http-benchmark /opt/http-benchmark
ENV PATH=/opt/http-benchmark/bin:$PATH
USER 10001:10001
HEALTHCHECK --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/get', timeout=3)"]
ENTRYPOINT ["python", "-m", "http_benchmark.origin.main", "--host", "0.0.0.0", "--port", "8080"]
