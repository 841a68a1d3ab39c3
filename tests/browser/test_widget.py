"""The widget, as a visitor meets it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

WIDGET = Path(__file__).resolve().parents[2] / "assistant" / "widget"
LARGEST_BYTES = 35 * 1024
LARGEST_LOADER_BYTES = 3 * 1024

PAYLOADS = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    "<svg><script>window.pwned=1</script></svg>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<iframe src=javascript:parent.pwned=1></iframe>",
    "<body onload=window.pwned=1>",
    "<details open ontoggle=window.pwned=1>x</details>",
    "<video><source onerror=window.pwned=1></video>",
    "<input autofocus onfocus=window.pwned=1>",
    "<math><mi xlink:href='javascript:window.pwned=1'>x</mi></math>",
    "<a href='javascript:window.pwned=1'>x</a>",
    "</textarea><script>window.pwned=1</script>",
    "<style>@import 'javascript:window.pwned=1'</style>",
    "<object data='javascript:window.pwned=1'></object>",
    "<template><script>window.pwned=1</script></template>",
    "javascript:window.pwned=1",
    " \tjava\nscript:window.pwned=1",
    "data:text/html,<script>window.pwned=1</script>",
    "{{constructor.constructor('window.pwned=1')()}}${window.pwned=1}",
]


# --- agreement and requests --------------------------------------------------------------------------------------


def test_closed_widget_is_one_script_and_one_button(visitor: Visitor) -> None:
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


def test_nothing_is_sent_before_the_visitor_agrees(visitor: Visitor) -> None:
    """Opening the panel, and even a question from the page, sends no word before the explicit click."""
    visitor.fake_answers(200)
    visitor.visit()
    visitor.open()
    visitor.page.evaluate("document.querySelector('clinic-assistant').ask('Does it help me?')")
    visitor.page.wait_for_timeout(200)
    expect(visitor.input).to_have_count(0)
    assert [body for method, _, body in visitor.requests if method != "GET" or body] == []


def test_ai_notice_and_contact_are_always_there(visitor: Visitor, answer: dict[str, Any]) -> None:
    """The notice and the way to a person stay visible from consent to the end of a conversation."""
    visitor.fake_answers(answer)
    visitor.visit()
    visitor.open()
    notice, contact = visitor.panel.locator(".notice > p"), visitor.panel.get_by_role("button", name="Contact a person")
    expect(notice).to_be_in_viewport(ratio=1)
    visitor.panel.locator(".agree").click()
    for _ in range(3):
        visitor.ask()
        expect(notice).to_be_in_viewport(ratio=1)
        expect(contact).to_be_in_viewport(ratio=1)
    contact.click()
    expect(visitor.panel.locator(".people a[href='tel:988']")).to_be_visible()


def test_all_requests_go_to_the_own_origin(visitor: Visitor, answer: dict[str, Any]) -> None:
    """A whole conversation asks nobody but the clinic's server, and leaves nothing in the browser."""
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask()
    visitor.last_answer.locator(".mark").first.click()
    assert {url for _, url, _ in visitor.requests if not url.startswith(visitor.site + "/")} == set()
    stored = visitor.page.evaluate(
        """async () => {
            const databases = await indexedDB.databases();
            return [localStorage.length, sessionStorage.length, document.cookie, databases.length];
        }"""
    )
    assert stored == [0, 0, "", 0]


def test_session_and_consent_travel_with_the_next_question(visitor: Visitor, answer: dict[str, Any]) -> None:
    """A request has the agreed text's version, and from the second on the session that the server named."""
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask("One?")
    visitor.ask("Two?")
    first, second = (json.loads(body) for body in visitor.posted())
    assert set(first) == {"message", "lang", "consent"}
    assert second == first | {"message": "Two?", "session": answer["session"]}


def test_outdated_consent_is_asked_again(visitor: Visitor, answer: dict[str, Any]) -> None:
    """When the server no longer takes the agreement, the visitor reads the new text and loses no word."""
    visitor.fake_answers(403, answer)
    visitor.start()
    visitor.send("Is it still here?")
    visitor.panel.locator(".agree").click()
    expect(visitor.input).to_have_value("Is it still here?")


