"""The status page in a browser: as a person sees it, in the light and in the dark, on a wide screen and on a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mirrorgen.reporting.page import format_page
from tests.browser import CHROMIUM, DRIVER, browser
from tests.statuses import made_up

pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver")

# For each text that is seen, the contrast with what is behind it, where it is too little:
# https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio
FAINT = """
const numbers = colour => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
const light = ([r, g, b]) => [r, g, b].map(value => value / 255)
  .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
const behind = element => {
  for (; element; element = element.parentElement) {
    const colour = numbers(getComputedStyle(element).backgroundColor);
    if (colour[3] === 1) return colour;
    if (colour[3] !== 0) throw new Error("half transparent");
  }
  throw new Error("nothing behind");
};
const faint = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("script")) continue;
  const pair = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
  const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
  if (ratio < 4.5) faint.push(`${walker.currentNode.data}: ${ratio.toFixed(2)}`);
}
return faint;
"""


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The one browser, which every test gets with a page of its own."""
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of four images, and one of 10,000."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "small.html").write_text(format_page(made_up(2, 2)), encoding="utf-8")
    (folder / "large.html").write_text(format_page(made_up(100, 100)), encoding="utf-8")
    return folder


def shown(window: Any, page: Path, *, scheme: str = "light", width: int = 1280) -> Any:
    """Show a page in a colour scheme, in a window so wide, in CSS pixels."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    window.get(page.as_uri())
    return window


def visible(driver: Any) -> int:
    return int(driver.execute_script("return document.querySelectorAll('#table tbody tr:not([hidden])').length"))


def enter(driver: Any, box: str, value: str) -> None:
    """Put a value into a field, as if a person had."""
    event = "change" if box == "state" else "input"
    script = f"const box = document.getElementById('{box}'); box.value = '{value}';"
    script += f" box.dispatchEvent(new Event('{event}'))"
    driver.execute_script(script)


def first_cell(driver: Any, column: int) -> str:
    script = f"return document.querySelector('#table tbody tr:not([hidden]) > :nth-child({column})').textContent"
    return str(driver.execute_script(script))


def test_ten_thousand_images_are_searched_and_sorted_by_a_person(window: Any, folder: Path) -> None:
    opened = shown(window, folder / "large.html")
    assert visible(opened) == 500
    assert opened.find_element(By.ID, "shown").text == "10000 of 10000 images, the first 500 below"
    search = opened.find_element(By.ID, "search")
    search.send_keys("app42 v1.7")
    assert opened.find_element(By.ID, "shown").text == "11 of 10000 images"
    assert visible(opened) == 11  # v1.7 and v1.70 to v1.79
    search.clear()
    search.send_keys("no such image")
    assert visible(opened) == 0
    enter(opened, "search", "")

    heads = opened.find_elements(By.CSS_SELECTOR, "#table th[scope=col]")
    column = [head.text for head in heads].index("size")
    button = heads[column].find_element(By.TAG_NAME, "button")
    button.click()
    button.click()
    assert heads[column].get_attribute("aria-sort") == "descending"
    assert first_cell(opened, column + 1) == "100.0 MiB"

    enter(opened, "state", "missing")
    assert visible(opened) == 1

    took = opened.execute_script(
        "const box = document.getElementById('search'), start = performance.now();"
        "document.getElementById('state').value = ''; box.value = 'app9'; box.dispatchEvent(new Event('input'));"
        "document.body.offsetHeight; return performance.now() - start"
    )
    assert took < 5_000  # a person waits no longer; on an idle machine it is a fraction of a second


def test_all_images_are_shown_to_who_asks(window: Any, folder: Path) -> None:
    opened = shown(window, folder / "large.html")
    enter(opened, "search", "app9")
    assert visible(opened) == 500
    opened.find_element(By.ID, "more").click()
    assert visible(opened) == 1100  # app9 and app90 to app99
    assert not opened.find_element(By.ID, "more").is_displayed()


def test_nothing_is_loaded_and_nothing_complains(window: Any, folder: Path) -> None:
    for kind in ("browser", "performance"):
        window.get_log(kind)  # of the tests before
    opened = shown(window, folder / "small.html")
    opened.find_element(By.CSS_SELECTOR, "td button").click()
    assert [entry for entry in opened.get_log("browser") if entry["level"] == "SEVERE"] == []
    messages = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    sent = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    assert [url for url in sent if not url.startswith("file:")] == []


def test_the_keyboard_reaches_everything_and_headings_say_what_they_are(window: Any, folder: Path) -> None:
    opened = shown(window, folder / "small.html")
    assert opened.execute_script(
        "return [...document.querySelectorAll('input, select, button, .scroll')].every(one => one.tabIndex === 0)"
    )
    assert opened.execute_script("return [...document.querySelectorAll('label')].every(one => one.control)")
    assert opened.execute_script("return document.querySelectorAll('h1').length") == 1
    scopes = "return [...document.querySelectorAll('th')].every(one => ['col', 'row'].includes(one.scope))"
    assert opened.execute_script(scopes)


def test_the_dark_scheme_is_dark_everywhere(window: Any, folder: Path) -> None:
    background = "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
    seen = {
        scheme: [
            shown(window, folder / "small.html", scheme=scheme).execute_script(background, one)
            for one in ("body", "figure")
        ]
        for scheme in ("light", "dark")
    }
    assert seen == {
        "light": ["rgb(255, 255, 255)", "rgb(246, 248, 250)"],
        "dark": ["rgb(13, 17, 23)", "rgb(22, 27, 34)"],
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [480, 1280])
def test_every_text_stands_out_from_what_is_behind_it(window: Any, folder: Path, scheme: str, width: int) -> None:
    opened = shown(window, folder / "small.html", scheme=scheme, width=width)
    opened.find_element(By.CSS_SELECTOR, "td button").click()
    assert opened.execute_script(FAINT) == []


@pytest.mark.parametrize("width", [320, 480, 1280])
def test_no_page_is_wider_than_its_window(window: Any, folder: Path, width: int) -> None:
    opened = shown(window, folder / "small.html", width=width)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width


def test_on_a_phone_a_row_is_read_from_top_to_bottom(window: Any, folder: Path) -> None:
    opened = shown(window, folder / "small.html", width=480)
    outside = """
    return [...document.querySelectorAll("#table td, #table th, figure *, dl *")]
      .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth)
      .map(one => one.textContent)
    """
    assert opened.execute_script(outside) == []
    before = "return getComputedStyle(document.querySelector('#table tbody tr').cells[2], '::before').content"
    assert opened.execute_script(before) == '"state: "'


@pytest.mark.parametrize("width", [480, 1280])
def test_name_and_value_of_a_bar_stand_clear_of_it_and_of_each_other(window: Any, folder: Path, width: int) -> None:
    opened = shown(window, folder / "small.html", width=width)
    overlapping = """
    const box = element => {
      const range = new Range();
      range.selectNodeContents(element);
      return range.getBoundingClientRect();
    };
    return [...document.querySelectorAll("figure li")].filter(bar => {
      const [name, value] = [...bar.children].map(box), drawn = bar.children[2].getBoundingClientRect();
      return name.right > value.left || Math.max(name.bottom, value.bottom) > drawn.top + 4 || !drawn.width;
    }).map(bar => bar.textContent)
    """
    assert opened.execute_script("return document.querySelectorAll('figure li').length") > 4
    assert opened.execute_script(overlapping) == []


def pasted(opened: Any) -> str:
    """What the clipboard holds, by putting it into the search field."""
    search = opened.find_element(By.ID, "search")
    search.clear()
    ActionChains(opened).click(search).key_down(Keys.CONTROL).send_keys("v").key_up(Keys.CONTROL).perform()
    return str(search.get_attribute("value"))


NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
REFUSED = "Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject(new Error('no'))}})"


@pytest.mark.parametrize("before", ["", NO_CLIPBOARD, REFUSED], ids=["clipboard", "no clipboard", "refused"])
def test_a_reference_is_copied_with_the_keyboard_and_said(window: Any, folder: Path, before: str) -> None:
    opened = shown(window, folder / "small.html")
    opened.execute_script(before)
    row = opened.find_elements(By.CSS_SELECTOR, "#table tbody tr")[1]
    buttons = row.find_elements(By.TAG_NAME, "button")
    assert [button.accessible_name for button in buttons] == ["copy source", "copy image:tag", "copy image@digest"]
    for button in buttons:
        wanted = button.get_attribute("value")
        opened.execute_script("arguments[0].focus()", button)
        ActionChains(opened).send_keys(Keys.ENTER).perform()
        said = opened.execute_async_script(
            "const done = arguments[0], said = document.getElementById('copied');"
            "const look = () => said.textContent.endsWith(document.activeElement.value) ? done(said.textContent)"
            " : requestAnimationFrame(look); look()"
        )
        assert said == f"Copied {wanted}"
        assert opened.switch_to.active_element == button
        assert pasted(opened) == wanted
        assert not row.get_attribute("hidden")  # a reference finds its row


def test_the_clipboard_of_the_browser_is_asked_first(window: Any, folder: Path) -> None:
    opened = shown(window, folder / "small.html")
    taken = "writeText: text => { window.taken = text; return Promise.resolve(); }"
    opened.execute_script(f"Object.defineProperty(navigator, 'clipboard', {{value: {{{taken}}}}})")
    opened.execute_script("document.execCommand = () => { throw new Error('the older way'); }")
    button = opened.find_element(By.CSS_SELECTOR, "td button")
    button.click()
    assert opened.execute_script("return window.taken") == button.get_attribute("value")


def test_where_nothing_may_be_copied_the_text_is_there_to_be_copied_by_hand(window: Any, folder: Path) -> None:
    opened = shown(window, folder / "small.html")
    opened.execute_script(f"{NO_CLIPBOARD}; document.execCommand = () => false")
    button = opened.find_element(By.CSS_SELECTOR, "td button")
    button.click()
    assert opened.execute_script("return getSelection().toString()") == button.get_attribute("value")
    assert "does not let the page copy" in opened.find_element(By.ID, "copied").text
