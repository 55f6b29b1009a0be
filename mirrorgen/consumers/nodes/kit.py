"""What a node needs to get the images of a list from ECR by their upstream names, as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from mirrorgen.consumers.nodes.credential_provider import API_VERSION
from mirrorgen.consumers.nodes.reach import OutOfReach, Reach
from mirrorgen.errors import UsageError
from mirrorgen.model.targets import Target
from mirrorgen.rendering.files import render_text
from mirrorgen.resources import resource

PROVIDER = "mirrorgen-credential-provider"
MARK = "# Written by mirrorgen."
"""How each hosts file begins that the installer may replace and remove."""

# Where things are on a node. install.sh has the same, and so has the answer to --help of containerd and the kubelet.
SETTINGS = "/etc/mirrorgen/mirrored.json"
CONTAINERD = {
    "config": "/etc/containerd/config.toml",
    "config_path": "/etc/containerd/certs.d",
    "socket": "/run/containerd/containerd.sock",
}
_SNIPPETS = {"containerd/1.toml": "io.containerd.grpc.v1.cri", "containerd/2.toml": "io.containerd.cri.v1.images"}


@dataclass(frozen=True, slots=True)
class Kit:
    """The files of a kit.

    Attributes:
        files: text by name.
        out_of_reach: what the list mirrors and no node gets by its upstream name.
    """

    files: Mapping[str, str]
    out_of_reach: tuple[OutOfReach, ...]


def kit_for(target: Target, reach: Reach) -> Kit:
    """Make the kit.

    Args:
        target: the registry that has the images, with everything filled in that the list leaves out.
        reach: what nodes get from it.

    Raises:
        UsageError: the target is not ECR, nodes would send ECR's password to another registry, or they get nothing.
    """
    _require_ecr(target)
    if not reach.sources:
        reason = reach.out_of_reach[0].reason if reach.out_of_reach else "the list is empty"
        hint = reach.out_of_reach[0].hint if reach.out_of_reach else ""
        raise UsageError(f"a node gets none of the images by its upstream name: {reason}", hint=hint)
    hosts = {host: hosts_toml(host, _address(target, folder)) for host, folder in reach.folders.items()}
    images = [str(source) for source in reach.sources]
    files = {
        "README.md": _readme(target, reach),
        "install.sh": resource("templates/nodes/install.sh").read_text("utf-8"),
        PROVIDER: resources.files(__package__).joinpath("credential_provider.py").read_text("utf-8"),
        "mirrored.json": _json(_settings(target.host, hosts, images)),
        "kubelet.json": _json(provider_config(images)),
        **{name: _snippet(plugin) for name, plugin in _SNIPPETS.items()},
        **{hosts_file(host): text for host, text in hosts.items()},
    }
    return Kit(files, reach.out_of_reach)


def hosts_file(host: str) -> str:
    """Return where the kit has the hosts file of a registry, in the first folder that containerd looks into."""
    name, colon, port = host.rpartition(":")
    return f"certs.d/{f'{name}_{port}_' if colon else host}/hosts.toml"


def hosts_toml(host: str, address: str) -> str:
    """Return a hosts file that lets containerd ask nothing but the mirror.

    `server` is asked after all others, and is the registry itself where a file does not name it (docs/hosts.md of
    containerd). What comes after the path of an address is the whole path of the image.

    Args:
        host: the registry whose images it is for.
        address: what stands for it, with the path.
    """
    settings = 'capabilities = ["pull", "resolve"]\noverride_path = true\n'
    quoted = json.dumps(address)
    about = f"{MARK} Images of {host} come from the mirror; {host} is never asked.\n"
    return f"{about}server = {quoted}\n{settings}\n[host.{quoted}]\n{settings}"


def provider_config(images: Iterable[str]) -> dict[str, Any]:
    """Return kubelet's configuration of the plugin, which is asked for these images alone.

    Each stands for all names that begin with it (URLsMatch in pkg/credentialprovider/keyring.go of Kubernetes); of
    these the plugin answers only for those that are mirrored.
    """
    provider = {
        "name": PROVIDER,
        "matchImages": list(images),
        # It looks at each pull whether containerd still asks the mirror.
        "defaultCacheDuration": "0s",
        "apiVersion": API_VERSION,
        "args": [SETTINGS],
    }
    return {"apiVersion": "kubelet.config.k8s.io/v1", "kind": "CredentialProviderConfig", "providers": [provider]}


def _require_ecr(target: Target) -> None:
    if target.kind != "ecr":
        raise UsageError(f"the node kit asks ECR's credential helper, and the target is {target.label}")
    if not (target.way.is_own and target.way.tls == "enabled"):
        raise UsageError(
            f"nodes would send ECR's password to {target.way}, which is no address of ECR",
            hint="leave out `target.endpoint`, or name an endpoint of ECR in your VPC",
        )


def _address(target: Target, folder: str) -> str:
    return "/".join(filter(None, (f"https://{target.address}/v2", folder)))


def _settings(registry: str, hosts: Mapping[str, str], images: Iterable[str]) -> dict[str, Any]:
    digests = {host: hashlib.sha256(text.encode()).hexdigest() for host, text in hosts.items()}
    return {"registry": registry, "containerd": CONTAINERD, "hosts": digests, "images": list(images)}


def _snippet(plugin: str) -> str:
    return f'[plugins."{plugin}".registry]\n  config_path = "{CONTAINERD["config_path"]}"\n'


def _readme(target: Target, reach: Reach) -> str:
    return render_text(
        "nodes/README.md.j2",
        registry=target.host,
        provider=PROVIDER,
        settings=SETTINGS,
        containerd=CONTAINERD,
        hosts=list(reach.folders),
        out_of_reach=[(str(each.mirrored.source), each.reason, each.hint) for each in reach.out_of_reach],
    )


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"