# --- answers -----------------------------------------------------------------------------------------------------


def test_real_question_is_answered_with_quote_and_link(visitor: Visitor) -> None:
    """The application answers in claims, and a mark opens the source's words and the way to it."""
    visitor.start()
    visitor.ask("Does LDN help with depression?")
    expect(visitor.last_answer.locator(".claim").first).to_be_visible()
    visitor.last_answer.locator(".mark").first.click()
    card = visitor.last_answer.locator(".source-card")
    expect(card.locator("blockquote")).not_to_be_empty()
    expect(card.locator("a")).to_have_attribute("href", re.compile("^https?://"))
    assert visitor.errors == []


def test_real_dose_question_is_declined_with_the_consultation_card(visitor: Visitor) -> None:
    """The application declines a dose and shows the way to the clinic."""
    visitor.start()
    visitor.ask("How much should I take each day?")
    expect(visitor.last_answer.locator(".card.consultation")).to_be_visible()
    expect(visitor.last_answer.locator(".claim")).to_have_count(0)


def test_real_crisis_shows_help_lines_first(visitor: Visitor) -> None:
    """The application meets a crisis with the card, before anything else, and the input stays open."""
    visitor.start()
    visitor.ask("I want to die")
    expect(visitor.last_answer.locator(".card.crisis")).to_be_in_viewport()
    expect(visitor.last_answer.locator(".card a[href^='tel:988']").first).to_be_visible()
    expect(visitor.input).to_be_enabled()


def test_claims_are_shown_while_the_answer_is_coming(visitor: Visitor, answer: dict[str, Any], stream_of: Any) -> None:
    """Each judged sentence is shown with working marks as soon as it arrives."""
    first, rest = stream_of(answer).split("event: claim", 2)[1:]
    visitor.fake_stream(["event: claim" + first, None, "event: claim" + rest])
    visitor.start()
    visitor.send()
    expect(visitor.last_answer.locator(".claim")).to_have_count(1)
    expect(visitor.panel.get_by_role("button", name="Stop answering")).to_be_visible()
    visitor.last_answer.locator(".mark").click()
    visitor.release()
    expect(visitor.last_answer.locator(".claim")).to_have_count(3)
    expect(visitor.last_answer.locator(".source-card blockquote")).to_have_text(answer["citations"][0]["quote"])


@pytest.mark.parametrize("size", [1, 2, 7])
def test_stream_may_be_cut_anywhere(visitor: Visitor, answer: dict[str, Any], stream_of: Any, size: int) -> None:
    """Chunks that split events, line ends and characters change nothing."""
    claims = [{"text": "Señales: «ningún» daño 🙂.", "citations": [1]}]
    raw = (": ping\r\n\r\n" + stream_of(answer | {"claims": claims})).encode()
    visitor.fake_stream([raw[at : at + size] for at in range(0, len(raw), size)])
    visitor.start()
    visitor.ask()
    expect(visitor.last_answer.locator(".claim")).to_contain_text("Señales: «ningún» daño 🙂.")


def test_marks_and_sources_agree(visitor: Visitor, answer: dict[str, Any]) -> None:
    """Every mark resolves to a listed source, every listed source is marked, and links open safely."""
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask()
    marks = {mark.inner_text() for mark in visitor.last_answer.locator(".mark").all()}
    listed = {number.inner_text() for number in visitor.last_answer.locator(".sources .number").all()}
    assert marks == listed == {"1", "2"}
    link = visitor.last_answer.locator(".sources a").first
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_contain_text("opens in a new tab")


