"""The widget on other people's pages: small, quiet, unharmed by them and harmless to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from assistant.site import Release

if TYPE_CHECKING:
    from tests.browser.conftest import Elsewhere, Visitor

pytestmark = pytest.mark.browser

LARGEST_BYTES = 35 * 1024
LARGEST_LOADER_BYTES = 3 * 1024
MOST_MS = 50
NOT_THE_WIDGETS = {"page.css", "page.js", "icon.svg"}
HOSTILE = """
    * { all: unset !important; }
    html { font-size: 62.5% !important; }
    button, div, iframe, clinic-assistant { display: none !important; visibility: hidden !important; }
    clinic-assistant, clinic-assistant * { position: static !important; opacity: 0 !important; font: 1px x !important }
"""
UNREADABLE = [
    'data-accent="#eeeeee" data-on-accent="#ffffff"',
    'data-accent="yellow"',
    'data-accent="no colour at all"',
    'data-accent="rgb(0 0 0 / 5%)"',
]


# --- small and quiet -------------------------------------------------------------------------------------------------


def test_c01_widget_stays_small(site: str) -> None:
    """What is sent over the wire, of both builds together, stays within the budget."""
    release = Release.read()
    sent = {}
    with httpx.Client(base_url=site, headers={"Accept-Encoding": "gzip"}) as client:
        for name in release.files.keys() - NOT_THE_WIDGETS - {"launcher.css"}:
            with client.stream("GET", f"/widget/{release.version}/{name}") as answer:
                sent[name] = len(b"".join(answer.iter_raw()))
    assert sent["widget.js"] <= LARGEST_LOADER_BYTES
    assert sum(sent.values()) <= LARGEST_BYTES


def test_c02_closed_widget_is_one_script_and_one_button(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """Before it is opened the widget asks for its loader only, shifts nothing, and is quick on a slow phone."""
    visitor.page.add_init_script(
        """window.shifts = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((shift) => (window.shifts += shift.value)))
            .observe({ type: "layout-shift", buffered: true });"""
    )
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    visitor.page.goto(elsewhere.show(body="<p>Words.</p>" * 50))
    visitor.launcher.wait_for()
    visitor.page.wait_for_timeout(300)
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    assert metrics["ScriptDuration"] * 1000 <= MOST_MS
    assert [url for _, url, _ in visitor.requests if url.startswith(visitor.site)] == [visitor.site + "/widget.js"]
    assert visitor.page.evaluate("window.shifts") == 0
    expect(visitor.panel).to_have_count(0)


def test_a17_whole_conversation_asks_the_clinics_server_alone(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """On another site the widget asks the clinic's server and nobody else, and sends it no cookie and no address."""
    visitor.page.goto(elsewhere.show())
    talk(visitor)
    others = [
        url for _, url, _ in visitor.requests if not url.startswith((visitor.site + "/", elsewhere.address + "/"))
    ]
    assert others == []


def talk(visitor: Visitor) -> None:
    """Ask a real question on the page that is open, and open its first source."""
    visitor.open()
    visitor.panel.locator(".agree").click()
    visitor.ask("Does LDN help with depression?")
    visitor.last_answer.locator(".mark").first.click()
    expect(visitor.last_answer.locator("blockquote").first).to_be_visible()
    assert visitor.errors == []


# --- policies, origins, releases -------------------------------------------------------------------------------------


