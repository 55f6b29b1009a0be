"""Where the data files that travel with the package are: the only module that knows."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(name: str) -> Path:
    """Return the folder or file `name` ("templates", "terraform", "schemas/images.schema.json", ...).

    In an installed wheel the top-level folders live under `mirrorgen/_data/`; in a checkout they stand beside
    the package.

    Raises:
        FileNotFoundError: the installation is broken.
    """
    checkout = _PACKAGE.parent
    candidates = [_PACKAGE / "_data" / name, _PACKAGE / name]
    if (checkout / "pyproject.toml").is_file():
        candidates.append(checkout / name)
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"the installation is broken: {name} is not in {_PACKAGE}")
