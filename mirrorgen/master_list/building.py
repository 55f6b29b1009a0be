"""From checked data to the model: references parsed, defaults filled in, settings merged key by key."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from mirrorgen.destinations.kinds import read_target
from mirrorgen.master_list.registries import host_problems, limit_problems, target_as_upstream, unused_registries
from mirrorgen.master_list.rules import build_rule, good_patterns, rule_size
from mirrorgen.master_list.sending import target_problems, upstream_problems
from mirrorgen.master_list.several import KEY as TARGETS
from mirrorgen.master_list.several import read_targets, share_problems
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.credentials import read_credentials
from mirrorgen.model.images import Copying, Image, MasterList, RateLimit, Registry
from mirrorgen.model.named_targets import NamedTarget
from mirrorgen.model.patterns import MAX_SIZE, pattern_size
from mirrorgen.model.policies import DEFAULT, Policy
from mirrorgen.model.references import normalize_host, parse_source
from mirrorgen.model.registries import default_alias
from mirrorgen.model.targets import Settings, Target
from mirrorgen.problems import KeyPath, Problem

# https://docs.docker.com/docker-hub/usage/
_PULLS: dict[Any, int] = {"anonymous": 100, "free": 200}


def build_model(
    data: Mapping[str, Any], allowances: Allowances | None = None, *, unreadable: Collection[KeyPath] = ()
) -> tuple[MasterList, list[Problem]]:
    """Build the model from data that `check_shape` has been through.

    Entries without a usable source are left out; the problems say why.

    Args:
        data: of the list.
        allowances: what it may do with credentials beside what any list may; nothing if None.
        unreadable: where `check_shape` has taken something out.
    """
    builder = _Builder(allowances or Allowances())
    master_list = builder.master_list(data, unreadable)
    return master_list, builder.problems


class _Builder:
    def __init__(self, allowances: Allowances) -> None:
        self.allowances = allowances
        self.problems: list[Problem] = []
        self._size = 0

    def master_list(self, data: Mapping[str, Any], unreadable: Collection[KeyPath]) -> MasterList:
        defaults = data.get("defaults") or {}
        target, targets = self._targets(data, unreadable)
        settings, found = target.read_settings(target.default_settings(), defaults, ("defaults",))
        self.problems += found
        written: dict[str, str] = {}
        registries = dict(self._registries(data.get("registries", {}), written))
        self.problems += upstream_problems(registries, written, self.allowances)
        entries = data.get("images") or []
        update = self._policy(defaults, ("defaults",), DEFAULT)
        copying = _merge_copying(Copying(), defaults)
        images = tuple(self._images(entries, target, settings, copying, update))
        self.problems += [*host_problems(images, registries), *limit_problems(images, registries, written)]
        for each in [named.target for named in targets] or [target]:
            self.problems += target_as_upstream(registries, each, written)
        if len(images) == len(entries):
            self.problems += unused_registries(images, registries, written)
            self.problems += share_problems(targets, images, data.get(TARGETS, {}))
        return MasterList(target, registries, defaults.get("parallel", 4), images, settings, copying, targets)

    def _targets(
        self, data: Mapping[str, Any], unreadable: Collection[KeyPath]
    ) -> tuple[Target, tuple[NamedTarget, ...]]:
        """Return the only target, or the first, and all of them where there are several."""
        said = data.get("target", {})
        if not data.get(TARGETS):
            target, problems = read_target(said, unreadable=unreadable)
            self.problems += [*problems, *target_problems(target, said, self.allowances)]
            return target, ()
        if "target" in data:
            message = "`target` and `targets` both say where the images go"
            hint = "put what stands under `target` below a name of its own under `targets`"
            self.problems.append(
                Problem("target-and-targets", message, ("target",), hint, on_key=True, related=(TARGETS,))
            )
        targets, problems = read_targets(data[TARGETS], unreadable)
        self.problems += problems
        for named in targets:
            path = (TARGETS, named.name)
            self.problems += target_problems(named.target, data[TARGETS][named.name], self.allowances, path)
        return targets[0].target, targets

    def _registries(self, data: Mapping[str, Any], first: dict[str, str]) -> Iterator[tuple[str, Registry]]:
        """Yield each registry by its host; `first` gets how the host is written."""
        for written, settings in data.items():
            path = ("registries", written)
            host = normalize_host(written)
            if host is None:
                hint = "write the host name alone, such as quay.io"
                self.problems.append(
                    Problem("bad-reference", f"{written!r} is not a host name", path, hint, on_key=True)
                )
                continue
            if host in first:
                message = f"{written!r} and {first[host]!r} are the same registry"
                related = ("registries", first[host])
                hint = f"put the settings of both under {host}"
                self.problems.append(Problem("duplicate-registry", message, path, hint, on_key=True, related=related))
                continue
            first[host] = written
            yield host, self._registry(host, settings, path)

    def _registry(self, host: str, data: Mapping[str, Any], path: KeyPath) -> Registry:
        credentials, problems = read_credentials(data.get("credentials", {}), (*path, "credentials"))
        self.problems += problems
        rate_limit = data.get("rate_limit", {})
        pulls = data.get("pulls_per_six_hours")
        return Registry(
            host=host,
            alias=data.get("alias", default_alias(host)),
            keep_library=data.get("keep_library", False),
            credentials=credentials,
            requests_per_second=data.get("requests_per_second"),
            concurrent_requests=data.get("concurrent_requests"),
            rate_limit=RateLimit(rate_limit["min"], rate_limit.get("retry", "5m")) if "min" in rate_limit else None,
            pulls_per_six_hours=_PULLS.get(pulls, pulls),
            hostname=data.get("hostname"),
            tls=data.get("tls", "enabled"),
            path_prefix=data.get("path_prefix"),
        )

    def _policy(self, data: Mapping[str, Any], path: KeyPath, default: Policy) -> Policy:
        written = data.get("update", default)
        return written if isinstance(written, str) else good_patterns(data, "update", path, self.problems)

    def _images(
        self, data: list[Any], target: Target, defaults: Settings, copying: Copying, update: Policy
    ) -> Iterator[Image]:
        for index, entry in enumerate(data):
            if entry is None:
                continue
            path: KeyPath = ("images", index)
            tags = build_rule(entry.get("tags"), (*path, "tags"), self.problems)
            policy = self._policy(entry, path, update)
            self._size += rule_size(tags) + sum(map(pattern_size, policy if isinstance(policy, tuple) else ()))
            if self._size > MAX_SIZE:
                message = "with this entry the patterns of the list are too many, or too large; nothing below was read"
                hint = "write tags out, or divide the list"
                self.problems.append(Problem("bad-pattern", message, (*path, "tags"), hint))
                return
            settings, found = target.read_settings(defaults, entry, path)
            self.problems += found
            if "source" not in entry:
                continue
            source = parse_source(entry["source"], (*path, "source"))
            if isinstance(source, Problem):
                self.problems.append(source)
                continue
            yield Image(
                index=index,
                source=source,
                tags=tags,
                copying=_merge_copying(copying, entry),
                repository=entry.get("repository"),
                settings=settings,
                owner=entry.get("owner"),
                expires=_day(entry.get("expires")),
                update=policy,
                labels=tuple(label for label in entry.get("labels", ()) if label is not None),
            )


_COPYING_KEYS = frozenset({"platforms", "referrers", "digest_tags", "pin"})


def _day(value: Any) -> date | None:
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value if isinstance(value, date) else None


def _merge_copying(base: Copying, data: Mapping[str, Any]) -> Copying:
    if not data.keys() & _COPYING_KEYS:
        return base
    platforms = data.get("platforms", base.platform or "all")
    return Copying(
        platform=None if platforms == "all" else platforms,
        referrers=data.get("referrers", base.referrers),
        digest_tags=data.get("digest_tags", base.digest_tags),
        pin=data.get("pin", base.pin),
    )
