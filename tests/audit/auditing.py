"""One audit: a scenario runs, and what was said of it is judged; a sync is run again when all has become calm."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.audit.driving import Driver, Said
from tests.audit.oracle import Oracle
from tests.audit.scenarios import Scenario
from tests.audit.world import World


def verdicts(scenario: Scenario, driver: Driver) -> list[str]:
    """Return what is not so of what the program said."""
    driver.write(scenario.text())
    if scenario.locked:
        upstream = {source: dict(tags) for source, tags in scenario.locked.items()}
        said = driver.run(World(upstream, {}), "lock")
        if said.exit_code:
            return [f"no lock, exit code {said.exit_code}: {said.text}"]
    world, lock = scenario.world(), driver.read("images.lock.yaml")
    oracle = Oracle(scenario, lock, world)
    only = ("--only", scenario.only) if scenario.only else ()
    if scenario.command == "sync":
        found = list(oracle.sync(_sync(scenario, driver, world, only)))
        world.calm()
        world.forget()
        calm = Oracle(replace(scenario, faults=(), changes=()), lock, world)
        return [*found, *(f"again: {verdict}" for verdict in calm.sync(_sync(scenario, driver, world, only)))]
    if scenario.command == "prune":
        said = driver.run(world, "prune", "--plan", driver.path("plan.json"), *only)
        return list(oracle.prune(said, json.loads(driver.read("plan.json") or "null")))
    if scenario.command == "plan":
        return list(oracle.plan(driver.plan(world, only[1:])))
    return list(oracle.status(driver.run(world, "status", *scenario.options, *only)))


def _sync(scenario: Scenario, driver: Driver, world: World, only: tuple[str, ...]) -> list[Said]:
    parts = [f"{number}/{scenario.shards}" for number in range(1, scenario.shards + 1)]
    return [driver.run(world, "sync", "--shard", part, *scenario.options, *only) for part in parts]
