# The command with every client that comes as a wheel; by default the dashboard, with a token:
#   docker build --file docker/tool.Dockerfile --tag http-benchmark .
#   docker run --rm --env HTTP_BENCHMARK_TOKEN --publish 127.0.0.1:8000:8000 http-benchmark
#   docker run --rm --no-healthcheck http-benchmark run httpx aiohttp --quick
ARG BASE=python:3.12-slim

FROM ${BASE} AS build
RUN python -m pip install --quiet --no-cache-dir --target /opt/tools uv
COPY pyproject.toml README.md LICENSE /source/
COPY requirements /source/requirements
COPY http_benchmark /source/http_benchmark
RUN python -m venv --without-pip /opt/http-benchmark \
    && export UV_NO_CACHE=1 VIRTUAL_ENV=/opt/http-benchmark UV_COMPILE_BYTECODE=1 \
    && /opt/tools/bin/uv pip install --quiet --constraint /source/requirements/dev.txt \
        --build-constraint /source/requirements/build.txt /source

FROM ${BASE}
COPY --from=build /opt/http-benchmark /opt/http-benchmark
RUN mkdir /results && chown 10001:10001 /results
ENV PATH=/opt/http-benchmark/bin:$PATH HOME=/results
WORKDIR /results
USER 10001:10001
HEALTHCHECK --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/api/v1/health', timeout=3)"]
ENTRYPOINT ["http-benchmark"]
CMD ["serve", "--host", "0.0.0.0"]
