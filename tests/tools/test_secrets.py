"""What is masked in a text that quotes a program, and what is left alone."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorgen.tools.secrets import Secrets

USER, PASSWORD = "robot$mirror", 'p/ss "w<rd>?é>'
SECRETS = Secrets.of(pairs=[(USER, PASSWORD)])


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        encoded(PASSWORD),
        encoded(f"{USER}:{PASSWORD}"),
        encoded(f"{USER}:{PASSWORD}").rstrip("="),
        base64.urlsafe_b64encode(PASSWORD.encode()).decode(),
        json.dumps(PASSWORD)[1:-1],
        json.dumps(PASSWORD, ensure_ascii=False)[1:-1],
        r"p/ss \"w\u003crd\u003e?é\u003e",
        quote(PASSWORD),
        quote(PASSWORD, safe=""),
        quote_plus(PASSWORD),
    ],
)
def test_a_secret_is_masked_however_it_is_written(form: str) -> None:
    assert SECRETS.redact(f"before {form} after") == "before *** after"


GO_USERINFO, GO_SEGMENT = "$&+,;=", "$&+=:@"
"""What Go's net/url leaves as it is in these parts of a URL."""

WAYS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "json": json.dumps,
    "json in json": lambda text: json.dumps(json.dumps({"error": text})),
    "json with html escaped": lambda text: json.dumps(text).replace("<", r"\u003c").replace("&", r"\u0026"),
    "python": repr,
    "html": html.escape,
    "query": lambda text: quote_plus(text, errors="surrogateescape"),
    "user info of a url": lambda text: quote(text, safe=GO_USERINFO, errors="surrogateescape"),
    "segment of a url": lambda text: quote(text, safe=GO_SEGMENT, errors="surrogateescape"),
    "url in a url": lambda text: quote(quote(text, safe=""), safe=""),
    "header": lambda text: f"Basic {encoded(f'{USER}:{text}')}",
    "url-safe": lambda text: base64.urlsafe_b64encode(f"{USER}:{text}".encode()).decode(),
    "header in a url": lambda text: quote(encoded(f"{USER}:{text}"), safe=""),
    "docker config": lambda text: json.dumps({"auths": {"quay.io": {"auth": encoded(f"other:{text}")}}}),
    "base64 of json": lambda text: encoded(json.dumps({"password": text}, ensure_ascii=False)),
    "wrapped": lambda text: f"xx{text}{text}yy{text[:-1]}{text}",
}
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"))
LINES = st.text(LETTERS | st.sampled_from(" \"'\\/+%&<>=:@$,;~!*()?#"), min_size=12, max_size=40)


@settings(max_examples=150)
@given(password=LINES, around=st.text('\\"%+ -_.\n', max_size=20), way=st.sampled_from(sorted(WAYS)))
def test_no_spelling_of_a_password_can_be_read(password: str, around: str, way: str) -> None:
    password = f"x{password}x"
    shown = Secrets.of(pairs=[(USER, password)]).redact(f"{around} {WAYS[way](password)} {around}")
    for spelling in WAYS.values():
        assert not any(part in shown for part in [spelling(password), spelling(password).rstrip("=")])


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    assert Secrets.of(["abcdefgh", "xyzabcd"]).redact("1 xyzabcdefgh 2") == "1 *** 2"
    assert Secrets.of(["abcXabc"]).redact("abcXabcXabc") == "***"


def test_each_line_of_a_key_is_masked() -> None:
    key = '{\n  "type": "service_account",\n  "private_key": "-----BEGIN"\n}\n'
    shown = Secrets.of(pairs=[("_json_key", key)]).redact('error near   "private_key": "-----BEGIN" in {x}')
    assert shown == "error near   *** in {x}"


def test_a_secret_with_a_blank_at_its_end_is_masked_without_it() -> None:
    assert Secrets.of(["hunter2\n"]).redact("no: hunter2.") == "no: ***."


@pytest.mark.parametrize(
    "password", ["\\%aaaaaaab", "\\" * 20 + "b", '\\"' * 10 + "b", "%25" * 10 + "b", "a" * 20 + "b"]
)
def test_a_long_text_takes_no_time(password: str) -> None:
    hostile = "\\" * 20_000 + "%25" * 20_000 + "a" * 20_000 + '\\"' * 20_000
    assert Secrets.of(pairs=[("user", password)]).redact(hostile) == hostile


def test_a_user_name_is_no_secret() -> None:
    assert SECRETS.redact(f"signed in as {USER}") == f"signed in as {USER}"


def test_nothing_is_left_of_a_secret_that_has_another_one_in_it() -> None:
    assert Secrets.of(["hunter", "hunter2-and-more"]).redact("hunter2-and-more, hunter") == "***, ***"


def test_the_mask_is_not_masked() -> None:
    assert Secrets.of(["*", "hunter2"]).redact("hunter2") == "***"


@pytest.mark.parametrize("short", ["a", "1", "ok", "abc"])
def test_a_short_secret_is_masked_as_a_word_and_leaves_other_words_alone(short: str) -> None:
    assert Secrets.of([short]).redact(f"x{short}y: {short}, {short}.") == f"x{short}y: ***, ***."


@pytest.mark.parametrize("values", [[], [""]])
def test_without_a_secret_nothing_is_masked(values: list[str]) -> None:
    assert Secrets.of(values, pairs=[("", "")]).redact("nothing : here") == "nothing : here"


def test_a_secret_is_text_and_no_pattern() -> None:
    assert Secrets.of(["a.c+"]).redact("abcc a.c+") == "abcc ***"


def test_bytes_that_are_no_utf8_stop_nothing() -> None:
    assert Secrets.of(pairs=[("user", "p\udcffword")]).redact("p\udcffword") == "***"
