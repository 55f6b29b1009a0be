"""What Terraform says of repositories that it was to create and that are there."""

from __future__ import annotations

import re

from mirrorgen.errors import ToolFailed


class AlreadyExists(ToolFailed):
    """Repositories could not be created, because they are there and Terraform's state does not have them.

    Args:
        message: what Terraform said.
        addresses: of the repositories, as Terraform writes them.
    """

    def __init__(self, message: str, addresses: tuple[str, ...]) -> None:
        super().__init__(message)
        self.addresses = addresses


def existing_addresses(stderr: str) -> tuple[str, ...]:
    """Return the addresses of repositories that could not be created because they exist, each once.

    Args:
        stderr: what `terraform apply` said: a paragraph for each error, that names the address in a line of its own.
    """
    found = []
    for said in re.split(r"^\W*Error: ", stderr, flags=re.MULTILINE)[1:]:
        address = re.search(r"^\W*with (\S.*),$", said, re.MULTILINE)
        # The text is wrapped, but an exception has no blank in its name.
        if address and "RepositoryAlreadyExistsException" in said:
            found.append(address[1])
    return tuple(dict.fromkeys(found))
