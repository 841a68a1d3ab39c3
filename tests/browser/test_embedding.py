"""The widget on other people's pages: small, quiet, unharmed by them and harmless to them."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


def test_c01_widget_stays_small(visitor: Visitor) -> None:
    """What a visitor downloads stays within the budget, compressed."""
    visitor.visit()
    visitor.open()
    names = {url.rsplit("/", 1)[1] for _, url, _ in visitor.requests if "/widget" in url}
    sizes = {name: len(gzip.compress((WIDGET / name).read_bytes(), 9)) for name in names - {"icon.svg", "page.css"}}
    assert sizes["widget.js"] <= LARGEST_LOADER_BYTES
    assert sum(sizes.values()) <= LARGEST_BYTES


def test_c02_closed_widget_is_one_script_and_one_button(visitor: Visitor) -> None:
    """Before it is opened the widget loads its loader only, and shifts nothing."""
    visitor.page.add_init_script(
        """window.shifts = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((shift) => (window.shifts += shift.value)))
            .observe({ type: "layout-shift", buffered: true });"""
    )
    visitor.visit()
    visitor.page.wait_for_timeout(300)
    ours = [url for _, url, _ in visitor.requests if "/widget" in url and not url.endswith(("page.css", "icon.svg"))]
    assert ours == [visitor.site + "/widget.js"]
    assert not [url for _, url, _ in visitor.requests if "/v1/" in url]
    assert visitor.page.evaluate("window.shifts") == 0


def test_c04_hostile_page_styles_leave_the_panel_usable(visitor: Visitor, answer: dict[str, Any]) -> None:
    """The page's own rules, however rude, do not reach into the widget."""
    visitor.fake_answers(answer)
    visitor.visit()
    visitor.page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(
                "* { all: unset !important } html { font-size: 62.5% } button, div { display: none !important }"
            );
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    visitor.open()
    visitor.panel.locator(".agree").click()
    visitor.ask()
    assert visitor.panel.bounding_box()["width"] == 420
    assert visitor.input.evaluate("(it) => parseFloat(getComputedStyle(it).fontSize)") >= 16


def test_c05_second_script_changes_nothing(visitor: Visitor) -> None:
    """Including the script twice gives one widget and no error."""
    visitor.visit()
    visitor.page.add_script_tag(url="/widget.js")
    visitor.page.evaluate("document.body.append(document.createElement('clinic-assistant'))")
    expect(visitor.launcher).to_have_count(1)
    assert visitor.errors == []


def test_c20_page_learns_no_word_of_the_conversation(visitor: Visitor, answer: dict[str, Any]) -> None:
    """The events that the page can hear hold ids, counts and codes, and not even whether it was a crisis."""
    visitor.page.add_init_script(
        """window.heard = [];
        for (const name of ["ready", "open", "close", "answer", "error"])
          document.addEventListener(`clinic-assistant:${name}`, (e) => window.heard.push([name, e.detail]));"""
    )
    visitor.fake_answers(answer, 500)
    visitor.start()
    visitor.ask()
    visitor.send("And now?")
    visitor.panel.locator(".trouble").wait_for()
    visitor.page.keyboard.press("Escape")
    expect(visitor.launcher).to_be_focused()
    assert visitor.page.evaluate("window.heard") == [
        ["ready", {}],
        ["open", {}],
        ["answer", {"id": "a-1", "sources": 2}],
        ["error", {"code": "server"}],
        ["close", {}],
    ]
