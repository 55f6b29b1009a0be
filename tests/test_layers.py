"""The direction of the arrows in docs/design.md, read from the imports; and who may start programs and print."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mirrorgen"

# The lowest first; a room knows those in layers before its own, and none beside it.
LAYERS = (
    {"interrupts", "outcomes", "problems", "resources", "streams"},
    {"errors"},
    {"origin", "places"},
    {"files"},
    {"model", "tools"},
    {"destinations.port"},
    {"destinations.ecr", "destinations.registry"},
    {"destinations.kinds"},
    {"master_list"},
    {"desired", "readers"},
    {"rendering"},
    {"project"},
    {"importing", "starting"},
    {"consumers"},
    {"operations.logins", "operations.stand_in"},
    {"operations.runtime"},
    {"operations.followers", "operations.upstream"},
    {"operations.copying", "operations.repositories"},
    {"operations.holding", "operations.planning"},
    {"reporting"},
    {"bootstrapping", "demo"},
    {"commands"},
    {"cli"},
    {"__main__"},
)
LAYER_OF = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
# Rooms that a package is divided into have a layer of their own; the package itself holds nothing.
DIVIDED = {"__init__", "destinations", "operations"}
# Modules that know ECR, outside of its own rooms.
KNOW_ECR = {
    "mirrorgen/destinations/kinds.py": "it is the one place that names every kind",
    "mirrorgen/operations/repositories/planning.py": "Terraform gets ECR's variables; a plain registry has no plan",
    "mirrorgen/operations/repositories/emptying.py": "only repositories that Terraform makes have to be emptied for it",
    "mirrorgen/operations/holding/expiring.py": "only ECR has lifecycle rules, and `lifecycle` is about nothing else",
    "mirrorgen/operations/holding/running.py": "only ECR has lifecycle rules, by which what runs would go",
    "mirrorgen/reporting/lifecycles.py": "it shows these rules in ECR's own form",
}
# It is put on nodes as one file, where nothing else of the package is.
ALONE = "mirrorgen/consumers/nodes/credential_provider.py"
# Who may know standard output and standard error: all others tell the terminal, which makes text harmless.
PRINTING = {"mirrorgen/cli.py", "mirrorgen/reporting/terminal.py", "mirrorgen/streams.py", ALONE}
# Who may make, change or remove files: all others tell the first.
CHANGING_FILES = {
    "mirrorgen/files.py": "it is their owner",
    "mirrorgen/places.py": "it opens them",
    "mirrorgen/demo/emulator.py": "it makes the emulator's own folder in the cache",
    "mirrorgen/operations/stand_in.py": "it works in a copy of the module",
    "mirrorgen/streams.py": "it opens /dev/null",
    "mirrorgen/tools/built.py": "it reads a program",
    "mirrorgen/tools/children.py": "it opens the log of a server",
    "mirrorgen/tools/install.py": "it makes a program in the cache",
}
# Slow to import, so only inside the commands that need them.
LAZY = {"pydantic", "yaml", "jsonschema", "jinja2", "hcl2", "boto3", "botocore", "rich", "re2", "prometheus_client"}
MAX_LINES = 300

MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = sorted([*MODULES, *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])


def room_of(dotted: str) -> str:
    """The room that a module is in, by its name without `mirrorgen`."""
    return next((room for room in LAYER_OF if f"{dotted}.".startswith(f"{room}.")), dotted)


def dotted(module: Path) -> str:
    return ".".join(module.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports_of(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{module}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def calls_of(module: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def rooms_known_to(module: Path) -> set[str]:
    """Every other room that a module imports from."""
    imported = {name.removeprefix("mirrorgen.") for name in imports_of(module) if name.startswith("mirrorgen.")}
    return {room_of(name) for name in imported - {"__version__"}} - {room_of(dotted(module))}


def loaded_by(program: str) -> set[str]:
    """The modules that are loaded after a program of Python has run."""
    shown = f"{program}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", shown], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_is_in_one_layer() -> None:
    assert {room_of(dotted(module)) for module in MODULES} - DIVIDED == LAYER_OF.keys()
    assert sum(map(len, LAYERS)) == len(LAYER_OF)


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_imports_point_downwards(module: Path) -> None:
    level = LAYER_OF.get(room_of(dotted(module)), 0)
    assert not {room for room in rooms_known_to(module) if LAYER_OF.get(room, len(LAYERS)) >= level}


def test_from_list_to_text_nothing_runs_programs_or_asks_aws() -> None:
    loaded = loaded_by("import mirrorgen.project, mirrorgen.rendering.files, mirrorgen.rendering.module")
    asking = {
        "mirrorgen.tools",
        "mirrorgen.destinations.ecr.destination",
        "mirrorgen.destinations.registry.destination",
    }
    assert not {module for module in loaded if module.startswith((*asking, "boto"))}


def test_what_both_kinds_of_target_share_knows_neither() -> None:
    """Rooms below the kinds cannot know them, which the layers hold; those above know ECR only for a reason."""
    knowing = {
        name(module)
        for module in MODULES
        if room_of(dotted(module)) not in {"destinations.ecr", "demo"} and "destinations.ecr" in rooms_known_to(module)
    }
    assert knowing == KNOW_ECR.keys()
    assert not [
        name(module)
        for module in MODULES
        if "destinations.registry" in rooms_known_to(module) and dotted(module) != "destinations.kinds"
    ]


def test_only_the_rooms_of_ecr_speak_to_aws() -> None:
    speaking = {
        room_of(dotted(module))
        for module in MODULES
        if any(imported.startswith(("boto3", "botocore", "mypy_boto3")) for imported in imports_of(module))
    }
    assert speaking == {"destinations.ecr"}


def test_only_their_owner_starts_programs() -> None:
    starting = [
        name(module)
        for module in MODULES
        if any(imported.split(".")[0] in {"subprocess", "multiprocessing", "pty"} for imported in imports_of(module))
    ]
    assert starting == [ALONE, "mirrorgen/tools/children.py"]
    forbidden = {"os.system", "os.popen", "os.fork", "os.posix_spawn"}
    for module in MODULES:
        for call in calls_of(module):
            called = ast.unparse(call.func)
            assert called not in forbidden, f"{name(module)}:{call.lineno}"
            assert not called.startswith(("os.exec", "os.spawn")), f"{name(module)}:{call.lineno}"
            assert "shell" not in {keyword.arg for keyword in call.keywords}, f"{name(module)}:{call.lineno}"


def test_only_their_owner_changes_files() -> None:
    changing = {"write_text", "write_bytes", "open", "mkdir", "makedirs", "unlink", "rename", "symlink_to", "chmod"}
    places = {
        name(module)
        for module in MODULES
        for call in calls_of(module)
        if isinstance(call.func, ast.Attribute) and call.func.attr in changing
    }
    assert places == CHANGING_FILES.keys()


def test_only_the_terminal_prints() -> None:
    printing = {"print", "typer.echo", "typer.secho", "typer.style", "sys.stdout", "sys.stderr"}
    places = [
        f"{name(module)}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name | ast.Attribute)
        if ast.unparse(node) in printing and name(module) not in PRINTING
    ]
    assert not places


def test_everything_public_says_what_it_is() -> None:
    silent = [
        f"{name(module)}: {getattr(node, 'name', 'the module')}"
        for module in MODULES
        for node in public_nodes(ast.parse(module.read_text(encoding="utf-8")))
        if not ast.get_docstring(node)
    ]
    assert not silent


def public_nodes(tree: ast.Module | ast.ClassDef) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef]:
    yield tree
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield from public_nodes(node) if isinstance(node, ast.ClassDef) else [node]


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_files_stay_short(source: Path) -> None:
    assert len(source.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_the_command_line_loads_only_what_every_command_needs() -> None:
    assert not LAZY & {module.partition(".")[0] for module in loaded_by("import mirrorgen.cli")}


def test_variables_say_what_they_hold() -> None:
    bound = [
        f"{name(module)}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id == "one") or (isinstance(node, ast.arg) and node.arg == "one")
    ]
    assert not bound
