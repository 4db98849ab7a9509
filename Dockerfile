# Both stages need Python 3.11 or newer at the same path; the build stage also needs venv with pip.
# A base by digest is best: --build-arg BASE=python:3.13-slim@sha256:...
ARG BASE=python:3.13-slim
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
# Mirrors of the package index, where there is one; they do not reach the last stage.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    UV_NO_CACHE=1 \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /src
COPY requirements/uv.txt requirements/runtime.txt requirements/
RUN ["python3", "-m", "venv", "/build"]
RUN ["/build/bin/pip", "install", "--require-hashes", "-r", "requirements/uv.txt"]
RUN ["python3", "-m", "venv", "--without-pip", "/opt/openclaw-vllm"]
RUN ["/build/bin/uv", "pip", "install", "--python=/opt/openclaw-vllm/bin/python", \
     "--require-hashes", "-r", "requirements/runtime.txt"]
COPY requirements/dev.txt requirements/
COPY pyproject.toml README.md LICENSE ./
COPY operator/ operator/
# The build backend too is pinned with hashes: it is one of the development requirements.
RUN ["/build/bin/uv", "build", "--wheel", "--python=/build/bin/python", "--out-dir=/wheel", \
     "--build-constraints=requirements/dev.txt", "--require-hashes"]
RUN ["/build/bin/uv", "pip", "install", "--python=/opt/openclaw-vllm/bin/python", \
     "--no-deps", "--no-index", "--find-links=/wheel", "openclaw-vllm-operator"]

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="openclaw-vllm-operator" \
      org.opencontainers.image.description="Keeps OpenClaw's list of vLLM models right on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/openclaw-vllm /opt/openclaw-vllm
# The root file system may be read-only: nothing is written, bytecode was compiled above.
ENV PATH=/opt/openclaw-vllm/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/ \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /
USER 65532:65532
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
ENTRYPOINT ["openclaw-vllm"]
CMD ["run"]
