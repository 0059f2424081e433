# One container, one plant. `docker compose -f docker/compose.yaml up` shows how it is meant to run.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements/build.txt requirements/build.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml LICENSE README.m[d] ./
COPY simulator simulator
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist .

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY requirements/run.txt /tmp/run.txt
RUN pip install --no-cache-dir --require-hashes -r /tmp/run.txt && rm /tmp/run.txt
COPY --from=build /dist /tmp/dist
RUN pip install --no-cache-dir --no-deps /tmp/dist/*.whl && rm -r /tmp/dist \
    && useradd --system --create-home --home-dir /stagefloor --uid 10001 stagefloor

USER stagefloor
WORKDIR /stagefloor
COPY payloads payloads
COPY scenarios scenarios

EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/control/health', timeout=2)"]
ENTRYPOINT ["stagefloor"]
CMD ["serve"]