def test_source_card_opens_and_closes_by_keyboard(visitor: Visitor, answer: dict[str, Any]) -> None:
    """A mark shows title, byline, kind, quote and link, and Escape leads back to the mark without closing the panel."""
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask()
    mark = visitor.last_answer.locator(".mark").first
    mark.press("Enter")
    card = visitor.last_answer.locator(".source-card")
    source = answer["citations"][0]
    for words in (source["title"], source["byline"], source["kind"], source["quote"], "opens in a new tab"):
        expect(card).to_contain_text(words)
    card.locator("a").press("Escape")
    expect(card).to_have_count(0)
    expect(mark).to_be_focused()
    expect(visitor.panel).to_be_visible()


def test_partly_answered_question_shows_claims_then_refusal(visitor: Visitor, answer: dict[str, Any]) -> None:
    """What could be answered comes first, then what could not, then the way to a clinician."""
    card = {"kind": "consultation", "title": "Ask your clinician", "text": "They know you.", "links": []}
    visitor.fake_answers(answer | {"message": "I cannot help with amounts.", "card": card})
    visitor.start()
    visitor.ask()
    words = visitor.last_answer.inner_text()
    parts = [answer["claims"][0]["text"], "I cannot help with amounts.", card["title"], "Sources"]
    assert sorted(parts, key=words.index) == parts


def test_crisis_card_comes_first_and_is_said_once(visitor: Visitor, crisis: dict[str, Any]) -> None:
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


def test_suggestion_is_sent_as_a_question(visitor: Visitor, answer: dict[str, Any]) -> None:
    """A chip asks what it says."""
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask()
    visitor.last_answer.locator(".chip").click()
    expect(visitor.panel.locator(".question").last).to_contain_text(answer["suggestions"][0])
    assert json.loads(visitor.posted()[-1])["message"] == answer["suggestions"][0]


def test_stopped_answer_keeps_what_was_judged(visitor: Visitor, answer: dict[str, Any], stream_of: Any) -> None:
    """Stop ends the request, keeps the sentences that had arrived, and leaves the focus in the input."""
    first = stream_of(answer).split("event: claim", 2)[1]
    visitor.fake_stream(["event: claim" + first, None])
    visitor.start()
    visitor.send()
    expect(visitor.last_answer.locator(".claim")).to_have_count(1)
    visitor.panel.get_by_role("button", name="Stop answering").click()
    expect(visitor.last_answer).to_contain_text("You stopped this answer.")
    expect(visitor.last_answer.locator(".claim")).to_have_count(1)
    expect(visitor.input).to_be_focused()


# --- what can go wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 422, 429, 500, 503])
def test_refused_request_keeps_the_text_and_offers_retry(visitor: Visitor, answer: dict[str, Any], status: int) -> None:
    """After an error the question stands in the input, help can be reached, and a retry is answered."""
    visitor.fake_answers(status, answer)
    visitor.start()
    visitor.send("Does it help with sleep?")
    trouble = visitor.panel.locator(".trouble")
    expect(trouble).to_be_visible()
    expect(trouble).not_to_contain_text("technical")
    expect(trouble.locator("a[href='tel:988']")).to_be_visible()
    expect(visitor.input).to_have_value("Does it help with sleep?")
    trouble.get_by_role("button", name="Try again").click()
    expect(visitor.last_answer.locator(".claim").first).to_be_visible()
    expect(visitor.input).to_have_value("")
    expect(trouble).to_have_count(0)


def test_too_many_questions_says_how_long_to_wait(visitor: Visitor) -> None:
    """The retry button stays closed for as long as the server asked."""
    visitor.fake_answers(429)
    visitor.start()
    visitor.send()
    expect(visitor.panel.locator(".trouble")).to_contain_text("2 seconds")
    expect(visitor.panel.locator(".retry")).to_be_disabled()
    expect(visitor.panel.locator(".retry")).to_be_enabled()


def test_lost_connection_is_told_from_a_lost_server(visitor: Visitor) -> None:
    """Without a network the visitor reads that they are offline; without a server, that we are not reached."""
    visitor.start()
    visitor.page.route("**/v1/chat", lambda route: route.abort())
    visitor.send()
    expect(visitor.panel.locator(".trouble")).to_contain_text("could not reach")
    visitor.page.context.set_offline(offline=True)
    visitor.send()
    expect(visitor.panel.locator(".trouble")).to_contain_text("offline")
    expect(visitor.input).to_have_value("Does it help?")


