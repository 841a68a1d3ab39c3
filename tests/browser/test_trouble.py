"""What can go wrong: the typed message is kept, and people can be reached."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("status", [400, 413, 422, 429, 500, 502, 503])
def test_c19_refused_request_keeps_the_text_and_offers_retry(
    visitor: Visitor, answer: dict[str, Any], status: int
) -> None:
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


def test_c17_too_many_questions_says_how_long_to_wait(visitor: Visitor) -> None:
    """The retry button stays closed for as long as the server asked."""
    visitor.fake_answers(429)
    visitor.start()
    visitor.send()
    expect(visitor.panel.locator(".trouble")).to_contain_text("2 seconds")
    expect(visitor.panel.locator(".retry")).to_be_disabled()
    expect(visitor.panel.locator(".retry")).to_be_enabled()


def test_c19_lost_connection_is_told_from_a_lost_server(visitor: Visitor) -> None:
    """Without a network the visitor reads that they are offline; without a server, that we are not reached."""
    visitor.start()
    visitor.page.route("**/v1/chat", lambda route: route.abort())
    visitor.send()
    expect(visitor.panel.locator(".trouble")).to_contain_text("could not reach")
    visitor.page.context.set_offline(offline=True)
    visitor.send()
    expect(visitor.panel.locator(".trouble")).to_contain_text("offline")
    expect(visitor.input).to_have_value("Does it help?")


def test_c19_silent_server_is_given_up(visitor: Visitor) -> None:
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
def test_c19_cut_off_answer_keeps_its_sentences(
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


def test_c19_missing_configuration_leads_to_people(visitor: Visitor) -> None:
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


@pytest.mark.parametrize("missing", ["controls.js", "panel.js", "panel.css", "strings.js"])
def test_c19_missing_panel_is_said_by_the_loader(visitor: Visitor, missing: str) -> None:
    """If the rest of the widget does not load, the loader says so and names 988."""
    visitor.page.route(f"**/{missing}", lambda route: route.abort())
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.page.locator("clinic-assistant .failed")).to_contain_text("988")


@pytest.mark.parametrize(("wait_s", "said"), [(30, "30 seconds"), (120, "2 minutes")])
def test_c17_long_waits_are_said_in_minutes(visitor: Visitor, wait_s: int, said: str) -> None:
    """The visitor reads how long to wait, in a unit that fits."""
    visitor.fake_errors("**/v1/chat", 429, wait_s)
    visitor.start()
    visitor.send()
    expect(visitor.panel.locator(".trouble")).to_contain_text(said)


def test_ended_session_keeps_the_message_and_begins_anew(visitor: Visitor, answer: dict[str, Any]) -> None:
    """When the server has forgotten the conversation, the visitor reads so and may send the question as a new one."""
    visitor.fake_answers(answer, 401, answer)
    visitor.start()
    visitor.ask("One?")
    visitor.send("Two?")
    expect(visitor.panel.locator(".trouble")).to_contain_text("earlier conversation has ended")
    expect(visitor.input).to_have_value("Two?")
    visitor.panel.get_by_role("button", name="Ask in a new conversation").click()
    expect(visitor.panel.locator(".question").last).to_contain_text("Two?")
    expect(visitor.last_answer.locator(".claim")).to_have_count(3)
    sent = [json.loads(body) for body in visitor.posted()]
    assert ["session" in body for body in sent] == [False, True, False]


@pytest.mark.parametrize("lang", ["en", "es"])
def test_other_protocol_says_to_reload(visitor: Visitor, lang: str) -> None:
    """A widget that meets a server of another time says so, names the help lines, and offers to reload the page."""
    visitor.fake_config(protocol=1)
    visitor.visit()
    visitor.page.evaluate("(lang) => ClinicAssistant.setLanguage(lang)", lang)
    visitor.launcher.click()
    said = {"en": "This chat has been updated. Please reload the page.", "es": "Este chat se actualizó."}[lang]
    expect(visitor.panel.locator(".page h3")).to_contain_text(said)
    expect(visitor.panel.locator(".page a[href='tel:988']")).to_be_visible()
    visitor.page.unroute("**/v1/config")
    with visitor.page.expect_navigation():
        visitor.panel.locator(".page .primary").click()


def test_switched_off_assistant_says_so_and_still_listens(visitor: Visitor, crisis: dict[str, Any]) -> None:
    """While the assistant is off it offers people instead of questions, and a red flag still gets its card."""
    visitor.fake_config(open=False)
    visitor.fake_answers(crisis)
    visitor.start()
    expect(visitor.panel.locator(".welcome h3")).to_contain_text("switched off")
    expect(visitor.panel.locator(".welcome a[href='tel:988']")).to_be_visible()
    expect(visitor.panel.locator(".chip")).to_have_count(0)
    visitor.ask("A hard day")
    expect(visitor.last_answer.locator(".card.crisis")).to_be_visible()


def test_c19_tampered_module_is_not_run(visitor: Visitor) -> None:
    """A file that is not the one of this release is refused by the browser, and the loader says how to reach people."""
    visitor.page.route(
        "**/strings.js",
        lambda route: route.fulfill(body="window.pwned = 1; export {}", content_type="text/javascript"),
    )
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.page.locator("clinic-assistant .failed")).to_contain_text("988")
    assert visitor.page.evaluate("window.pwned") is None
