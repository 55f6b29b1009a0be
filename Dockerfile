# mirrorgen with regsync, regctl and docker-credential-ecr-login, and Terraform where it is asked for: docs/install.md.
# Other images can take the place of these two, if one has Python 3.11 or later with venv, and the other Go 1.25 or later
# in /usr/local/go.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm@sha256:ed86c82274b3c69b52fb5820f358f0bd7df0b603332063cb5c6e32bd220c3e6e
ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm@sha256:116d58cbd88c1297624acc6e967a060012422bacf9930927e23fb719189c6f36

FROM ${GO_IMAGE} AS go

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY requirements.txt ./
RUN python3 -m venv /opt/mirrorgen \
    && /opt/mirrorgen/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.txt
COPY --from=go /usr/local/go /usr/local/go
COPY . ./
# What only installs has no more to do afterwards, and would have to be kept up to date.
RUN /opt/mirrorgen/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation . \
    && PATH="/usr/local/go/bin:$PATH" GOPATH=/go GOCACHE=/go/cache MIRRORGEN_CACHE_DIR=/programs /opt/mirrorgen/bin/mirrorgen tools install \
    && /opt/mirrorgen/bin/python -m pip uninstall --yes pip setuptools
# Absent unless TERRAFORM_VERSION is given, and then what has one of the digests in TERRAFORM_SHA256, or nothing.
ARG TERRAFORM_VERSION=""
ARG TERRAFORM_SHA256=""
ARG TERRAFORM_RELEASES=https://releases.hashicorp.com/terraform
RUN test -z "$TERRAFORM_VERSION" \
    || python3 .ci/fetch_terraform.py "$TERRAFORM_RELEASES" "$TERRAFORM_VERSION" "$TERRAFORM_SHA256" /programs/bin

FROM ${PYTHON_IMAGE}
COPY --from=build /programs/bin/ /usr/local/bin/
COPY --from=build /opt/mirrorgen /opt/mirrorgen
# The credential helper would keep passwords of ECR in the home folder, which cannot be written to.
ENV PATH=/opt/mirrorgen/bin:$PATH \
    HOME=/home/mirrorgen \
    AWS_ECR_DISABLE_CACHE=true \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
# A number, so that Kubernetes sees that it is not root. It owns nothing here: what must be writable is mounted.
USER 65532:65532
ENTRYPOINT ["mirrorgen"]
