"""A plan: what happens to repositories, and which tags are copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby

from mirrorgen.operations.planning import MirrorPlan
from mirrorgen.operations.repositories.adopting import import_blocks
from mirrorgen.operations.repositories.import_file import IMPORTS_FILE
from mirrorgen.outcomes import Kind, TagRef
from mirrorgen.reporting.moves import plan_moves, plan_moves_document
from mirrorgen.reporting.pushes import pushing_document, pushing_sentence
from mirrorgen.reporting.registries import (
    TITLE,
    of_repositories,
    registry_documents,
    registry_lines,
    unseen,
    unseen_blocks,
)
from mirrorgen.reporting.views import Block, Code, Items, Line, Table, View, failure_documents, failure_items
from mirrorgen.tools.terraform import Change, TerraformPlan

_VERBS = {
    "create": "create",
    "update": "change",
    "replace": "replace",
    "delete": "destroy",
    "import": "import",
    "move": "move",
    "forget": "forget",
}
"""How each kind of change is called, in the order in which they are counted."""

_DONE = {
    "create": "created",
    "update": "changed",
    "replace": "replaced",
    "delete": "destroyed",
    "import": "imported into Terraform's state, as they are",
    "move": "moved in Terraform's state",
    "forget": "left to themselves: in ECR still, and in Terraform's state no more",
}
_HEAD = ("repository", "source", "terraform", "to copy", "not upstream", "failed")
_EXISTS = "In ECR already, and not in Terraform's state: creating them would fail, so that this plan was not saved"
_OVERWRITTEN = (
    "Policies that others have put there, and that go (`aws ecr get-repository-policy` shows one); "
    "whoever is let in by them alone is let in no more"
)
_STATE_ONLY = "Terraform's state changes, and nothing in ECR."


def view_plan(plan: MirrorPlan) -> View:
    """Return the plan: what happens to repositories, which tags are copied, what is missing."""
    absent = [failure for failure in plan.failures if failure.kind is Kind.NOT_UPSTREAM]
    failed = [failure for failure in plan.failures if failure.kind not in {Kind.NOT_UPSTREAM, Kind.UNMANAGED}]
    lost = [f"{name} (images: {plan.lost.get(name, 0)})" for name in sorted(change.name for change in plan.destroyed)]
    document = {
        "pending": plan.is_pending,
        "repositories": _by_verb(plan.changes),
        "registry": registry_documents(plan.changes),
        "registry_settings": [asdict(setting) for setting in plan.registry],
        "who_may_pull": dict(plan.access),
        "overwritten_policies": list(plan.overwritten),
        "outputs": list(plan.outputs),
        "unmanaged": [change.name for change in plan.unmanaged],
        "imports": import_blocks(plan.unmanaged),
        "destroyed_images": dict(plan.lost),
        **plan_moves_document(plan),
        "destroyed_digests": {name: list(digests) for name, digests in plan.lost_digests.items()},
        "upstreams": _upstreams(plan),
        "copy": [ref.document() for ref in plan.copies],
        "replicated": [ref.document() for ref in plan.replicated],
        "pushing": pushing_document(plan.pushing),
        "not_upstream": [failure.ref.document() for failure in absent],
        "failures": failure_documents(plan.failures),
    }
    return View(
        document,
        [
            Items("Repositories to DESTROY, with every image in them (refused without --allow-destroy)", lost),
            *plan_moves(plan),
            Items(_EXISTS, [change.name for change in plan.unmanaged]),
            Code(
                f"`mirrorgen adopt` takes them over: it writes this into {IMPORTS_FILE} and plans again",
                "hcl",
                import_blocks(plan.unmanaged),
            ),
            Table(_HEAD, _plan_rows(plan)),
            Items(TITLE, registry_lines(plan.changes, plan.registry)),
            *unseen_blocks(plan.changes, plan.registry),
            Items("Who may pull then, besides those who own the registry", _access_lines(plan.access)),
            Items(_OVERWRITTEN, plan.overwritten),
            Items("Changes of Terraform's state alone", _state_lines(plan.changes)),
            Items("Terraform outputs that change", _outputs_alone(plan)),
            Table(("upstream", "to copy", "not upstream", "failed"), _upstream_rows(plan)),
            *([Line(said)] if (said := pushing_sentence(plan.pushing)) else []),
            Items("Tags to copy", tags_by_repository(plan.copies)),
            Items("Tags that ECR has yet to replicate from the first target", tags_by_repository(plan.replicated)),
            Items("Tags in the list that upstream does not have", [str(failure.ref) for failure in absent]),
            failure_items("Could not be checked", failed),
        ],
        plan_summary(plan),
    )


def plan_summary(plan: MirrorPlan) -> str:
    """Return one line that counts what is to be done."""
    if plan.is_done:
        return "Nothing to do: every repository and every tag is as the list asks."
    said = [f"{len(names)} to {verb}" for verb, names in _by_verb(plan.changes).items() if names]
    parts = [f"Repositories: {', '.join(said) or 'no change'}.", f"Tags: {len(plan.copies)} to copy."]
    if plan.replicated:
        parts.append(f"Tags for ECR to replicate: {len(plan.replicated)}.")
    counts = Counter(failure.kind for failure in plan.failures)
    absent, unmanaged = counts[Kind.NOT_UPSTREAM], counts[Kind.UNMANAGED]
    if registry := registry_lines(plan.changes):
        parts.append(f"Settings of the registry to change: {len(registry)}.")
    if left := unseen(plan.changes, plan.registry):
        parts.append(f"Settings of the registry that Terraform does not see: {len(left)}.")
    if outputs := _outputs_alone(plan):
        parts.append(f"Terraform outputs to change: {len(outputs)}.")
    if plan.is_applicable and not plan.changes and not plan.outputs:
        parts.append(_STATE_ONLY)
    if unmanaged:
        parts.append(f"In ECR already, and not in Terraform's state: {unmanaged}.")
    if absent:
        parts.append(f"Not found upstream: {absent}.")
    if len(plan.failures) > absent + unmanaged:
        parts.append(f"Failed: {len(plan.failures) - absent - unmanaged}.")
    return " ".join(parts)


def view_applied(plan: TerraformPlan) -> View:
    """Return what an apply did."""
    done = _by_verb(plan.changes)
    blocks: list[Block] = [
        Items(f"Repositories {_DONE[action]}", _repositories(plan.changes, action)) for action in _VERBS
    ]
    blocks.append(Items(TITLE, registry_lines(plan.changes)))
    blocks.append(Items("Terraform outputs changed", _outputs_alone(plan)))
    if not plan.changes and not plan.outputs:
        nothing = "Nothing to apply: every repository is as the list asks."
        blocks = [Line(_STATE_ONLY if plan.is_applicable else nothing)]
    registry = registry_documents(plan.changes)
    return View({"repositories": done, "registry": registry, "outputs": list(plan.outputs)}, blocks)


def _outputs_alone(plan: MirrorPlan | TerraformPlan) -> tuple[str, ...]:
    """Outputs where nothing else changes: the module's own follows from every repository that comes or goes."""
    return () if plan.changes else plan.outputs


