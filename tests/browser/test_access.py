"""Everybody can use the widget: keyboard, screen reader, small screens, other colours, other sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

LINKS = [{"label": "Book a visit", "href": "https://clinic.example/book"}, {"label": "Call", "href": "tel:5550100"}]


STATES = (
    "closed consent people menu empty answer list source helpful report crisis declined stopped ended busy error "
    "offline removal off outdated unreachable"
).split()


def reach(visitor: Visitor, state: str, answer: dict[str, Any], crisis: dict[str, Any]) -> None:
    """Bring the widget into a state of the list C7."""
    errors = {"error": 500, "busy": 429, "ended": 401}
    consultation = {"kind": "consultation", "title": "Ask your clinician", "text": "They know you.", "links": LINKS}
    declined = crisis | {"outcome": "declined", "message": "I cannot help with amounts.", "card": consultation}
    answers = {"crisis": crisis, "declined": declined, "list": answer | {"is_list": True}}
    visitor.fake_answers(errors.get(state) or answers.get(state, answer))
    if state in {"off", "outdated"}:
        visitor.fake_config(**({"open": False} if state == "off" else {"protocol": 1}))
    if state == "unreachable":
        visitor.fake_errors("**/v1/config", 503)
    if state == "stopped":
        visitor.page.route("**/v1/chat", lambda route: None)
    visitor.page.route("**/v1/feedback", lambda route: route.fulfill(status=204))
    visitor.visit()
    if state != "closed":
        visitor.launcher.click()
    if state in {"outdated", "unreachable"}:
        visitor.panel.locator(".page .primary").wait_for()
    elif state != "closed":
        visitor.panel.locator(".agree").wait_for()
        go_on(visitor, state)


def go_on(visitor: Visitor, state: str) -> None:
    """Go from the question for consent to a state."""
    if state == "people":
        visitor.panel.locator(".contact").click()
    if state in {"consent", "people"}:
        return
    visitor.panel.locator(".agree").click()
    if state in {"error", "busy", "ended", "offline"}:
        if state == "offline":
            visitor.page.route("**/v1/chat", lambda route: route.abort())
            visitor.page.context.set_offline(offline=True)
        visitor.send()
        visitor.panel.locator(".trouble").wait_for()
    elif state == "stopped":
        visitor.send()
        visitor.panel.get_by_role("button", name="Stop answering").click()
        visitor.panel.locator(".ended").wait_for()
    elif state not in {"empty", "off"}:
        visitor.ask()
    look_around(visitor, state)


def look_around(visitor: Visitor, state: str) -> None:
    """Open what a state shows beside an answer."""
    if state == "source":
        visitor.last_answer.locator(".mark").first.click()
    elif state == "menu":
        visitor.panel.locator(".more").click()
    elif state == "removal":
        visitor.choose("Delete my chat")
    elif state == "report":
        visitor.last_answer.locator(".report").click()
    elif state == "helpful":
        visitor.last_answer.get_by_role("button", name="Helpful", exact=True).click()
        expect(visitor.last_answer.locator(".thanks")).not_to_be_empty()


@pytest.mark.parametrize("state", STATES)
def test_c06_no_state_has_accessibility_violations(
    make_visitor: Any, answer: dict[str, Any], crisis: dict[str, Any], state: str
) -> None:
    """Axe, with its best practices, finds nothing in any state, light or dark, in either language."""
    visitor = make_visitor(reduced_motion="reduce")
    reach(visitor, state, answer, crisis)
    found = {}
    for lang in ("en", "es"):
        visitor.page.evaluate("(lang) => ClinicAssistant.setLanguage(lang)", lang)
        for scheme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=scheme)
            found[lang, scheme] = visitor.find_violations("clinic-assistant" if state != "closed" else None)
    assert not any(found.values()), found


def test_c07_whole_conversation_by_keyboard(visitor: Visitor, answer: dict[str, Any], stream_of: Any) -> None:
    """Open, agree, ask, stop, open a source, rate, delete and close need no mouse, and focus ends on the button."""
    visitor.fake_stream([None, stream_of(answer)])
    visitor.page.route("**/v1/*", lambda route: route.fulfill(status=204) if is_said(route) else route.fallback())
    visitor.visit()
    press = visitor.page.keyboard.press
    visitor.launcher.focus()
    press("Enter")
    expect(visitor.panel.locator(".consent .start")).to_be_focused()
    press("Tab")
    assert visitor.focused() == "Agree"
    press("Enter")
    expect(visitor.input).to_be_focused()
    visitor.page.keyboard.type("First line")
    press("Shift+Enter")
    visitor.page.keyboard.type("second line")
    press("Enter")
    expect(visitor.panel.locator(".question")).to_contain_text("First line\nsecond line")
    press("Tab")
    assert visitor.focused() == "Stop answering"
    press("Enter")
    expect(visitor.panel.locator(".ended")).to_be_visible()
    expect(visitor.input).to_be_focused()
    visitor.page.keyboard.type("Again?")
    press("Enter")
    visitor.release(1)
    expect(visitor.last_answer.locator(".sources")).to_be_visible()
    tab_to(visitor, "Source 2")
    press("Enter")
    expect(visitor.last_answer.locator(".source-card")).to_be_visible()
    press("Escape")
    expect(visitor.last_answer.locator(".source-card")).to_have_count(0)
    tab_to(visitor, "Helpful", "Tab")
    press("Space")
    expect(visitor.last_answer.locator(".thanks")).to_be_focused()
    tab_to(visitor, "More")
    press("Enter")
    tab_to(visitor, "Delete my chat", "Tab")
    press("Enter")
    assert visitor.focused() == "Delete"
    press("Enter")
    expect(visitor.panel.locator(".consent .start")).to_be_focused()
    press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()


def is_said(route: Any) -> bool:
    """Tell whether a request says something of an answer, or deletes."""
    return bool(route.request.method != "GET")


def tab_to(visitor: Visitor, label: str, key: str = "Shift+Tab") -> None:
    """Press a key until what has this label is focused."""
    for _ in range(40):
        visitor.page.keyboard.press(key)
        if visitor.focused().startswith(label):
            return
    pytest.fail(f"{label} is not reached by {key}")


def test_c07_tab_leaves_the_panel_on_a_large_screen(visitor: Visitor) -> None:
    """Beside the page the panel is no trap: Tab goes on, and the page stays usable."""
    visitor.start()
    assert visitor.panel.get_attribute("aria-modal") is None
    assert visitor.page.locator("main").evaluate("(it) => it.inert") is False
    for _ in range(15):
        visitor.page.keyboard.press("Shift+Tab")
    assert visitor.page.evaluate("document.activeElement.localName") != "clinic-assistant"


def test_c08_closed_panel_has_nothing_to_focus(visitor: Visitor) -> None:
    """After closing, only the button of the widget is left to the keyboard."""
    visitor.start()
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")
    assert visitor.panel.locator("button:visible, a:visible, textarea:visible").count() == 0


def test_c09_screen_reader_hears_start_and_end_only(visitor: Visitor, answer: dict[str, Any]) -> None:
    """The regions stand there before use; each says the answer's words once, and the log itself is silent."""
    visitor.fake_answers(answer)
    visitor.start()
    expect(visitor.panel.get_by_role("log")).to_have_attribute("aria-live", "off")
    regions = visitor.panel.locator("[aria-live=polite]")
    expect(regions).to_have_count(2)
    regions.first.evaluate(
        """(it) => {
            window.said = [];
            const watch = new MutationObserver(() => {
                const words = it.parentElement.textContent;
                if (words) window.said.push(words);
            });
            watch.observe(it.parentElement, { childList: true, subtree: true, characterData: true });
        }"""
    )
    visitor.ask()
    said = visitor.page.evaluate("window.said")
    assert len(said) == 2
    assert said[1].count(answer["text"]) == 1
    assert "Sources: 2" in said[1]


