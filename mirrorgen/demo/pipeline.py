"""The whole pipeline on this machine: a list, its upstreams and its ECR, all local, moved by the real tools."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent

import yaml

from mirrorgen.demo import emulator as emulators
from mirrorgen.demo import upstreams
from mirrorgen.demo.emulator import Emulator
from mirrorgen.demo.local_list import images_to_serve, local_list
from mirrorgen.desired.selection import Listings
from mirrorgen.desired.state import DesiredState
from mirrorgen.destinations.ecr.target import CREDENTIAL_HELPER, EcrTarget
from mirrorgen.errors import ToolFailed
from mirrorgen.files import write_file, write_files
from mirrorgen.master_list.lock import lock_path
from mirrorgen.master_list.writing import list_document
from mirrorgen.model.allowances import Allowances
from mirrorgen.model.images import MasterList
from mirrorgen.operations.copying.syncing import plan_sync, sync_images
from mirrorgen.operations.holding.status import read_status
from mirrorgen.operations.planning import make_plan
from mirrorgen.operations.repositories.applying import apply_plan
from mirrorgen.operations.repositories.planning import plan_repositories
from mirrorgen.operations.runtime import Runtime
from mirrorgen.operations.stand_in import StandIn
from mirrorgen.operations.upstream.locking import relock, selected_indexes
from mirrorgen.operations.upstream.selecting import select_upstream
from mirrorgen.project import CURED_BY_LOCK, Loaded, load
from mirrorgen.rendering.files import render_lock
from mirrorgen.rendering.module import module_files
from mirrorgen.reporting.formats import ResultFormat
from mirrorgen.reporting.page import format_page
from mirrorgen.reporting.plans import view_applied, view_plan
from mirrorgen.reporting.selections import view_selections
from mirrorgen.reporting.status import status_summary
from mirrorgen.reporting.syncs import sync_summary, view_sync
from mirrorgen.reporting.views import View, show, text_table
from mirrorgen.tools.built import cache_dir, safe_cache_dir
from mirrorgen.tools.crews import Crew
from mirrorgen.tools.regctl import Host
from mirrorgen.tools.runner import ProcessRunner
from mirrorgen.tools.toolbox import Toolbox

PAGE = "demo-status.html"
_STAND_IN = "stand-in.json"
ACCOUNT_ID = "123456789012"
REGION = "eu-west-1"
"""Where the demo's ECR is when the list does not say."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """One image after the demo: what ECR has, and what upstream has."""

    repository: str
    tag: str
    digest: str
    platforms: tuple[str, ...]
    upstream_digest: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a demo leaves running: the process, and the file that names it to later runs, in a folder of its own."""

    pid: int
    stand_in_file: Path


@dataclass(frozen=True, slots=True)
class _Project:
    """A folder with a list, as a user has one, whose runs go to the stand-in."""

    folder: Path
    stand_in: StandIn
    allowances: Allowances

    def start(self, master_list: MasterList) -> None:
        """Put the list and the module there."""
        text = yaml.safe_dump(list_document(master_list), sort_keys=False)
        write_files(self.folder, {"images.yaml": text, **module_files()})

    def load(self, *, use_lock: bool) -> tuple[Loaded, Runtime]:
        """Read the list."""
        loaded = load(self.folder / "images.yaml", use_lock=use_lock, allowances=self.allowances)
        errors = loaded.errors(tolerated=frozenset() if use_lock else CURED_BY_LOCK)
        if errors or loaded.desired is None:
            raise RuntimeError(f"the list of the demo is not usable: {errors}")
        return loaded, Runtime(self.folder, loaded.desired, stand_in=self.stand_in)


class Demo:
    """One demonstration.

    Args:
        loaded: a usable list, without its lock: what stands in for the images has digests of its own.
        listings: what upstream has, for a list with rules that choose from it.
        allowances: what the list may do with credentials, of which none is used here.
        say: told each line as it comes.
    """

    def __init__(
        self, loaded: Loaded, *, listings: Listings, allowances: Allowances, say: Callable[[str], None]
    ) -> None:
        assert loaded.desired
        assert loaded.master_list
        self._desired: DesiredState = loaded.desired
        self._list: MasterList = loaded.master_list
        self._images = images_to_serve(loaded.desired, listings)
        self._allowances = allowances
        self._say = say
        self._times: list[tuple[str, float]] = []
        self._steps = 0

    def run(self, *, keep: bool) -> Kept | None:
        """Run every step; stop every process and remove every file at the end, unless `keep`.

        Returns:
            With `keep`, what is left: the upstreams with their images, and an ECR that is empty again.

        Raises:
            ToolFailed: a step failed, an image is not what upstream has, or a second run finds something to do.
            ToolUnusable: a program is missing.
        """
        Toolbox(ProcessRunner(), os.environ).require("regsync", "regctl", CREDENTIAL_HELPER, "terraform")
        folder = Path(tempfile.mkdtemp(prefix="mirrorgen-demo-"))
        with ExitStack() as at_end:
            at_end.callback(shutil.rmtree, folder, ignore_errors=True)
            with self._step("Start an embedded ECR"):
                running = self._start(folder, outlives_us=keep)
            at_end.callback(emulators.stop, running)
            stand_in = StandIn(running.address, running.account_id, running.region, folder)
            self._steps_with(running, stand_in)
            if keep:
                upstreams.clear(running)
                self._populate(running)
                write_files(folder, {_STAND_IN: json.dumps(stand_in.document())})
                at_end.pop_all()
                return Kept(running.pid, folder / _STAND_IN)
        return None

    def _start(self, folder: Path, *, outlives_us: bool) -> Emulator:
        python = emulators.install(safe_cache_dir(os.environ), ProcessRunner(), os.environ)
        target = self._desired.target
        account_id, region = (target.account_id, target.region) if isinstance(target, EcrTarget) else (None, None)
        return emulators.start(
            python,
            log=folder / "ecr.log",
            env=os.environ,
            account_id=account_id or ACCOUNT_ID,
            region=region or REGION,
            outlives_us=outlives_us,
        )

    def _steps_with(self, running: Emulator, stand_in: StandIn) -> None:
        count = sum(len(tags) for tags in self._images.values())
        with self._step(f"Make {count} small images and serve them as the upstreams"):
            digests = self._populate(running)
        project = _Project(stand_in.folder / "project", stand_in, self._allowances)
        project.start(local_list(self._list, digests))
        if any(entry.is_open or entry.copying.pin == "digest" for _, entry in self._desired.entries):
            with self._step("Lock: let the rules choose tags, and note their digests"):
                self._lock(project)
        with self._step("Render regsync.yaml and terraform.tfvars.json from the list"):
            runtime = self._render(project)
        with self._step("Plan"):
            self._show(view_plan(make_plan(runtime)))
        with self._step("Apply: Terraform creates the repositories"):
            self._show(view_applied(apply_plan(runtime, allow_destroy=False)))
        with self._step("Sync: regsync copies the images"):
            self._sync(runtime)
        with self._step("Once more: there must be nothing left to do"):
            self._again(runtime)
        with self._step("Compare every digest in ECR with upstream"):
            mirrored = self._compare(runtime, running)
        with self._step("Look at everything once more, and write a page about it"):
            page = self._page(runtime)
        self._report(mirrored)
        self._say(f"The page about it, for a browser: {page}")

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        self._steps += 1
        self._say(f"[{self._steps}] {title}")
        start = time.monotonic()
        yield
        self._times.append((title, time.monotonic() - start))

    def _quote(self, text: str) -> None:
        # At once, since a line that says nothing by itself is dropped.
        self._say(indent(text.rstrip("\n"), "    "))

    def _show(self, view: View) -> None:
        self._quote(show(view, ResultFormat.TEXT))

    def _populate(self, running: Emulator) -> Mapping[tuple[str, str], str]:
        extra = {entry.copying.platform for _, entry in self._desired.entries if entry.copying.platform}
        platforms = tuple(dict.fromkeys([*upstreams.PLATFORMS, *sorted(extra)]))
        return upstreams.populate(running, self._images, platforms=platforms)

    def _lock(self, project: _Project) -> None:
        loaded, runtime = project.load(use_lock=False)
        assert loaded.master_list
        self._show(view_selections(select_upstream(runtime, runtime.desired.entries).selections, None))
        everything = selected_indexes(loaded.master_list, ())
        relocked = relock(runtime, loaded.master_list, None, only=everything, now=datetime.now(UTC))
        if relocked.failures:
            said = [failure.reason for failure in relocked.failures]
            raise ToolFailed(f"the list cannot be locked: {'; '.join(said)}")
        for name in write_files(project.folder, {lock_path(loaded.path).name: render_lock(relocked.lock)}):
            self._quote(f"wrote {name}")

    def _render(self, project: _Project) -> Runtime:
        _, runtime = project.load(use_lock=True)
        for name in write_files(project.folder, runtime.files):
            self._quote(f"wrote {name}")
        return runtime

    def _sync(self, runtime: Runtime) -> None:
        result = sync_images(runtime, plan_sync(runtime))
        self._show(view_sync(result))
        if result.failures:
            raise ToolFailed("not every image of the list could be mirrored")

    def _again(self, runtime: Runtime) -> None:
        plan = plan_repositories(runtime).plan
        apply_plan(runtime, allow_destroy=False)
        result = sync_images(runtime, plan_sync(runtime))
        self._show(view_applied(plan))
        self._quote(sync_summary(result))
        if plan.is_applicable or result.copied or result.failures:
            raise ToolFailed("a second run found something to do")

    def _compare(self, runtime: Runtime, running: Emulator) -> list[Mirrored]:
        address = running.address
        regctl = runtime.regctl_at(Host(address, tls="disabled"))

        def compare(pair: tuple[str, str, str, str | None]) -> Mirrored:
            source, repository, tag, platform = pair
            copy = regctl.manifest(f"{address}/{repository}:{tag}")
            upstream = regctl.digest(f"{address}/{upstreams.repository(source)}:{tag}", platform=platform)
            return Mirrored(repository, tag, copy.digest, (platform,) if platform else copy.platforms, upstream)

        pairs = [
            (str(entry.source), repository.name, tag, entry.copying.platform)
            for repository in runtime.desired.repositories
            for entry, tag in repository.tagged()
        ]
        with Crew() as crew:
            return list(crew.pool(4).map(compare, pairs))

    def _page(self, runtime: Runtime) -> Path:
        found = read_status(runtime, upstream=True, now=datetime.now(UTC))
        self._quote(status_summary(found))
        if not found.is_in_sync:
            raise ToolFailed("ECR does not hold what the list asks for")
        # Not in the demo's own folder, which goes.
        folder = cache_dir(os.environ)
        write_file(folder / PAGE, format_page(found, stand_in=runtime.stand_in))
        return folder / PAGE

    def _report(self, mirrored: list[Mirrored]) -> None:
        rows = [("image", "tag", "digest", "platforms", "same as upstream")]
        rows += [
            (
                image.repository,
                image.tag,
                image.digest[:19],
                ", ".join(image.platforms),
                "yes" if image.digest == image.upstream_digest else "NO",
            )
            for image in mirrored
        ]
        self._say(f"\n{text_table(rows)}")
        times = [("step", "seconds"), *((title, f"{seconds:.1f}") for title, seconds in self._times)]
        times.append(("all", f"{sum(seconds for _, seconds in self._times):.1f}"))
        self._say(text_table(times))
        differing = [image for image in mirrored if image.digest != image.upstream_digest]
        if differing:
            raise ToolFailed(f"{len(differing)} of {len(mirrored)} images differ from upstream")
        self._say(f"All {len(mirrored)} images are in ECR, with the digests upstream has.")