def test_c03_strict_policy_of_the_page_is_enough(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """Two words in the page's policy let the widget work; it needs no inline style, no eval, no trusted markup."""
    blocked: list[str] = []
    visitor.page.on("console", lambda said: said.type in {"error", "warning"} and blocked.append(said.text))
    policy = (
        f"default-src 'none'; script-src {visitor.site}; connect-src {visitor.site}; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    visitor.page.goto(elsewhere.show(policy=policy))
    talk(visitor)
    visitor.last_answer.get_by_role("button", name="Helpful", exact=True).click()
    expect(visitor.last_answer.locator(".thanks")).to_have_text("Thank you. This helps us.")
    visitor.choose("Delete my chat")
    visitor.panel.get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.panel.locator(".agree")).to_be_visible()
    assert [said for said in blocked if "favicon" not in said and "404" not in said] == []


@pytest.mark.parametrize("mode", ["bubble", "iframe"])
def test_c15_site_that_is_not_listed_is_refused(visitor: Visitor, foreign: Elsewhere, mode: str) -> None:
    """On a site that is not on the list nothing is answered; the visitor reads how to reach people."""
    visitor.page.clock.install()
    visitor.page.goto(foreign.show(f'<script src="{foreign.assistant}/widget.js" async data-mode="{mode}"></script>'))
    visitor.launcher.click()
    visitor.panel.wait_for()
    visitor.page.clock.run_for(16_000)
    expect(visitor.panel.locator(".page")).to_contain_text("not available right now")
    expect(visitor.panel.locator(".page")).to_contain_text("988")
    asked = visitor.page.evaluate(
        """(site) => fetch(`${site}/v1/chat`, { method: "POST", body: "{}" }).then(() => "read", () => "refused")""",
        visitor.site,
    )
    assert asked == "refused"


def test_pinned_line_runs_its_release_and_nothing_else(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """The line with a hash works for its release, and the browser runs no other content in its place."""
    release = Release.read()
    src = f"{visitor.site}/widget/{release.version}/widget.js"
    line = '<script src="{}" integrity="{}" crossorigin="anonymous" async></script>'
    visitor.page.goto(elsewhere.show(line.format(src, release.integrity)))
    visitor.open()
    wrong = release.integrity[:20] + release.integrity[20:][::-1]
    visitor.page.goto(elsewhere.show(line.format(src, wrong)))
    visitor.page.wait_for_timeout(500)
    expect(visitor.launcher).to_have_count(0)


# --- the frame -------------------------------------------------------------------------------------------------------


def open_frame(visitor: Visitor, elsewhere: Elsewhere, options: str = "") -> Any:
    """Open the iframe build on another site and agree; return what is inside."""
    policy = f"default-src 'none'; script-src {visitor.site}; connect-src {visitor.site}; frame-src {visitor.site}"
    line = f'<script src="{visitor.site}/widget.js" async data-mode="iframe" {options}></script>'
    visitor.page.goto(elsewhere.show(line, policy=policy))
    visitor.launcher.click()
    inside = visitor.page.frame_locator("clinic-assistant iframe").locator("clinic-assistant")
    inside.locator(".agree").click()
    return inside


def test_frame_keeps_the_conversation_from_the_page(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """In the frame the whole walk works, and no script of the page can read or type there."""
    visitor.page.add_init_script(
        """window.heard = [];
        for (const name of ["open", "consent", "answer", "close"])
          document.addEventListener(`clinic-assistant:${name}`, (e) => window.heard.push(name));"""
    )
    inside = open_frame(visitor, elsewhere)
    expect(inside.locator(".composer textarea")).to_be_focused()
    inside.locator(".composer textarea").fill("Does LDN help with depression?")
    inside.locator(".composer textarea").press("Enter")
    expect(inside.locator(".message.answer .claim").first).to_be_visible(timeout=30_000)
    assert (
        visitor.page.evaluate(
            "document.querySelector('clinic-assistant').shadowRoot.querySelector('iframe').contentDocument"
        )
        is None
    )
    assert "depression" not in visitor.page.evaluate(
        "document.querySelector('clinic-assistant').shadowRoot.textContent"
    )
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    assert [name for name in visitor.page.evaluate("window.heard") if name != "ready"] == [
        "open",
        "consent",
        "answer",
        "close",
    ]
    visitor.launcher.click()
    expect(inside.locator(".message.answer")).to_have_count(1)
    assert visitor.errors == []


def test_frame_speaks_the_pages_language_and_colours(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """Language, draft and colours of the page reach the frame, and a switch inside reaches the button."""
    inside = open_frame(visitor, elsewhere, 'data-lang="es" data-accent="#7a1f5c" data-theme="light"')
    expect(inside.locator(".contact")).to_have_text("Hablar con una persona")
    expect(inside.locator(".contact")).to_have_css("color", "rgb(122, 31, 92)")
    visitor.page.evaluate("ClinicAssistant.ask('¿Ayuda?')")
    expect(inside.locator(".composer textarea")).to_have_value("¿Ayuda?")
    inside.locator(".language").click()
    expect(inside.locator(".contact")).to_have_text("Contact a person")
    expect(visitor.page.locator("clinic-assistant")).to_have_attribute("lang", "en")


def test_frame_covers_a_small_screen(make_visitor: Any, elsewhere: Elsewhere) -> None:
    """On a phone the frame is the whole screen, the page behind it is held, and closing lets it go."""
    visitor = make_visitor(width=390, height=700)
    inside = open_frame(visitor, elsewhere)
    assert visitor.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 700}
    assert visitor.page.locator("h1").evaluate("(it) => it.inert") is True
    inside.get_by_role("button", name="Close the assistant").click()
    expect(visitor.launcher).to_be_focused()
    assert visitor.page.locator("h1").evaluate("(it) => it.inert") is False


def test_frame_page_has_no_accessibility_violations(visitor: Visitor) -> None:
    """The page inside the frame stands for itself."""
    visitor.page.goto(visitor.site + "/frame")
    visitor.panel.locator(".agree").wait_for()
    assert visitor.find_violations() == []


def test_c23_frame_without_scripts_leads_to_people(make_visitor: Any) -> None:
    """Without JavaScript the frame names the help lines in both languages."""
    visitor = make_visitor(java_script_enabled=False)
    visitor.page.goto(visitor.site + "/frame")
    expect(visitor.page.locator("noscript a[href='tel:988']")).to_have_count(2)


# --- rude pages ------------------------------------------------------------------------------------------------------


def test_c04_hostile_page_styles_leave_the_panel_usable(
    visitor: Visitor, elsewhere: Elsewhere, answer: dict[str, Any]
) -> None:
    """The page's own rules, however rude, do not reach into the widget."""
    visitor.fake_answers(answer)
    line = f'<style>{HOSTILE}</style><script src="{visitor.site}/widget.js" async></script>'
    visitor.page.goto(elsewhere.show(line))
    visitor.open()
    visitor.panel.locator(".agree").click()
    visitor.ask()
    assert visitor.panel.bounding_box()["width"] == 420
    assert visitor.input.evaluate("(it) => parseFloat(getComputedStyle(it).fontSize)") >= 16
    assert visitor.page.locator("clinic-assistant").evaluate("(it) => getComputedStyle(it).opacity") == "1"


def test_c05_second_script_changes_nothing(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """Including the script twice, or placing a second element, gives one widget and no error."""
    line = f'<script src="{visitor.site}/widget.js" async></script>'
    visitor.page.goto(elsewhere.show(line * 2, body=f"<clinic-assistant></clinic-assistant>{line}"))
    visitor.launcher.wait_for()
    visitor.page.add_script_tag(url=visitor.site + "/widget.js")
    visitor.page.evaluate("document.body.append(document.createElement('clinic-assistant'))")
    expect(visitor.launcher).to_have_count(1)
    visitor.open()
    assert visitor.errors == []


def test_c20_page_learns_no_word_of_the_conversation(visitor: Visitor, answer: dict[str, Any]) -> None:
    """The events that the page can hear hold ids, counts and codes, and not even whether it was a crisis."""
    names = ["ready", "open", "consent", "close", "answer", "error", "feedback", "contact", "language"]
    visitor.page.add_init_script(
        """(names) => { window.heard = []; for (const name of names)
          document.addEventListener(`clinic-assistant:${name}`, (e) => window.heard.push([name, e.detail])); }""".join(
            ("(", f")({names})")
        )
    )
    visitor.fake_answers(answer, 500)
    visitor.page.route("**/v1/feedback", lambda route: route.fulfill(status=204))
    visitor.start()
    visitor.ask()
    visitor.last_answer.get_by_role("button", name="Helpful", exact=True).click()
    expect(visitor.last_answer.locator(".thanks")).to_be_focused()
    visitor.panel.locator(".contact").click()
    visitor.panel.locator(".language").click()
    visitor.send("And now?")
    visitor.panel.locator(".trouble").wait_for()
    visitor.page.keyboard.press("Escape")
    expect(visitor.launcher).to_be_focused()
    heard = visitor.page.evaluate("window.heard")
    version = dict(heard)["consent"]["version"]
    assert heard == [
        ["ready", {}],
        ["open", {}],
        ["consent", {"version": version}],
        ["answer", {"id": "a-1", "sources": 2}],
        ["feedback", {"id": "a-1", "rating": "helpful"}],
        ["contact", {}],
        ["language", {"lang": "es"}],
        ["error", {"code": "server"}],
        ["close", {}],
    ]


# --- what a page may choose ------------------------------------------------------------------------------------------


def test_page_chooses_place_words_and_colours(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """Data attributes set language, words, corner, distance and colour; the panel stays closed until it is opened."""
    options = 'data-lang="es" data-label="Pregunte" data-position="bottom-left" data-accent="#7a1f5c"'
    options += ' data-inset-block="40px" data-inset-inline="60px"'
    visitor.page.goto(
        elsewhere.show(f'<script src="{visitor.site}/widget.js" async {options} data-open="true"></script>')
    )
    expect(visitor.launcher).to_have_text("Pregunte")
    box = visitor.launcher.bounding_box()
    assert (box["x"], round(800 - box["y"] - box["height"])) == (60, 40)
    expect(visitor.launcher).to_have_css("background-color", "rgb(122, 31, 92)")
    expect(visitor.launcher).to_have_css("color", "rgb(255, 255, 255)")
    expect(visitor.panel).to_have_count(0)
    visitor.open()
    assert visitor.panel.bounding_box()["x"] == 60
    expect(visitor.panel.locator(".agree")).to_have_text("Acepto")


@pytest.mark.parametrize("options", UNREADABLE)
def test_unreadable_colours_are_refused(visitor: Visitor, elsewhere: Elsewhere, options: str) -> None:
    """A theme that fails WCAG's contrast is not used: the widget keeps its own colours and tells the page's author."""
    warned: list[str] = []
    visitor.page.on("console", lambda said: said.type == "warning" and warned.append(said.text))
    visitor.page.goto(elsewhere.show(f'<script src="{visitor.site}/widget.js" async {options}></script>'))
    expect(visitor.launcher).to_have_css("background-color", "rgb(12, 103, 99)")
    expect(visitor.launcher).to_have_css("color", "rgb(255, 255, 255)")
    assert len([said for said in warned if "contrast" in said]) == 1


def test_unreadable_variables_of_the_page_are_refused(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """Colours that the page's style sheet sets are judged as well, whatever their weight."""
    style = "<style>clinic-assistant { --ca-bg: #777 !important; --ca-fg: #888 !important }</style>"
    visitor.page.goto(elsewhere.show(f'{style}<script src="{visitor.site}/widget.js" async></script>'))
    visitor.open()
    expect(visitor.panel).to_have_css("background-color", "rgb(255, 255, 255)")
    assert visitor.find_violations("clinic-assistant") == []


def test_readable_theme_has_no_violations(visitor: Visitor, elsewhere: Elsewhere, crisis: dict[str, Any]) -> None:
    """A dark palette on a light page, set by variables, is used and readable, the crisis card included."""
    style = (
        "<style>clinic-assistant { --ca-bg: #1b1330; --ca-fg: #f4eefe; --ca-accent: #ffd166; --ca-on-accent: #221133 }"
        "</style>"
    )
    visitor.fake_answers(crisis)
    visitor.page.emulate_media(reduced_motion="reduce")
    visitor.page.goto(elsewhere.show(f'{style}<script src="{visitor.site}/widget.js" async></script>'))
    visitor.open()
    expect(visitor.panel).to_have_css("background-color", "rgb(27, 19, 48)")
    visitor.panel.locator(".agree").click()
    visitor.ask("A hard day")
    assert visitor.find_violations("clinic-assistant") == []


def test_inline_panel_stands_in_the_page(visitor: Visitor, elsewhere: Elsewhere) -> None:
    """In the page the panel needs no button, takes no focus, is no trap and closes by nothing."""
    body = '<style>clinic-assistant { display: block; height: 640px }</style><clinic-assistant mode="inline">'
    visitor.page.goto(elsewhere.show(body=body + "</clinic-assistant><a href='#x'>Last</a>"))
    visitor.panel.locator(".agree").wait_for()
    expect(visitor.launcher).to_be_hidden()
    assert visitor.page.evaluate("document.activeElement.localName") == "body"
    box = visitor.page.locator("clinic-assistant").bounding_box()
    assert visitor.panel.bounding_box() == box
    assert box["height"] == 640
    visitor.panel.locator(".agree").click()
    expect(visitor.panel.get_by_role("button", name="Close the assistant")).to_have_count(0)
    visitor.page.keyboard.press("Escape")
    expect(visitor.input).to_be_visible()
    assert visitor.find_violations("clinic-assistant") == []


def test_page_may_open_ask_listen_and_remove(visitor: Visitor, elsewhere: Elsewhere, answer: dict[str, Any]) -> None:
    """The page's interface opens, closes, drafts a question, listens and removes; it sends nothing for the visitor."""
    visitor.fake_answers(answer)
    visitor.page.goto(elsewhere.show())
    visitor.launcher.wait_for()
    run = visitor.page.evaluate
    run("() => { window.heard = []; window.note = (event) => heard.push(event.type) }")
    run("ClinicAssistant.on('open', note); ClinicAssistant.on('close', note)")
    run("ClinicAssistant.setLanguage('es')")
    expect(visitor.launcher).to_have_text("Pregunte al asistente")
    run("ClinicAssistant.setLanguage('xx')")
    run("ClinicAssistant.toggle()")
    visitor.panel.locator(".agree").click()
    run("ClinicAssistant.ask('¿Ayuda con el sueño?')")
    expect(visitor.input).to_have_value("¿Ayuda con el sueño?")
    run("ClinicAssistant.ask('Another')")
    expect(visitor.input).to_have_value("¿Ayuda con el sueño?")
    assert visitor.posted() == []
    run("ClinicAssistant.setLanguage('en')")
    expect(visitor.panel.locator(".contact")).to_have_text("Contact a person")
    run("ClinicAssistant.close()")
    expect(visitor.panel).to_be_hidden()
    run("ClinicAssistant.off('open', note)")
    run("ClinicAssistant.open()")
    expect(visitor.panel).to_be_visible()
    assert run("heard") == ["clinic-assistant:open", "clinic-assistant:close"]
    run("ClinicAssistant.destroy()")
    expect(visitor.page.locator("clinic-assistant")).to_have_count(0)
    run("ClinicAssistant.open()")
    assert visitor.errors == []


def test_c22_focused_link_is_never_covered(make_visitor: Any, elsewhere: Elsewhere) -> None:
    """A link that the button would cover is seen while it has the focus, on a page that knows nothing of us."""
    visitor = make_visitor(width=390, height=500)
    link = '<a href="#x" style="position:fixed;right:40px;bottom:34px">Imprint</a><a href="#y">Other</a>'
    visitor.page.goto(elsewhere.show(body=link))
    visitor.launcher.wait_for()
    visitor.page.get_by_text("Imprint").focus()
    expect(visitor.launcher).to_be_hidden()
    visitor.page.get_by_text("Other").focus()
    expect(visitor.launcher).to_be_visible()


def test_c22_button_can_be_hidden_for_this_visit(visitor: Visitor) -> None:
    """Who is disturbed by the button hides it, and it is there again when the page is."""
    visitor.visit()
    visitor.open()
    visitor.choose("Hide the chat button")
    expect(visitor.page.locator("clinic-assistant")).to_have_count(0)
    visitor.visit()
    assert re.search("assistant", visitor.launcher.inner_text())
