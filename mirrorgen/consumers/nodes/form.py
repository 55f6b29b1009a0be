"""The form `nodes`: what nodes need, into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from mirrorgen.consumers.forms.by_repository import require_no_digests
from mirrorgen.consumers.forms.contract import Form, Left, Order, Takes, Written
from mirrorgen.consumers.nodes.kit import MARK, kit_for
from mirrorgen.consumers.nodes.reach import reach_of
from mirrorgen.files import read_file


def _write(order: Order) -> Written:
    require_no_digests(order)
    kit = kit_for(order.mirror.target, reach_of(order.mirror))
    left = tuple(Left(str(each.mirrored.source), each.reason, hint=each.hint) for each in kit.out_of_reach)
    former = dict.fromkeys(_former(order.folder, kit.files)) if order.folder else {}
    return Written(files={**former, **kit.files}, left=left)


def _former(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """Yield hosts files of an earlier kit, for registries that it no longer has."""
    for path in sorted(folder.glob("certs.d/*/hosts.toml")):
        name = path.relative_to(folder).as_posix()
        if name not in files and (read_file(path, project=folder) or b"").startswith(MARK.encode()):
            yield name


FORM = Form("nodes", "a folder with what containerd and the kubelet of a node need", Takes.FOLDER, _write)
