"""What ten well-known images have upstream: excerpts of their tag lists, with everything that may lead astray."""

from __future__ import annotations

_WRITTEN = {
    "docker.io/library/nginx": """
        1 1-alpine 1.25 1.25-alpine 1.25.5 1.25.5-alpine 1.25.5-alpine3.19 1.25.5-bookworm 1.26 1.26.0 1.26.3
        1.26.3-alpine 1.26.3-alpine-slim 1.26.3-perl 1.27 1.27-alpine 1.27.1 1.27.1-alpine 1.27.1-alpine3.20 1.27.5
        1.27.5-alpine 1.27.5-alpine3.20 1.27.5-alpine3.21 1.27.5-bookworm 1.28 1.28-alpine 1.28.0 1.28.0-alpine
        1.28.0-alpine3.21 1.28.0-bookworm 1.29 1.29.0-rc.1 1.29.0-rc.1-alpine alpine latest mainline stable
        stable-alpine
    """,
    "docker.io/library/postgres": """
        14 14.5 14.18 14.18-alpine 15 15.4 15.4-alpine 15.13 15.13-alpine 15.13-alpine3.22 16 16.1 16.1-bookworm
        16.9 16.9-alpine 16.9-bookworm 17 17.0 17.5 17.5-alpine 17beta1 18beta1 18beta1-alpine 18-beta1 18 18.0
        alpine latest
    """,
    "docker.io/library/redis": """
        6 6.2 6.2.6 6.2.18 6.2.18-alpine 7 7.0 7.0.15 7.2 7.2.4 7.2.4-alpine 7.2.9 7.2.9-alpine 7.2.9-alpine3.21 7.4
        7.4.4 7.4.4-alpine 8.0 8.0-rc1 8.0-rc1-alpine 8.0.2 8.0.2-alpine 8.0.2-bookworm 8.2-rc1 alpine latest
    """,
    "docker.io/library/python": """
        3 3.11 3.11-slim 3.11.9 3.11.9-slim 3.11.9-slim-bookworm 3.11.13-slim-bookworm 3.12 3.12-slim 3.12.3-slim
        3.12.3-slim-bookworm 3.12.11-slim 3.12.11-slim-bookworm 3.12.11-slim-trixie 3.13 3.13-slim 3.13.0rc2-slim
        3.13.5-slim 3.13.5-slim-bookworm 3.13.5-windowsservercore 3.14-rc 3.14-rc-slim 3.14.0b4-slim 3.14.0a1 slim
        latest
    """,
    "docker.io/library/alpine": """
        3 3.9 3.18 3.18.4 3.18.12 3.19 3.19.7 3.20 3.20.0_rc1 3.20.6 3.22 3.22.0 20230901 20240329 20240606 20240807
        20250108 edge latest
    """,
    "docker.io/library/node": """
        18 18-alpine 18.19.0 18.20.8 18.20.8-alpine3.21 20 20-alpine 20.11.0-alpine 20.11.0-alpine3.19
        20.19.3-alpine 20.19.3-alpine3.19 20.19.3-alpine3.22 20.19.3-bookworm-slim 22 22-alpine 22.17.0-alpine
        22.17.0-bookworm-slim 24 24-alpine 24.3.0-alpine current-alpine iron-alpine lts lts-alpine latest
    """,
    "quay.io/prometheus/prometheus": """
        main latest v2.9.2 v2.45.0 v2.45.6 v2.47.0 v2.47.2 v2.48.0-rc.2 v2.48.0 v2.48.1 v2.53.4 v2.54.0-rc.1 v2.55.1
        v3.0.0-beta.1 v3.0.0-rc.0 v3.0.0 v3.4.1 v3.5.0-rc.0 v3.5.0-rc.0-distroless sha256-0a1b
    """,
    "docker.io/grafana/grafana": """
        9.5.21 10.2.3 10.2.3-ubuntu 10.4.19 10.4.19-ubuntu 11.0.0 11.0.0-preview 11.6.3 11.6.3-ubuntu
        12.0.0-86693.patch3-86925 12.0.2 12.0.2-security-01 12.1.0-89665 main main-ubuntu nightly latest
        latest-ubuntu
    """,
    "docker.io/library/eclipse-temurin": """
        8-jre 8u412-b08-jre 11-jre 17-jre 17.0.10_7-jre 17.0.11_9-jre 17.0.11_9-jre-alpine 17.0.15_6-jre
        17.0.15_6-jre-alpine 17.0.8.1_1-jre 21-jre 21_35-jre 21.0.2_13-jre 21.0.3_9-jre 21.0.7_6-jre
        21.0.7_6-jdk-noble 24-jre 24.0.1_9-jre latest
    """,
    "docker.io/library/ubuntu": """
        20.04 22.04 23.10 24.04 24.10 25.04 bionic jammy jammy-20240427 jammy-20250530 noble noble-20240605
        noble-20250529 plucky-20250529 rolling devel latest
    """,
}

EXCERPTS = {source: tuple(tags.split()) for source, tags in _WRITTEN.items()}