def tags_by_repository(refs: Sequence[TagRef]) -> list[str]:
    """Return a line for each repository, with its tags."""
    groups = groupby(refs, key=lambda ref: ref.repository)
    return [f"{repository}: {', '.join(ref.tag for ref in group)}" for repository, group in groups]


def _by_verb(changes: Sequence[Change]) -> dict[str, list[str]]:
    return {verb: _repositories(changes, action) for action, verb in _VERBS.items()}


def _repositories(changes: Iterable[Change], action: str) -> list[str]:
    """Repositories that an action concerns; what is done to a policy changes its repository."""
    own: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    for change in of_repositories(changes):
        (own if change.is_repository else others).setdefault(change.name, set()).update(_actions(change))
    for name, actions in others.items():
        # A repository that comes, goes or changes takes its policy along.
        if not own.get(name, set()) & _ON_REPOSITORIES:
            own.setdefault(name, set()).update("update" if act in _ON_REPOSITORIES else act for act in actions)
    return sorted(name for name, actions in own.items() if action in actions)


_ON_REPOSITORIES = {"create", "update", "replace", "delete"}


def _actions(change: Change) -> Iterator[str]:
    """Everything that is done to a resource: an import may change it, too."""
    if change.import_id:
        yield "import"
    if change.moved_from:
        yield "move"
    if change.action != "no-op":
        # What Terraform does in a way that is not known here changes something.
        yield change.action if change.action in _VERBS else "update"


