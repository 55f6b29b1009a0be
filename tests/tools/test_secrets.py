"""What is masked in a text that quotes a program, and what is left alone; tests/fuzz/test_secrets.py has more of it."""

from __future__ import annotations

import base64
import json
from time import process_time
from urllib.parse import quote, quote_plus

import pytest

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
    secrets = Secrets.of(pairs=[("user", password)])
    start = process_time()
    assert secrets.redact(f"{hostile} end").endswith(" end")
    assert process_time() - start < 5.0


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("eighteen letters--", "***"),
        ("no 'eighteen lett' of it", "no '***t' of it"),
        ("no 'ghteen letters--' of it", "no '***' of it"),
        ("less than half: ighteen", "less than half: ighteen"),
    ],
)
def test_half_of_a_secret_is_not_left(said: str, shown: str) -> None:
    assert Secrets.of(["eighteen letters--"]).redact(said) == shown


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