def test_c10_crisis_card_comes_first_and_is_said_once(visitor: Visitor, crisis: dict[str, Any]) -> None:
    """The card's words are announced assertively once, shown once, and help is one step after the input."""
    visitor.fake_answers(crisis)
    visitor.start()
    alert = visitor.panel.get_by_role("alert")
    expect(alert).to_have_count(1)
    visitor.ask("A hard day")
    expect(alert).to_contain_text(crisis["card"]["text"])
    expect(visitor.last_answer.get_by_text(crisis["card"]["text"])).to_have_count(1)
    assert visitor.last_answer.locator(".sender + .card.crisis").count() == 1
    hrefs = [link.get_attribute("href") for link in visitor.last_answer.locator(".card a").all()]
    assert hrefs == ["tel:988", "sms:988", "tel:911", "https://chat.988lifeline.org/"]
    expect(visitor.input).to_be_focused()
    visitor.page.keyboard.press("Tab")
    assert visitor.focused() == "Call 988"


@pytest.mark.parametrize("state", ["consent", "people", "menu", "source", "report", "crisis", "error", "off"])
def test_c11_small_screen_does_not_scroll_sideways(
    make_visitor: Any, answer: dict[str, Any], crisis: dict[str, Any], state: str
) -> None:
    """At 320 by 480 pixels every state fits its width, and every target can be hit."""
    visitor = make_visitor(width=320, height=480)
    reach(visitor, state, answer, crisis)
    for part in (".surface", ".log"):
        if visitor.panel.locator(part).count():
            assert visitor.panel.locator(part).evaluate("(it) => it.scrollWidth <= it.clientWidth")
    for target in visitor.panel.locator("button:visible, .way:visible").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, target.inner_text()
    visitor.panel.locator(".contact").scroll_into_view_if_needed()
    expect(visitor.panel.locator(".notice > p")).to_be_in_viewport()
    expect(visitor.panel.locator(".contact")).to_be_in_viewport(ratio=1)