def _state_lines(changes: Iterable[Change]) -> list[str]:
    """What Terraform's state takes in, calls otherwise or lets go."""
    lines = []
    for change in changes:
        if change.import_id:
            lines.append(f"import {change.address} from {change.import_id}")
        if change.moved_from:
            lines.append(f"move {change.moved_from} to {change.address}")
        if change.action == "forget":
            lines.append(f"forget {change.address}, which stays in ECR")
    return lines


def _access_lines(access: Mapping[str, str]) -> list[str]:
    """One line for all repositories of which the same is said."""
    names: dict[str, list[str]] = {}
    for name, said in access.items():
        names.setdefault(said or "nobody", []).append(name)
    return [f"{said}: {', '.join(repositories)}" for said, repositories in names.items()]


def _plan_rows(plan: MirrorPlan) -> list[tuple[str, ...]]:
    """Terraform's changes and regsync's work side by side, for each repository with either."""
    terraform = _terraform(plan)
    concerned = (*plan.copies, *(failure.ref for failure in plan.failures))
    names = terraform.keys() | {ref.repository for ref in concerned}
    counts = {what: Counter(found) for what, found in _work(plan).items()}
    return [
        (
            name,
            ", ".join(str(source) for source in plan.sources.get(name, ())) or "-",
            terraform.get(name, "-"),
            *(str(counts[what][name]) for what in _WORK),
        )
        for name in sorted(names)
    ]


_WORK = ("copy", "not_upstream", "failed")


def _work(plan: MirrorPlan) -> dict[str, list[str]]:
    """The repository of each tag that is to be copied, is not upstream, or could not be looked at."""
    found: dict[str, list[str]] = {what: [] for what in _WORK}
    found["copy"] = [ref.repository for ref in plan.copies]
    for failure in plan.failures:
        if failure.kind is not Kind.UNMANAGED:
            what = "not_upstream" if failure.kind is Kind.NOT_UPSTREAM else "failed"
            found[what].append(failure.ref.repository)
    return found


def _terraform(plan: MirrorPlan) -> dict[str, str]:
    """What Terraform does to each repository."""
    words: dict[str, list[str]] = {}
    for action, verb in _VERBS.items():
        for name in _repositories(plan.changes, action):
            words.setdefault(name, []).append(verb)
    for name, group in groupby(of_repositories(plan.changes), key=lambda change: change.name):
        said, changes = words[name], list(group)
        if "change" in said:
            said[said.index("change")] = _changed(changes)
        fields = [field for change in changes if change.is_repository for field in change.fields]
        if "replace" in said and fields:
            said[said.index("replace")] = f"replace, for {', '.join(fields)}"
    for name in words.keys() & plan.lost.keys():
        words[name].append(f"images: {plan.lost[name]}")
    words |= {change.name: ["exists"] for change in plan.unmanaged}
    return {name: ", ".join(said) for name, said in words.items()}


def _upstreams(plan: MirrorPlan) -> dict[str, dict[str, int]]:
    """How many tags of each upstream registry are to be copied, are not there, or could not be looked at."""
    counts: dict[str, dict[str, int]] = {}
    for what, names in _work(plan).items():
        for name in names:
            host = ", ".join(sorted({source.host for source in plan.sources.get(name, ())})) or "-"
            counts.setdefault(host, dict.fromkeys(_WORK, 0))[what] += 1
    return dict(sorted(counts.items()))


def _upstream_rows(plan: MirrorPlan) -> list[tuple[str, ...]]:
    return [(host, *map(str, counts.values())) for host, counts in _upstreams(plan).items()]


_RESOURCES = {"aws_ecr_lifecycle_policy": "lifecycle policy", "aws_ecr_repository_policy": "repository policy"}


def _changed(changes: Iterable[Change]) -> str:
    """What is changed: attributes of the repository, or what belongs to it."""
    fields: list[str] = []
    for change in changes:
        if change.is_repository:
            fields += change.fields
        elif set(_actions(change)) & _ON_REPOSITORIES:
            fields.append(_RESOURCES.get(change.resource_type, change.address))
    return f"change {', '.join(fields)}".rstrip()
