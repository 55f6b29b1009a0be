"""The names under which one upstream repository is written."""

from __future__ import annotations

from mirrorgen.model.references import DOCKER_HUB, Source

_OFFICIAL = "library/"
# What people write for Docker Hub; nothing for the short forms.
_HUB_HOSTS = ("docker.io", "index.docker.io", "")


def spellings(source: Source) -> list[str]:
    """Return every name of a repository, the full one first: Docker Hub has short ones, and several hosts.

    Source: https://pkg.go.dev/github.com/distribution/reference, `splitDockerDomain`.
    """
    if source.host != DOCKER_HUB:
        return [str(source)]
    paths = [source.path]
    if source.path.startswith(_OFFICIAL) and source.path.count("/") == 1:
        paths.append(source.path.removeprefix(_OFFICIAL))
    return [f"{host}/{path}".removeprefix("/") for host in _HUB_HOSTS for path in paths]


def written_name(written: str) -> str:
    """Return the name of a repository as a reference has it, without what says that it is a reference."""
    return name_part(written.removeprefix(scheme_of(written)))


def name_part(written: str) -> str:
    """Return a reference as it is written, without its tag and its digest."""
    name = written.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def scheme_of(written: str) -> str:
    """Return what stands before a reference and says that it is one, as `docker-image://` does in compose files."""
    before, scheme, _ = written.partition("://")
    return before + scheme if scheme else ""


def renamed(written: str, name: str) -> str:
    """Return a reference of another repository with the tag and the digest that were written."""
    return name + written[len(name_part(written)) :]
