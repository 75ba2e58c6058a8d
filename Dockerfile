# Two stages: build the wheel, then install it and nothing else. Runs as a user without rights; data lies in /data.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY evaluator evaluator
COPY rubrics rubrics
COPY providers providers
COPY api api
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
RUN useradd --system --create-home --home-dir /data touchstone
COPY constraints.txt /tmp/constraints.txt
COPY --from=build /wheels /wheels
RUN wheel="$(ls /wheels/*.whl)" \
 && python -m pip install --no-cache-dir --constraint /tmp/constraints.txt "${wheel}[postgres]" \
 && rm -r /wheels /tmp/constraints.txt
USER touchstone
WORKDIR /data
# Anybody who can reach the container's port needs an API key: docker compose exec touchstone touchstone keys create NAME
ENV TOUCHSTONE_HOST=0.0.0.0 TOUCHSTONE_PORT=8000 TOUCHSTONE_DATABASE_URL=sqlite:////data/touchstone.db
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD \
  ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/v1/ready', timeout=4)"]
ENTRYPOINT ["touchstone"]
CMD ["serve"]