def test_silent_server_is_given_up(visitor: Visitor) -> None:
    """After 30 seconds without a word the visitor can go on."""
    visitor.page.clock.install()
    visitor.start()
    visitor.page.route("**/v1/chat", lambda route: None)
    visitor.send()
    expect(visitor.last_answer.locator(".waiting")).to_be_visible()
    visitor.page.clock.run_for(31_000)
    expect(visitor.panel.locator(".trouble")).to_contain_text("too long")
    expect(visitor.input).to_have_value("Does it help?")


@pytest.mark.parametrize("ending", ["", "event: answer\r\ndata: {broken\r\n\r\n"])
def test_cut_off_answer_keeps_its_sentences(
    visitor: Visitor, answer: dict[str, Any], stream_of: Any, ending: str
) -> None:
    """A stream that ends early or breaks leaves the judged sentences, says so, and gives the question back."""
    claims = stream_of(answer).split("event: answer")[0]
    visitor.fake_stream([claims, ending])
    visitor.start()
    visitor.send()
    expect(visitor.last_answer).to_contain_text("not complete")
    expect(visitor.last_answer.locator(".claim")).to_have_count(3)
    expect(visitor.input).to_have_value("Does it help?")


def test_missing_configuration_leads_to_people(visitor: Visitor) -> None:
    """If the server cannot even greet, the panel shows the AI notice, help lines and a retry."""
    visitor.page.route("**/v1/config", lambda route: route.fulfill(status=503))
    visitor.visit()
    visitor.launcher.click()
    page = visitor.panel.locator(".page")
    expect(page.locator("a[href='tel:988']")).to_be_visible()
    expect(visitor.panel.locator(".notice > p")).to_contain_text("AI assistant")
    visitor.page.unroute("**/v1/config")
    page.get_by_role("button", name="Try again").click()
    expect(visitor.panel.locator(".agree")).to_be_visible()


def test_missing_panel_is_said_by_the_loader(visitor: Visitor) -> None:
    """If the rest of the widget does not load, the loader says so and names 988."""
    visitor.page.route("**/widget/panel.css", lambda route: route.abort())
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.page.locator("clinic-assistant .failed")).to_contain_text("988")


# --- hostile input -----------------------------------------------------------------------------------------------


def poison(payload: str) -> dict[str, Any]:
    """Return an answer that carries a payload in every field that is shown."""
    citation = {"n": 1, **dict.fromkeys(("source", "title", "byline", "kind", "url", "quote"), payload)}
    link = {"label": payload, "href": payload}
    return {
        **dict.fromkeys(("id", "session", "question", "lang", "outcome", "rule", "message", "text"), payload),
        "claims": [{"text": payload, "citations": [1]}],
        "citations": [citation],
        "notices": [payload],
        "card": {"kind": payload, "title": payload, "text": payload, "links": [link]},
        "suggestions": [payload],
    }


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_an_answer_stays_text(make_visitor: Any, stream_of: Any, payload: str) -> None:
    """No field is ever parsed as markup or linked to a script, even where no security policy helps."""
    visitor = make_visitor(bypass_csp=True)
    raw = stream_of(poison(payload)).encode()
    visitor.fake_stream([raw[at : at + 11] for at in range(0, len(raw), 11)])
    visitor.start()
    visitor.ask(payload.replace("\n", " ").strip())
    visitor.last_answer.locator(".mark").first.click()
    expect(visitor.last_answer.locator("blockquote")).to_contain_text(payload.strip())
    hostile = visitor.panel.locator(
        ".log :is(script, img, iframe, object, video, style, details, input, math, template)"
    )
    assert hostile.count() == 0
    for link in visitor.panel.locator("a").all():
        assert re.match("(https?|tel|sms|mailto):", link.get_attribute("href"))
    assert visitor.page.evaluate("window.pwned") is None
    assert visitor.errors == []


