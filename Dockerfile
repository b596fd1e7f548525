# Pinned by tag. For builds that repeat to the byte, pin by digest: `docker buildx imagetools inspect` says it.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.lock /app/
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: -r /app/requirements.lock
COPY bot /app/bot
COPY handlers /app/handlers
COPY locales /app/locales
COPY campaigns.toml LICENSE /app/
# The catalogues and the bytecode are made here, since nothing can be written where it runs.
RUN /opt/venv/bin/pybabel --quiet compile -D entraide -d /app/locales \
 && /opt/venv/bin/python -m compileall -q /app/bot /app/handlers

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 entraide \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin entraide \
 && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8080 \
    LOG_FORMAT=json \
    DATABASE_URL=sqlite:////data/entraide.db
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "bot.healthcheck"]
CMD ["python", "-m", "bot", "run"]
