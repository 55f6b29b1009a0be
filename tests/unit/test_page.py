"""The status page: one file that asks nobody, says what is wrong first, and lets no text become markup."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from selenium.webdriver.common.by import By

from mirrorgen.destinations.port import SettingDifference, StoredImage
from mirrorgen.operations.holding.status import RepositoryStatus, Status, TagState, TagStatus
from mirrorgen.outcomes import Failure, Kind, TagRef
from mirrorgen.project import load
from mirrorgen.reporting.metrics import format_metrics
from mirrorgen.reporting.page import format_page
from tests.browser import CHROMIUM, DRIVER, browser

NOW = datetime(2026, 1, 31, 6, tzinfo=UTC)
EVIL = "<script>alert(1)</script>\"'&"

needs_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver")


def image(r: int, t: int) -> StoredImage:
    digest, pushed = f"sha256:{r:032}{t:032}", NOW - timedelta(days=r + t)
    return StoredImage(digest, (f"v1.{t}",), pushed, size_bytes=2**20 * (t + 1))


@pytest.fixture
def status(tmp_path: Path) -> Callable[..., Status]:
    """Make a status of so many repositories with so many tags, one of which is missing."""
    (tmp_path / "images.yaml").write_text('images:\n  - source: quay.io/org/app\n    tags: ["v1"]\n    owner: team\n')
    desired = load(tmp_path / "images.yaml").desired
    assert desired

    def make(repositories: int, tags: int, *, owner: str = "team", wrong: bool = True) -> Status:
        found = []
        for r in range(repositories):
            images = [
                TagStatus(f"v1.{t}", TagState.PRESENT, "quay.io/org/app", owner, image(r, t)) for t in range(tags)
            ]
            if wrong and r == 0:
                images[0] = TagStatus("v1.0", TagState.MISSING, "quay.io/org/app", owner, None)
            repository = replace(desired.repositories[0], name=f"mirror/quay/org/app{r}")
            settings = (SettingDifference("scan on push", "true", "false"),) if wrong and r == 0 else ()
            size = sum(tag.image.size_bytes or 0 for tag in images if tag.image)
            found.append(RepositoryStatus(repository, True, settings, tuple(images), 0, size))
        failures = (Failure(TagRef("mirror/quay/org/down"), Kind.UNAVAILABLE, "connection refused"),) if wrong else ()
        return Status(NOW, desired.target, tuple(found), (), failures, ())

    return make


def page(status: Status) -> str:
    return format_page(status, registry="123456789012.dkr.ecr.eu-west-1.amazonaws.com")


def test_the_page_asks_nobody(status: Callable[..., Status]) -> None:
    text = page(status(3, 3))
    outside = re.findall(r"""(?:src|href|url|import|action)\s*[=(]\s*["']?(?!#)([^"'\s)>]+)""", text)
    assert not [one for one in outside if not one.startswith("data:")]
    assert "default-src 'none'" in text


def test_user_text_never_becomes_markup(status: Callable[..., Status]) -> None:
    text = page(status(1, 2, owner=EVIL))
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)" in text


def test_problems_come_first(status: Callable[..., Status]) -> None:
    text = page(status(2, 2))
    assert text.index("connection refused") < text.index("tag missing") < text.index('id="charts"')
    assert "not in sync" in text
    assert "None: ECR holds what the list asks for." in page(status(2, 2, wrong=False))


def test_metrics_can_be_read_by_prometheus(status: Callable[..., Status]) -> None:
    families = {family.name: family for family in text_string_to_metric_families(format_metrics(status(2, 3)))}
    (in_sync,) = families["mirrorgen_in_sync"].samples
    assert in_sync.value == 0
    missing = {
        sample.labels["repository"]: sample.value
        for sample in families["mirrorgen_tags"].samples
        if sample.labels["state"] == "missing"
    }
    assert missing == {"mirror/quay/org/app0": 1, "mirror/quay/org/app1": 0}


@pytest.fixture
def opened(status: Callable[..., Status], tmp_path: Path) -> Iterator[Any]:
    """The page of 10,000 images, in a browser."""
    (tmp_path / "page.html").write_text(page(status(100, 100)), encoding="utf-8")
    with browser(tmp_path / "profile") as driver:
        driver.get((tmp_path / "page.html").as_uri())
        yield driver


def visible(driver: Any) -> int:
    return int(driver.execute_script("return document.querySelectorAll('#table tbody tr:not([hidden])').length"))


def enter(driver: Any, box: str, value: str) -> None:
    """Put a value into a field, as if a person had."""
    event = "change" if box == "state" else "input"
    script = f"const box = document.getElementById('{box}'); box.value = '{value}';"
    script += f" box.dispatchEvent(new Event('{event}'))"
    driver.execute_script(script)


def first_cell(driver: Any, column: int) -> str:
    script = f"return document.querySelector('#table tbody tr:not([hidden]) td:nth-child({column})').textContent"
    return str(driver.execute_script(script))


@needs_browser
def test_ten_thousand_images_are_searched_and_sorted_by_a_person(opened: Any) -> None:
    assert visible(opened) == 10_000
    search = opened.find_element(By.ID, "search")
    search.send_keys("app42 v1.7")
    assert opened.find_element(By.ID, "shown").text == f"{visible(opened)} of 10000 images"
    assert visible(opened) == 11  # v1.7 and v1.70 to v1.79
    search.clear()
    search.send_keys("no such image")
    assert visible(opened) == 0
    enter(opened, "search", "")

    size = opened.find_elements(By.CSS_SELECTOR, "#table th button")[4]
    size.click()
    size.click()
    assert size.find_element(By.XPATH, "..").get_attribute("aria-sort") == "descending"
    assert first_cell(opened, 5) == "100.0 MiB"

    enter(opened, "state", "missing")
    assert visible(opened) == 1

    took = opened.execute_script(
        "const box = document.getElementById('search'), start = performance.now();"
        "document.getElementById('state').value = ''; box.value = 'app9'; box.dispatchEvent(new Event('input'));"
        "document.body.offsetHeight; return performance.now() - start"
    )
    assert took < 5_000  # a person waits no longer; on an idle machine it is a fraction of a second


@needs_browser
def test_nothing_is_loaded_and_nothing_complains(opened: Any) -> None:
    assert [entry for entry in opened.get_log("browser") if entry["level"] == "SEVERE"] == []
    messages = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    sent = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    assert [url for url in sent if url.startswith(("http:", "https:", "ws:", "wss:"))] == []


@needs_browser
def test_the_keyboard_reaches_everything_and_headings_say_what_they_are(opened: Any) -> None:
    assert opened.execute_script(
        "return [...document.querySelectorAll('input, select, #table th button')].every(one => one.tabIndex === 0)"
    )
    assert opened.execute_script("return [...document.querySelectorAll('label')].every(one => one.control)")
    assert opened.execute_script("return document.querySelectorAll('h1').length") == 1
    assert opened.execute_script("return [...document.querySelectorAll('th')].every(one => one.scope === 'col')")


@needs_browser
def test_dark_is_dark(status: Callable[..., Status], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page(status(1, 1)), encoding="utf-8")
    colours = set()
    for dark in (False, True):
        with browser(tmp_path / f"profile-{dark}", dark=dark) as driver:
            driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia",
                {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]},
            )
            driver.get((tmp_path / "page.html").as_uri())
            colours.add(driver.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert colours == {"rgb(255, 255, 255)", "rgb(13, 17, 23)"}
