"""Put a released Terraform into a folder, if it has a digest that is known: for the container image.

Usage: fetch_terraform.py RELEASES VERSION DIGESTS FOLDER

RELEASES is where HashiCorp's releases are, or a copy of them. DIGESTS are the SHA-256 of the zip, one for each platform
that is built, as in `terraform_VERSION_SHA256SUMS`. They are given by whoever builds the image, and not fetched: the
place that has the zip could put others beside it.
"""

from __future__ import annotations

import hashlib
import io
import platform
import re
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

PLATFORMS = {"x86_64": "amd64", "aarch64": "arm64"}


def fetch(releases: str, version: str, digests: list[str], folder: Path) -> None:
    """Download Terraform for this platform, and unpack it if it has one of the digests; otherwise exit."""
    if not re.fullmatch(r"\d+\.\d+\.\d+[a-z0-9.-]*", version, re.ASCII):
        sys.exit(f"TERRAFORM_VERSION={version} is not a version such as 1.11.4")
    if not digests or not all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests):
        sys.exit(f"TERRAFORM_SHA256 must have the SHA-256 of terraform_{version}_linux_*.zip for each platform")
    url = f"{releases.rstrip('/')}/{version}/terraform_{version}_linux_{PLATFORMS[platform.machine()]}.zip"
    # The digest decides, not the address.
    with urlopen(url, timeout=300) as answer:  # noqa: S310
        archive = answer.read()
    digest = hashlib.sha256(archive).hexdigest()
    if digest not in digests:
        sys.exit(f"{url} has the SHA-256 {digest}, which is not in TERRAFORM_SHA256")
    with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
        program = folder / "terraform"
        program.write_bytes(unpacked.read("terraform"))
    program.chmod(0o755)


if __name__ == "__main__":
    fetch(sys.argv[1], sys.argv[2], sys.argv[3].split(), Path(sys.argv[4]))
