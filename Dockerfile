# assay in a container: built from this checkout, run without a network and without rights.
#
#   docker build -t assay .
#   docker run --rm --network none --read-only --tmpfs /tmp -v "$PWD/model:/model:ro" assay audit /model
FROM python:3.12-slim AS build
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN pip wheel --quiet --wheel-dir /wheels /src/native && pip wheel --quiet --find-links /wheels --wheel-dir /wheels "/src[hub,sign]"

FROM python:3.12-slim
RUN --mount=from=build,source=/wheels,target=/wheels \
    pip install --quiet --no-cache-dir --no-index --find-links /wheels "openassay[hub,sign]"
RUN useradd --create-home --uid 10001 assay
# by number: what runs containers (Kubernetes: runAsNonRoot) cannot tell from a name that it is not root
USER 10001
WORKDIR /home/assay
ENTRYPOINT ["assay"]
CMD ["--help"]
