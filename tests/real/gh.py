"""What plays GitHub's command line in a job: `gh api` for issues, comments and pull requests, kept in a file.

Run as a program. Sources: https://cli.github.com/manual/gh_api; https://docs.github.com/rest/issues;
https://docs.github.com/rest/pulls/pulls.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jq

BOT = "github-actions[bot]"
MAX_BODY = 65_536


class Refused(Exception):
    """What GitHub answers with an error."""


class Server:
    """Issues, pull requests and comments of one repository, as a file has them."""

    def __init__(self, state: Path) -> None:
        self._path = state
        self._state = json.loads(state.read_text())

    def answer(self, method: str, endpoint: str, fields: dict[str, str]) -> Any:
        """Do what is asked, and return what GitHub returns."""
        self._state["calls"].append({"method": method, "endpoint": endpoint, "fields": fields})
        try:
            if len(fields.get("body", "")) > MAX_BODY:
                raise Refused("HTTP 422: Validation Failed (body is too long (maximum is 65536 characters))")
            return self._answer(method, endpoint, fields)
        finally:
            self._path.write_text(json.dumps(self._state, indent=2))

    def _answer(self, method: str, endpoint: str, fields: dict[str, str]) -> Any:
        url = urlsplit(endpoint)
        path = re.sub(r"^repos/example/mirror/", "", url.path)
        if (method, path) == ("GET", "issues"):
            (wanted,) = parse_qs(url.query).get("state", ["open"])
            return [issue for issue in self._state["issues"] if issue["state"] == wanted]
        if (method, path) == ("POST", "issues"):
            return self._made("issues", {"number": len(self._state["issues"]) + 1, "state": "open", **fields})
        if (method, path) == ("GET", "pulls"):
            return self._pulls(parse_qs(url.query))
        if (method, path) == ("POST", "pulls"):
            return self._opened(**fields)
        if found := re.fullmatch(r"pulls/(\d+)", path):
            return self._changed(method, self._one("pulls", "number", int(found[1])), fields)
        if found := re.fullmatch(r"issues/(\d+)", path):
            return self._changed(method, self._one("issues", "number", int(found[1])), fields)
        if found := re.fullmatch(r"issues/(\d+)/comments", path):
            number = self._one("issues", "number", int(found[1]))["number"]
            if method == "GET":
                return [comment for comment in self._state["comments"] if comment["issue"] == number]
            return self._made("comments", {"id": 1000 + len(self._state["comments"]), "issue": number, **fields})
        if found := re.fullmatch(r"issues/comments/(\d+)", path):
            return self._changed(method, self._one("comments", "id", int(found[1])), fields)
        raise Refused("HTTP 404: Not Found")

    def _pulls(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        """Pull requests in a state, the newest first; `head` names a branch with the owner of its repository."""
        (wanted,) = query.get("state", ["open"])
        (branch,) = query.get("head", [""])
        return [
            pull
            for pull in reversed(self._state["pulls"])
            if pull["state"] == wanted and branch in {"", pull["head"]["label"]}
        ]

    def _opened(self, *, head: str, base: str, title: str, body: str) -> dict[str, Any]:
        if self._pulls({"head": [f"example:{head}"]}):
            raise Refused(f"HTTP 422: Validation Failed (A pull request already exists for example:{head}.)")
        source = {"ref": head, "label": f"example:{head}", "repo": {"full_name": "example/mirror"}}
        number = len(self._state["pulls"]) + 1
        made = {"number": number, "state": "open", "merged_at": None, "head": source, "base": {"ref": base}}
        return self._made("pulls", {**made, "title": title, "body": body})

    def _made(self, kind: str, made: dict[str, Any]) -> dict[str, Any]:
        self._state[kind].append({"user": {"login": BOT}, **made})
        return made

    def _one(self, kind: str, key: str, value: int) -> dict[str, Any]:
        for found in self._state[kind]:
            if found[key] == value:
                return dict(found) | {"_at": self._state[kind].index(found), "_kind": kind}
        raise Refused("HTTP 404: Not Found")

    def _changed(self, method: str, found: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
        if method == "PATCH":
            self._state[found["_kind"]][found["_at"]] |= fields
        return found


def main(state: Path, argv: list[str]) -> int:
    """Run one call; return the exit code."""
    if not os.environ.get("GH_TOKEN"):
        sys.stderr.write("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.\n")
        return 4
    if argv == ["auth", "setup-git"]:
        return 0  # the remote of a test asks for no password
    parser = argparse.ArgumentParser(prog="gh")
    parser.add_argument("command", choices=["api"])
    parser.add_argument("endpoint")
    parser.add_argument("--method")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--jq")
    parser.add_argument("-f", dest="texts", action="append", default=[])
    parser.add_argument("-F", dest="typed", action="append", default=[])
    given = parser.parse_args(argv)
    fields = dict(field.split("=", 1) for field in given.texts)
    for field in given.typed:
        name, _, value = field.partition("=")
        fields[name] = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
    try:
        answer = Server(state).answer(given.method or ("POST" if fields else "GET"), given.endpoint, fields)
    except Refused as refused:
        sys.stderr.write(f"gh: {refused}\n")
        return 1
    if given.jq:
        results = jq.compile(given.jq).input_value(answer).all()
        sys.stdout.write("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in results))
    elif not given.silent:
        sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