def test_page_learns_no_word_of_the_conversation(visitor: Visitor, answer: dict[str, Any]) -> None:
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


def test_hostile_page_styles_leave_the_panel_usable(visitor: Visitor, answer: dict[str, Any]) -> None:
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


def test_second_script_changes_nothing(visitor: Visitor) -> None:
    """Including the script twice gives one widget and no error."""
    visitor.visit()
    visitor.page.add_script_tag(url="/widget.js")
    visitor.page.evaluate("document.body.append(document.createElement('clinic-assistant'))")
    expect(visitor.launcher).to_have_count(1)
    assert visitor.errors == []


# --- everybody can use it ----------------------------------------------------------------------------------------


def test_whole_conversation_by_keyboard(visitor: Visitor, answer: dict[str, Any]) -> None:
    """Open, agree, ask, open a source, delete and close need no mouse, and focus ends on the button."""
    visitor.fake_answers(answer)
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
    expect(visitor.last_answer.locator(".sources")).to_be_visible()
    for _ in range(12):
        press("Shift+Tab")
        if visitor.focused().startswith("Source 2"):
            break
    press("Enter")
    expect(visitor.last_answer.locator(".source-card")).to_be_visible()
    press("Escape")
    press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()


def test_tab_leaves_the_panel_on_a_large_screen(visitor: Visitor) -> None:
    """Beside the page the panel is no trap: Tab goes on, and the page stays usable."""
    visitor.start()
    assert visitor.panel.get_attribute("aria-modal") is None
    assert visitor.page.locator("main").evaluate("(it) => it.inert") is False
    for _ in range(15):
        visitor.page.keyboard.press("Shift+Tab")
    assert visitor.page.evaluate("document.activeElement.localName") != "clinic-assistant"


def test_panel_covers_a_small_screen_as_a_modal(make_visitor: Any) -> None:
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


def test_closed_panel_has_nothing_to_focus(visitor: Visitor) -> None:
    """After closing, only the button of the widget is left to the keyboard."""
    visitor.start()
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")
    assert visitor.panel.locator("button:visible, a:visible, textarea:visible").count() == 0


@pytest.mark.parametrize("state", ["consent", "people", "answer", "crisis", "error"])
def test_small_screen_does_not_scroll_sideways(
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


def reach(visitor: Visitor, state: str, answer: dict[str, Any], crisis: dict[str, Any]) -> None:
    """Bring the widget into a state."""
    visitor.fake_answers({"crisis": crisis, "error": 500}.get(state, answer))
    visitor.visit()
    visitor.page.evaluate("(lang) => document.querySelector('clinic-assistant').setLanguage(lang)", answer["lang"])
    if state == "closed":
        return
    visitor.open()
    if state == "people":
        visitor.panel.locator(".contact").click()
    if state in {"consent", "people"}:
        return
    visitor.panel.locator(".agree").click()
    if state == "error":
        visitor.send()
        visitor.panel.locator(".trouble").wait_for()
    elif state != "empty":
        visitor.ask()
    if state == "source":
        visitor.last_answer.locator(".mark").first.click()


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["closed", "consent", "people", "empty", "answer", "source", "crisis", "error"])
def test_no_state_has_accessibility_violations(
    make_visitor: Any, answer: dict[str, Any], crisis: dict[str, Any], state: str, scheme: str, lang: str
) -> None:
    """Axe, with its best practices, finds nothing in any state, light or dark, in either language."""
    visitor = make_visitor(color_scheme=scheme, reduced_motion="reduce")
    reach(visitor, state, answer | {"lang": lang}, crisis | {"lang": lang})
    assert visitor.find_violations() == []


def test_screen_reader_hears_start_and_end_only(visitor: Visitor, answer: dict[str, Any]) -> None:
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


def test_reduced_motion_is_respected(make_visitor: Any) -> None:
    """Who asked for less motion gets none."""
    visitor = make_visitor(reduced_motion="reduce")
    visitor.start()
    assert visitor.panel.evaluate("(it) => getComputedStyle(it).animationName") == "none"


