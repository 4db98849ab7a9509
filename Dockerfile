# Both stages need Python 3.11 or newer at the same path; the build stage also needs venv with pip.
# A base by digest is best: --build-arg BASE=python:3.13-slim@sha256:...
ARG BASE=python:3.13-slim
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
# Mirrors of the package index and a CA of one's own; none of them reaches the last stage.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
ARG PIP_CERT
ARG SSL_CERT_FILE
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    UV_NO_CACHE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /src
COPY requirements/image.txt requirements/runtime.txt requirements/
RUN ["python3", "-m", "venv", "/build"]
RUN ["/build/bin/pip", "install", "--require-hashes", "-r", "requirements/image.txt"]
RUN ["python3", "-m", "venv", "--without-pip", "/opt/openclaw-vllm"]
RUN ["/build/bin/uv", "pip", "install", "--python=/opt/openclaw-vllm/bin/python", \
     "--require-hashes", "-r", "requirements/runtime.txt"]
COPY requirements/dev.txt requirements/
COPY pyproject.toml README.md LICENSE ./
COPY operator/ operator/
# The build backend too is pinned with hashes: it is one of the development requirements.
RUN ["/build/bin/uv", "build", "--wheel", "--python=/build/bin/python", "--out-dir=/wheel", \
     "--build-constraints=requirements/dev.txt", "--require-hashes"]
# By pip, for uv writes the time of a local wheel into the environment.
RUN ["/build/bin/pip", "--python=/opt/openclaw-vllm/bin/python", "install", "--no-compile", \
     "--no-deps", "--no-index", "--find-links=/wheel", "openclaw-vllm-operator"]
# uv leaves a file behind that everybody may write.
RUN ["rm", "/opt/openclaw-vllm/.lock"]
COPY image/prune.py image/
RUN ["/opt/openclaw-vllm/bin/python", "image/prune.py"]
# Bytecode that does not depend on the time of files: the same sources give the same layer.
RUN ["/opt/openclaw-vllm/bin/python", "-m", "compileall", "-q", "-j", "0", \
     "--invalidation-mode", "unchecked-hash", "/opt/openclaw-vllm/lib"]
# What is in it: a bill of materials, and the licences, none of which may be a new kind.
RUN ["/build/bin/cyclonedx-py", "environment", "--pyproject=pyproject.toml", \
     "--output-reproducible", "--output-file=/opt/openclaw-vllm/sbom.cdx.json", \
     "/opt/openclaw-vllm/bin/python"]
RUN ["/build/bin/pip-licenses", "--python=/opt/openclaw-vllm/bin/python", "--partial-match", \
     "--allow-only=Apache;BSD;ISC;MIT;Mozilla Public License 2.0;PSF;Python Software Foundation", \
     "--format=markdown", "--with-urls", "--output-file=/opt/openclaw-vllm/licenses.md"]

FROM ${BASE}
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
# Where the sources are that it is built from; whoever publishes it says so.
ARG SOURCE=unknown
ARG DOCUMENTATION=${SOURCE}
LABEL org.opencontainers.image.title="openclaw-vllm-operator" \
      org.opencontainers.image.description="Keeps OpenClaw's list of vLLM models right on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.url="${SOURCE}" \
      org.opencontainers.image.documentation="${DOCUMENTATION}" \
      org.opencontainers.image.base.name="${BASE}"
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