def test_c11_reduced_motion_is_respected(make_visitor: Any) -> None:
    """Who asked for less motion gets none."""
    visitor = make_visitor(reduced_motion="reduce")
    visitor.start()
    assert visitor.panel.evaluate("(it) => getComputedStyle(it).animationName") == "none"


def test_c11_forced_colours_keep_borders(make_visitor: Any) -> None:
    """In a high-contrast mode buttons and the panel keep an edge."""
    visitor = make_visitor(forced_colors="active")
    visitor.start()
    for part in (visitor.panel, visitor.launcher, visitor.panel.locator(".send")):
        assert part.evaluate("(it) => getComputedStyle(it).borderTopWidth") == "1px"


def test_c12_panel_covers_a_small_screen_as_a_modal(make_visitor: Any) -> None:
    """On a phone the rest of the page is inert and does not scroll, until the panel is closed."""
    visitor = make_visitor(width=320, height=480)
    visitor.start()
    expect(visitor.panel).to_have_attribute("aria-modal", "true")
    assert visitor.panel.bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 480}
    assert visitor.page.locator("main").evaluate("(it) => it.inert") is True
    visitor.page.keyboard.press("Escape")
    expect(visitor.launcher).to_be_focused()
    assert visitor.page.locator("main").evaluate("(it) => it.inert") is False
    assert visitor.page.evaluate("document.documentElement.style.overflow") == ""


@pytest.mark.parametrize("state", ["consent", "people", "menu", "source", "report", "crisis", "error", "off"])
def test_c11_zoomed_and_spaced_text_stays_whole(
    make_visitor: Any, answer: dict[str, Any], crisis: dict[str, Any], state: str
) -> None:
    """At 200 % zoom and with WCAG's text spacing, nothing is cut off and nothing scrolls sideways."""
    visitor = make_visitor(width=640, height=400, device_scale_factor=2, reduced_motion="reduce")
    reach(visitor, state, answer, crisis)
    visitor.page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
                word-spacing: 0.16em !important } p { margin-block-end: 2em !important }`);
            document.querySelector("clinic-assistant").shadowRoot.adoptedStyleSheets.push(sheet);
        }"""
    )
    cut = visitor.panel.evaluate(
        """(panel) => [...panel.querySelectorAll("*")]
            .filter((it) => it.checkVisibility() && !it.closest(".unseen") && it.localName !== "textarea")
            .filter((it) => it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).display !== "inline"
                || (getComputedStyle(it).overflowY === "hidden" && it.scrollHeight > it.clientHeight + 1))
            .map((it) => it.outerHTML.slice(0, 120))"""
    )
    assert cut == []


def test_c12_input_stays_above_the_keyboard(make_visitor: Any) -> None:
    """When a phone's keyboard takes half of the screen, the panel fits into the other half, and text does not zoom."""
    visitor = make_visitor(width=390, height=844, has_touch=True, is_mobile=True)
    visitor.page.add_init_script(
        """const real = Object.assign(new EventTarget(), { height: 844, offsetTop: 0 });
        Object.defineProperty(window, "visualViewport", { value: real });"""
    )
    visitor.start()
    visitor.page.evaluate(
        "Object.assign(visualViewport, { height: 400, offsetTop: 60 }).dispatchEvent(new Event('resize'))"
    )
    box = visitor.panel.bounding_box()
    assert (box["y"], box["height"]) == (60, 400)
    field = visitor.input.bounding_box()
    assert field["y"] + field["height"] <= 460
    assert visitor.input.evaluate("(it) => parseFloat(getComputedStyle(it).fontSize)") >= 16
    visitor.page.keyboard.press("Escape")
    assert visitor.page.evaluate("document.documentElement.style.overflow") == ""


def test_page_is_not_held_beside_a_large_panel(visitor: Visitor) -> None:
    """On a large screen the page scrolls on while the panel is open."""
    visitor.start()
    assert visitor.page.evaluate("document.documentElement.style.overflow") == ""
    visitor.page.mouse.move(300, 400)
    visitor.page.mouse.wheel(0, 400)
    visitor.wait_for("scrollY > 0")
