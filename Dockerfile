FROM python:3.13-slim AS build
WORKDIR /srv/icras
COPY requirements.lock requirements-installer.lock ./
RUN python -m venv /srv/venv \
    && /srv/venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements-installer.lock \
    && /srv/venv/bin/uv pip install --no-cache --python /srv/venv/bin/python --compile-bytecode --require-hashes --no-deps -r requirements.lock
COPY . .
# Static files do not depend on the deployment's settings, so they are gathered here with those of a try-out.
RUN ICRAS_MODE=demo DATABASE_URL=postgresql://build@/none ICRAS_HOME=/tmp/build ICRAS_STATIC_ROOT=/srv/static \
    /srv/venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /srv/icras icras
COPY --from=build /srv/venv /srv/venv
COPY --from=build /srv/static /srv/static
COPY --from=build /srv/icras /srv/icras
RUN install --directory --owner icras /srv/icras/var /srv/icras/files
WORKDIR /srv/icras
USER icras
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ICRAS_STATIC_ROOT=/srv/static
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "icras.wsgi:application"]
