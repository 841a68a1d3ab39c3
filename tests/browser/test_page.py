"""The demonstration page: readable, reachable by everybody, and useful without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


def test_page_shows_article_and_says_it_is_a_demonstration(visitor: Visitor) -> None:
    """The page has the landmarks of an article page and calls itself a demonstration."""
    visitor.visit()
    for role in ("banner", "navigation", "main", "article", "contentinfo"):
        expect(visitor.page.get_by_role(role).first).to_be_visible()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_count(1)
    expect(visitor.page.get_by_text("Demonstration page")).to_be_visible()


def test_page_keeps_its_content_security_policy(visitor: Visitor) -> None:
    """No inline style or script stands in the page, and the browser has nothing to block."""
    blocked: list[str] = []
    visitor.page.on("console", lambda message: "Content Security" in message.text and blocked.append(message.text))
    visitor.visit()
    visitor.open()
    # The widget's own element has properties that were set by script, which no policy forbids.
    inline = "document.querySelectorAll('[style]:not(clinic-assistant), style, script:not([src])').length"
    assert visitor.page.evaluate(inline) == 0
    assert blocked == []
    assert visitor.errors == []


def test_skip_link_comes_first(visitor: Visitor) -> None:
    """The first press of Tab shows the way past the navigation."""
    visitor.visit()
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.locator(".skip")).to_be_focused()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("#article")).to_be_focused()


def test_c23_page_without_scripts_leads_to_people(make_visitor: Any) -> None:
    """A browser without JavaScript shows the contact and 988."""
    visitor = make_visitor(java_script_enabled=False)
    visitor.page.goto(visitor.site)
    note = visitor.page.locator("noscript")
    expect(note.locator("a[href='#contact']")).to_be_visible()
    expect(note.locator("a[href='tel:988']")).to_be_visible()


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_page_does_not_scroll_sideways(make_visitor: Any, width: int) -> None:
    """The page fits every width from 320 pixels on."""
    visitor = make_visitor(width=width, height=640)
    visitor.visit()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


def test_c22_launcher_does_not_hide_a_focused_link(make_visitor: Any) -> None:
    """Every link of a narrow page can be seen while it has the focus."""
    visitor = make_visitor(width=320, height=480)
    visitor.visit()
    box = visitor.launcher.bounding_box()
    for link in visitor.page.locator("main a, footer a").all():
        link.focus()
        at = link.bounding_box()
        covered = at["y"] >= box["y"] and at["y"] + at["height"] <= box["y"] + box["height"] and at["x"] >= box["x"]
        assert not covered, link.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_page_has_no_accessibility_violations(make_visitor: Any, scheme: str, width: int) -> None:
    """Axe finds nothing on the page with the closed assistant."""
    visitor = make_visitor(width=width, color_scheme=scheme)
    visitor.visit()
    assert visitor.find_violations() == []


def test_panel_writes_the_line_that_embeds(visitor: Visitor) -> None:
    """What the editor chooses stands in the line and shows on the button; a colour that cannot be read does neither."""
    visitor.visit()
    line = visitor.page.locator(".embed code")
    expect(line).to_have_text(f'<script src="{visitor.site}/widget.js" async></script>')
    panel = visitor.page.locator(".embed")
    panel.get_by_label("Language").select_option("es")
    panel.get_by_label("Light or dark").select_option("light")
    panel.get_by_label("Words on the button").fill('Say "hello"')
    panel.get_by_label("Colour").fill("#7a1f5c")
    panel.get_by_label("Colour").press("Tab")
    expect(visitor.launcher).to_have_text('Say "hello"')
    expect(visitor.launcher).to_have_css("background-color", "rgb(122, 31, 92)")
    data = 'data-lang="es" data-theme="light" data-label="Say &quot;hello&quot;" data-accent="#7a1f5c"'
    expect(line).to_have_text(f'<script src="{visitor.site}/widget.js" async {data}></script>')
    panel.get_by_label("Colour").fill("#ffee99")
    panel.get_by_label("Pin this release").check()
    expect(panel.locator(".said")).to_contain_text("too little contrast")
    expect(line).not_to_contain_text("accent")
    expect(line).to_contain_text('crossorigin="anonymous"')
    expect(line).to_contain_text('integrity="sha384-')


def test_page_marks_references(visitor: Visitor) -> None:
    """Each reference of the article stands there with its verdict in words, and only what exists is a link."""
    visitor.visit()
    listed = visitor.page.locator(".references li")
    expect(listed).to_have_count(5)
    expect(listed.filter(has_text="Not found")).to_have_count(4)
    expect(visitor.page.locator(".references a")).to_have_count(1)
