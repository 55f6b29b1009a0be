"""`creds` of regsync.yaml: how registries are reached is kept, and nothing of a secret."""

from __future__ import annotations

import pytest

from mirrorgen.model.credentials import Credentials
from tests.readers.dialects import noted
from tests.readers.regsync_steps import read, step

CREDS = """
    creds:
      - registry: docker.io
        user: '{{env "DOCKER_USER"}}'
        pass: '{{ env "DOCKER_TOKEN" }}'
        hostname: proxy.example.com:8443
        tls: insecure
        pathPrefix: /hub/
        reqPerSec: 2.5
        reqConcurrent: 5
        repoAuth: true
      - registry: http://h.example:5000
    sync:
      - {source: nginx, target: h.example:5000/nginx, type: image}
"""


def test_how_registries_are_reached_is_kept_and_credentials_as_names_of_variables() -> None:
    found = read(CREDS)
    hub = found.registries["docker.io"]
    assert (hub.hostname, hub.tls, hub.path_prefix) == ("proxy.example.com:8443", "insecure", "hub")
    assert (hub.requests_per_second, hub.concurrent_requests) == (2.5, 5)
    assert found.credentials == {"docker.io": Credentials("DOCKER_USER", "DOCKER_TOKEN")}
    assert found.registries["h.example:5000"].tls == "disabled"
    assert noted(found) == ["11 creds[0].repoAuth: whether a login is for one repository is not for a list to say"]
    assert not found.refused


@pytest.mark.parametrize(
    ("creds", "reason"),
    [
        (
            "user: '{{env \"U\"}}', pass: hunter2",
            "the password is not the name of a variable, and a list holds nothing else",
        ),
        (
            "user: hunter2, pass: '{{env \"P\"}}'",
            "the user name is not the name of a variable, and a list holds nothing else",
        ),
        (
            "user: '{{env \"U\"}}', pass: 'x{{env \"P\"}}hunter2'",
            "the password is not the name of a variable, and a list holds nothing else",
        ),
        (
            "user: '{{env \"U\"}}', pass: '{{file \"/run/hunter2\"}}'",
            "the password is not the name of a variable, and a list holds nothing else",
        ),
        ("user: '{{env \"u\"}}', pass: '{{env \"P\"}}'", "a list names variables in capitals, digits and `_`"),
        ("user: '{{env \"U\"}}'", "a user name without a password, or the other way round, signs nobody in"),
        ("token: hunter2", "a list signs in with a user name and a password"),
        ("credHelper: docker-credential-gcloud", "a list has no credential helper for a registry"),
        ("regcert: hunter2", "a list names no certificate"),
        ("clientKey: hunter2", "a list names no certificate"),
        ("mirrors: [mirror.example.com]", "a list reaches a registry at one address"),
        ("tls: hunter2x", "regsync knows no tls 'hunter2x'"),
        ("hostname: 'https://x/y'", "it is no host name"),
        ("reqPerSec: fast", "its pace is no number"),
    ],
)
def test_credentials_and_ways_that_a_list_cannot_have_are_refused_and_no_value_is_repeated(
    creds: str, reason: str
) -> None:
    found = read(f"creds: [{{registry: docker.io, {creds}}}]\n" + step("", "image"))
    assert [refusal.reason for refusal in found.refused] == [reason]
    assert len(found.images) == 1
    assert not found.credentials
    assert "hunter2" not in repr(found).replace("'hunter2x'", "")
