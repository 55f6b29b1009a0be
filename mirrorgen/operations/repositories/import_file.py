"""The file in which `import` blocks stand until they are applied; the targets of a list share it with the module."""

from __future__ import annotations

from mirrorgen.errors import InputError
from mirrorgen.files import read_file
from mirrorgen.operations.runtime import Runtime

IMPORTS_FILE = "terraform/imports.tf"
"""Where the blocks stand."""

OURS = "# Written by `mirrorgen adopt`. `mirrorgen apply` removes it, once it is applied.\n"
"""What a file of ours begins with."""

_OF_TARGET = "# Of the target "


def header(runtime: Runtime) -> str:
    """Return the first lines of the file for a run: whose it is, and of which of several targets."""
    name = runtime.desired.target.list_name
    return OURS + (f"{_OF_TARGET}{name}.\n" if name else "") + "\n"


def require_own_imports(runtime: Runtime) -> None:
    """Make sure that what waits to be taken over is this target's: it must get into no other state.

    Raises:
        InputError: it is another's.
    """
    name = runtime.desired.target.list_name
    text = (read_file(runtime.workplace / IMPORTS_FILE, project=runtime.workplace) or b"").decode(errors="replace")
    _, is_said, rest = text.partition(f"{OURS}{_OF_TARGET}")
    if not text or text.startswith(header(runtime)) or not (name or is_said):
        return
    other = rest.partition(".")[0] if is_said else "nobody knows which target"
    message = (
        f"{IMPORTS_FILE} takes over repositories of {other}, and the plan would be for {name or 'the only target'}"
    )
    raise InputError(message, hint="apply that first, or remove the file and adopt again later")