def test_forced_colours_keep_borders(make_visitor: Any) -> None:
    """In a high-contrast mode buttons and the panel keep an edge."""
    visitor = make_visitor(forced_colors="active")
    visitor.start()
    for part in (visitor.panel, visitor.launcher, visitor.panel.locator(".send")):
        assert part.evaluate("(it) => getComputedStyle(it).borderTopWidth") == "1px"


# --- language, limits, deletion ----------------------------------------------------------------------------------


def test_language_switch_keeps_the_conversation(visitor: Visitor, answer: dict[str, Any]) -> None:
    """The words around the conversation change, the messages keep their own language, and the draft stays."""
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask()
    visitor.input.fill("A draft")
    visitor.panel.locator(".language").click()
    expect(visitor.panel.get_by_role("button", name="Hablar con una persona")).to_be_visible()
    expect(visitor.last_answer).to_have_attribute("lang", "en")
    expect(visitor.input).to_have_value("A draft")
    expect(visitor.panel.locator(".language")).to_be_focused()
    visitor.send("¿Ayuda?")
    expect(visitor.panel.locator(".message.answer")).to_have_count(2)
    assert json.loads(visitor.posted()[-1])["lang"] == "es"


def test_catalogues_have_equal_keys(visitor: Visitor) -> None:
    """No string is missing in either language."""
    visitor.visit()
    keys = visitor.page.evaluate(
        "import('/widget/strings.js').then(({ STRINGS }) => [Object.keys(STRINGS.en), Object.keys(STRINGS.es)])"
    )
    assert keys[0] == keys[1]


def test_input_counts_down_near_its_limit(visitor: Visitor) -> None:
    """The counter appears when space gets short, and the field takes no more than the server does."""
    visitor.start()
    expect(visitor.input).to_have_attribute("maxlength", "1000")
    expect(visitor.panel.locator(".counter")).to_be_empty()
    visitor.input.fill("x" * 950)
    expect(visitor.panel.locator(".counter")).to_have_text("50 characters left")


def test_deleted_chat_is_gone_here_and_on_the_server(visitor: Visitor, answer: dict[str, Any]) -> None:
    """Deletion is asked for twice, names the session to the server, and ends the agreement."""
    visitor.fake_answers(answer)
    visitor.page.route("**/v1/session", lambda route: route.fulfill(status=204))
    visitor.start()
    visitor.ask()
    visitor.panel.get_by_role("button", name="Delete my chat").click()
    visitor.panel.get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.panel.locator(".agree")).to_be_visible()
    expect(visitor.panel.get_by_text(answer["claims"][0]["text"])).to_have_count(0)
    assert [json.loads(body) for body in visitor.posted("/v1/session")] == [{"session": answer["session"]}]


def test_undeleted_chat_stays_and_says_why(visitor: Visitor, answer: dict[str, Any]) -> None:
    """When the server could not delete, the chat is not shown as deleted."""
    visitor.fake_answers(answer)
    visitor.page.route("**/v1/session", lambda route: route.fulfill(status=503))
    visitor.start()
    visitor.ask()
    visitor.panel.get_by_role("button", name="Delete my chat").click()
    visitor.panel.get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.panel.locator(".trouble")).to_contain_text("could not delete")
    expect(visitor.last_answer.locator(".claim")).to_have_count(3)


def test_widget_stays_small(visitor: Visitor) -> None:
    """What a visitor downloads stays within the budget, compressed."""
    visitor.visit()
    visitor.open()
    names = {url.rsplit("/", 1)[1] for _, url, _ in visitor.requests if "/widget" in url}
    sizes = {name: len(gzip.compress((WIDGET / name).read_bytes(), 9)) for name in names - {"icon.svg", "page.css"}}
    assert sizes["widget.js"] <= LARGEST_LOADER_BYTES
    assert sum(sizes.values()) <= LARGEST_BYTES
