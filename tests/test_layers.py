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

# The lowest first; nobody imports from a layer that comes later.
LAYERS = (
    {"errors", "problems", "resources", "files"},
    {"tools"},
    {"model"},
    {"destinations"},
    {"master_list"},
    {"desired"},
    {"rendering"},
    {"project"},
    {"operations"},
    {"reporting"},
    {"demo"},
    {"commands"},
    {"cli"},
    {"__main__"},
)
# From the list to the text of the files: nothing here runs a program or asks AWS.
PURE = {"model", "master_list", "desired", "rendering", "project"}
PRINTING = {"reporting", "commands", "cli"}
# Slow to import, so only inside the commands that need them.
LAZY = {"yaml", "jsonschema", "jinja2", "hcl2", "boto3", "botocore", "rich", "re2", "pygal", "prometheus_client"}
MAX_LINES = 350

MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = sorted([*MODULES, *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])


def part_of(module: Path) -> str:
    """The module or package directly below `mirrorgen`."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{module}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def calls_of(module: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def parts_imported_by(module: Path) -> set[str]:
    own = {name.split(".")[1] for name in imports_of(module) if name.startswith("mirrorgen.")}
    return own - {"__version__"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_is_in_one_layer() -> None:
    assert sorted({part_of(module) for module in MODULES} - {"__init__"}) == sorted(set().union(*LAYERS))
    assert sum(map(len, LAYERS)) == len(set().union(*LAYERS))


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_imports_point_downwards(module: Path) -> None:
    level = next((level for level, parts in enumerate(LAYERS) if part_of(module) in parts), 0)
    upwards = parts_imported_by(module) - set().union(*LAYERS[: level + 1])
    assert not upwards


def test_from_list_to_text_nothing_runs_programs_or_asks_aws() -> None:
    asking = {"mirrorgen.tools", "mirrorgen.destinations.ecr.api", "mirrorgen.destinations.ecr.stored"}
    for module in MODULES:
        if part_of(module) in PURE:
            assert not [imported for imported in imports_of(module) if any(imported.startswith(one) for one in asking)]


def test_only_the_runner_starts_programs() -> None:
    starting = [
        name(module)
        for module in MODULES
        if any(imported.split(".")[0] in {"subprocess", "multiprocessing", "pty"} for imported in imports_of(module))
    ]
    assert starting == ["mirrorgen/tools/runner.py"]
    forbidden = {"os.system", "os.popen", "os.fork", "os.posix_spawn"}
    for module in MODULES:
        for call in calls_of(module):
            called = ast.unparse(call.func)
            assert called not in forbidden, f"{name(module)}:{call.lineno}"
            assert not called.startswith(("os.exec", "os.spawn")), f"{name(module)}:{call.lineno}"
            assert "shell" not in {keyword.arg for keyword in call.keywords}, f"{name(module)}:{call.lineno}"


def test_only_the_command_line_and_the_reports_print() -> None:
    printing = {"print", "typer.echo", "typer.secho", "sys.stdout.write", "sys.stderr.write"}
    places = [
        f"{name(module)}:{call.lineno}"
        for module in MODULES
        for call in calls_of(module)
        if ast.unparse(call.func) in printing and part_of(module) not in PRINTING
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
    program = "import sys, mirrorgen.cli; print(*{module.partition('.')[0] for module in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert not LAZY & set(loaded.split())
