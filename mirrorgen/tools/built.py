"""The programs that mirrorgen has built, and what says that they are still those."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from mirrorgen.errors import UsageError
from mirrorgen.files import read_file
from mirrorgen.tools.checkouts import checkouts, is_in


def cache_dir(env: Mapping[str, str]) -> Path:
    """Return the user's folder for what mirrorgen builds: MIRRORGEN_CACHE_DIR, or below the XDG cache folder."""
    if env.get("MIRRORGEN_CACHE_DIR"):
        return Path(env["MIRRORGEN_CACHE_DIR"]).absolute()
    base = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME") or Path.home()) / ".cache")
    return Path(base).absolute() / "mirrorgen"


def safe_cache_dir(env: Mapping[str, str], *, around: Path | None = None) -> Path:
    """Return the same folder, for what decides which programs are run.

    Args:
        env: the environment.
        around: the folder of the list; that of the user counts always.

    Raises:
        UsageError: it is in the project, where a branch may have put something.
    """
    folder = cache_dir(env)
    if is_in(folder, checkouts(env, *([around] if around else []))):
        hint = "name another one in MIRRORGEN_CACHE_DIR"
        raise UsageError(f"{folder}, the cache folder, is inside the project", hint=hint)
    return folder


def bin_dir(env: Mapping[str, str]) -> Path:
    """Return the folder that `mirrorgen tools install` puts programs into."""
    return cache_dir(env) / "bin"


def record_path(program: Path) -> Path:
    """Return the file that holds the digest of a program in `bin_dir`, as it was when it had been built."""
    return program.parent.with_name("built") / f"{program.name}.sha256"


def digest_of(program: Path) -> str:
    """Return the SHA-256 of a file, as `sha256sum` writes it."""
    with program.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def changed_since_built(program: Path, env: Mapping[str, str]) -> bool:
    """Return whether a program is in `bin_dir`, and not what was put there.

    Raises:
        InputError: the record of it cannot be read.
    """
    if program.parent != bin_dir(env):
        return False
    recorded = read_file(record_path(program), project=cache_dir(env))
    return recorded is None or recorded.decode("ascii", "replace").strip() != digest_of(program)
