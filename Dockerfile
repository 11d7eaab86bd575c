# One image; the API and the worker are two commands of it:
#   docker run … frontdoor                 (serve)
#   docker run … frontdoor worker
# It writes only to /var/lib/frontdoor and /tmp, so the rest may be mounted read-only.
# scripts/prove_image.py performs these steps without a container engine; see docs/image.md.

ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python -m venv --without-pip /app
COPY requirements.txt ./
RUN python -m pip --python /app/bin/python install --require-hashes --no-deps --only-binary :all: -r requirements.txt \
 && python -m pip --python /app/bin/python check
COPY pyproject.toml README.md LICENSE ./
COPY service ./service
COPY api ./api
COPY workers ./workers
COPY frontdoor ./frontdoor
RUN python -m pip --python /app/bin/python install --no-deps --no-index --no-build-isolation .
# The build backend was needed once; what it alone needed goes with it.
RUN python -m pip --python /app/bin/python uninstall --yes hatchling packaging pathspec pluggy tomlkit trove-classifiers \
 && python -m compileall -q -j 0 /app/lib \
 && /app/bin/python -c "import api, frontdoor, service, workers"

FROM ${BASE}
ARG VERSION=0.4.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Front Door" \
      org.opencontainers.image.description="The children's services front door (MASH) as one REST service" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# No installer in what runs, and an account that owns nothing but its data.
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip \
 && groupadd --gid 10001 frontdoor \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin frontdoor \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/frontdoor
COPY --from=build /app /app
ENV PATH=/app/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/frontdoor
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["frontdoor"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
