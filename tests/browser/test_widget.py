"""The widget, as a visitor meets it: agreement, answers, what they keep and what they say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

DAY_MS = 24 * 3600 * 1000


def test_a16_nothing_is_sent_before_the_visitor_agrees(visitor: Visitor) -> None:
    """Opening the panel, and even a question from the page, sends no word before the explicit click."""
    visitor.fake_answers(200)
    visitor.visit()
    visitor.open()
    visitor.page.evaluate("window.ClinicAssistant.ask('Does it help me?')")
    visitor.page.wait_for_timeout(200)
    expect(visitor.input).to_have_count(0)
    assert [body for method, _, body in visitor.requests if method != "GET" or body] == []


def test_a08_ai_notice_and_contact_are_always_there(visitor: Visitor, answer: dict[str, Any]) -> None:
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


def test_c14_nothing_stays_in_the_browser_and_nobody_else_is_asked(visitor: Visitor, answer: dict[str, Any]) -> None:
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


def test_c16_session_and_consent_travel_with_the_next_question(visitor: Visitor, answer: dict[str, Any]) -> None:
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


def test_real_question_is_answered_with_quote_and_link(visitor: Visitor) -> None:
    """The application answers in claims, and a mark opens the source's words and the way to it."""
    visitor.start()
    visitor.ask("Does LDN help with depression?")
    expect(visitor.last_answer.locator(".claim").first).to_be_visible()
    visitor.last_answer.locator(".mark").first.click()
    card = visitor.last_answer.locator(".source-card")
    expect(card.locator("blockquote").first).not_to_be_empty()
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


def test_c24_marks_and_sources_agree(visitor: Visitor, answer: dict[str, Any]) -> None:
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
    expect(visitor.last_answer.get_by_text("links open in a new tab")).to_be_visible()


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
        expect(card.get_by_text(words).last).to_be_visible()
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


def test_suggestion_is_sent_as_a_question(visitor: Visitor, answer: dict[str, Any]) -> None:
    """A chip asks what it says."""
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask()
    visitor.last_answer.locator(".chip").click()
    expect(visitor.panel.locator(".question").last).to_contain_text(answer["suggestions"][0])
    assert json.loads(visitor.posted()[-1])["message"] == answer["suggestions"][0]


def test_c18_stopped_answer_keeps_what_was_judged(visitor: Visitor, answer: dict[str, Any], stream_of: Any) -> None:
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


def test_c21_language_switch_keeps_the_conversation(visitor: Visitor, answer: dict[str, Any]) -> None:
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


def test_c21_catalogues_have_equal_keys(visitor: Visitor) -> None:
    """No string is missing in either language."""
    visitor.visit()
    keys = visitor.page.evaluate(
        """import(document.querySelector("link[rel=icon]").href.replace("icon.svg", "strings.js"))
            .then(({ STRINGS }) => [Object.keys(STRINGS.en), Object.keys(STRINGS.es)])"""
    )
    assert keys[0] == keys[1]


def test_c16_input_counts_down_near_its_limit(visitor: Visitor) -> None:
    """The counter appears when space gets short, and the field takes no more than the server does."""
    visitor.start()
    expect(visitor.input).to_have_attribute("maxlength", "1000")
    expect(visitor.panel.locator(".counter")).to_be_empty()
    visitor.input.fill("x" * 950)
    expect(visitor.panel.locator(".counter")).to_have_text("50 characters left")


def test_c14_deleted_chat_is_gone_here_and_on_the_server(visitor: Visitor, answer: dict[str, Any]) -> None:
    """Deletion is asked for twice, names the session to the server, and ends the agreement."""
    visitor.fake_answers(answer)
    visitor.page.route("**/v1/session", lambda route: route.fulfill(status=204))
    visitor.start()
    visitor.ask()
    visitor.choose("Delete my chat")
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
    visitor.choose("Delete my chat")
    visitor.panel.get_by_role("button", name="Delete", exact=True).click()
    expect(visitor.panel.locator(".trouble")).to_contain_text("could not delete")
    expect(visitor.last_answer.locator(".claim")).to_have_count(3)


def test_a09_disclosure_comes_again_after_seven_days(visitor: Visitor, answer: dict[str, Any]) -> None:
    """Nothing is stored, so every page load asks anew, and so does a page that stayed open for a week unused."""
    visitor.fake_answers(answer)
    visitor.page.clock.install()
    visitor.start()
    visitor.ask()
    visitor.page.clock.fast_forward(6 * DAY_MS)
    visitor.send("Six days later?")
    expect(visitor.panel.locator(".question")).to_have_count(2)
    visitor.page.clock.fast_forward(7 * DAY_MS + 1)
    visitor.send("A week later?")
    expect(visitor.panel.locator(".consent")).to_contain_text("so we ask again")
    assert len(visitor.posted()) == 2
    visitor.panel.locator(".agree").click()
    expect(visitor.input).to_have_value("A week later?")
    expect(visitor.panel.locator(".question")).to_have_count(2)
    visitor.start()
    assert len(visitor.posted()) == 2


def test_a16_consent_can_be_withdrawn(visitor: Visitor) -> None:
    """Withdrawal is in the menu before and after the first question, and the next question needs a new agreement."""
    visitor.start()
    visitor.choose("Withdraw my consent")
    visitor.panel.get_by_role("button", name="Withdraw", exact=True).click()
    expect(visitor.panel.locator(".agree")).to_be_visible()
    expect(visitor.input).to_have_count(0)


def test_prose_reads_as_one_paragraph(visitor: Visitor, answer: dict[str, Any]) -> None:
    """Sentences follow each other on the line, and neighbours that rest on the same words show their marks once."""
    claims = [{"text": text, "citations": [n]} for text, n in (("One.", 1), ("Two.", 1), ("Three.", 2))]
    visitor.fake_answers(answer | {"claims": claims})
    visitor.start()
    visitor.ask()
    tops = {claim.bounding_box()["y"] for claim in visitor.last_answer.locator(".claim").all()}
    assert len(tops) == 1
    assert [mark.inner_text() for mark in visitor.last_answer.locator(".mark:visible").all()] == ["1", "2"]
    expect(visitor.last_answer.get_by_role("listitem").filter(has_text="One.")).to_have_count(0)


def test_list_answer_is_a_list(visitor: Visitor, answer: dict[str, Any]) -> None:
    """What the server calls a list is one, for the eye and for a screen reader, each item with its own marks."""
    claims = [{"text": text, "citations": [1]} for text in ("One.", "Two.", "Three.")]
    visitor.fake_answers(answer | {"claims": claims, "is_list": True})
    visitor.start()
    visitor.ask()
    items = visitor.last_answer.locator(".body").get_by_role("listitem")
    expect(items).to_have_count(3)
    assert len({item.bounding_box()["y"] for item in items.all()}) == 3
    expect(visitor.last_answer.locator(".mark:visible")).to_have_count(3)


def test_passages_of_one_work_share_its_number(visitor: Visitor, answer: dict[str, Any]) -> None:
    """A work that is quoted twice for one sentence has one mark, one place in the list, and both quotes on its card."""
    other = answer["citations"][0] | {"n": 3, "quote": "Another passage of the same work."}
    visitor.fake_answers(
        answer | {"citations": [*answer["citations"], other], "claims": [{"text": "Mixed.", "citations": [2, 1, 3]}]}
    )
    visitor.start()
    visitor.ask()
    assert [mark.inner_text() for mark in visitor.last_answer.locator(".mark").all()] == ["1", "2"]
    listed = visitor.last_answer.locator(".sources li").all_inner_texts()
    assert [answer["citations"][1]["title"] in listed[0], answer["citations"][0]["title"] in listed[1]] == [True, True]
    visitor.last_answer.locator(".mark").last.click()
    expect(visitor.last_answer.locator("blockquote")).to_have_text([answer["citations"][0]["quote"], other["quote"]])


def test_c24_uncited_source_is_not_listed(visitor: Visitor, answer: dict[str, Any]) -> None:
    """A source that no sentence cites does not stand under the answer, and a mark without source is not shown."""
    visitor.fake_answers(answer | {"claims": [{"text": "One.", "citations": [2, 9]}]})
    visitor.start()
    visitor.ask()
    expect(visitor.last_answer.locator(".mark")).to_have_count(1)
    expect(visitor.last_answer.locator(".sources li")).to_have_count(1)
    expect(visitor.last_answer.locator(".sources li")).to_contain_text(answer["citations"][1]["title"])


# --- what visitors say of answers ----------------------------------------------------------------------------------


def test_helpful_answer_is_one_press(visitor: Visitor, answer: dict[str, Any]) -> None:
    """One press says that an answer helped, once, and sends nothing of the conversation."""
    visitor.fake_answers(answer)
    visitor.page.route("**/v1/feedback", lambda route: route.fulfill(status=204))
    visitor.start()
    visitor.ask()
    visitor.last_answer.get_by_role("button", name="Helpful", exact=True).click()
    expect(visitor.last_answer.locator(".thanks")).to_be_focused()
    expect(visitor.last_answer.locator(".thanks")).to_have_text("Thank you. This helps us.")
    expect(visitor.last_answer.get_by_role("button", name="Helpful")).to_have_count(0)
    sent = [json.loads(body) for body in visitor.posted("/v1/feedback")]
    assert sent == [{"rating": "helpful", "answer": answer["id"], "session": answer["session"], "lang": "en"}]


def test_unhelpful_answer_has_reasons_and_no_text(visitor: Visitor, answer: dict[str, Any]) -> None:
    """Who was not helped may tick why; there is nothing to type."""
    visitor.fake_answers(answer)
    visitor.page.route("**/v1/feedback", lambda route: route.fulfill(status=204))
    visitor.start()
    visitor.ask()
    visitor.last_answer.get_by_role("button", name="Not helpful").click()
    expect(visitor.last_answer.locator("textarea:visible")).to_have_count(0)
    form = visitor.last_answer.locator("form:visible")
    expect(form.get_by_label("Something is wrong")).to_be_focused()
    form.get_by_label("Hard to understand").check()
    form.get_by_label("Something is missing").check()
    form.get_by_role("button", name="Send").click()
    expect(visitor.last_answer.locator(".thanks")).to_be_focused()
    (sent,) = (json.loads(body) for body in visitor.posted("/v1/feedback"))
    assert (sent["rating"], sent["reasons"]) == ("not_helpful", ["unclear", "incomplete"])
    assert not {"comment", "transcript"} & sent.keys()


@pytest.mark.parametrize("ticked", [False, True])
def test_a30_problem_is_reported_without_the_conversation_unless_ticked(
    visitor: Visitor, answer: dict[str, Any], *, ticked: bool
) -> None:
    """Every answer can be reported; the visitor is warned, and the conversation goes along only when they tick it."""
    visitor.fake_answers(answer)
    visitor.page.route("**/v1/feedback", lambda route: route.fulfill(status=204))
    visitor.start()
    visitor.ask()
    visitor.last_answer.get_by_role("button", name="Report a problem").click()
    form = visitor.last_answer.locator("form:visible")
    comment = form.get_by_label("In your words")
    expect(comment).to_have_accessible_description(re.compile("do not write names"))
    expect(comment).to_have_attribute("maxlength", "500")
    expect(form.get_by_label("Send this conversation along")).not_to_be_checked()
    comment.fill("The second sentence is off.")
    form.get_by_label("Send this conversation along").set_checked(ticked)
    form.get_by_role("button", name="Send").click()
    expect(visitor.last_answer.locator(".thanks")).to_be_focused()
    (sent,) = (json.loads(body) for body in visitor.posted("/v1/feedback"))
    assert sent["rating"] == "problem"
    assert sent["comment"] == "The second sentence is off."
    assert sent.get("transcript", False) is ticked
    assert answer["claims"][0]["text"] not in json.dumps(sent)


@pytest.mark.parametrize(("status", "said"), [(401, "cannot be sent along"), (503, "could not send")])
def test_unsent_opinion_is_kept(visitor: Visitor, answer: dict[str, Any], status: int, said: str) -> None:
    """When an opinion could not be sent, the visitor reads why, and what they typed is still there."""
    visitor.fake_answers(answer)
    visitor.fake_errors("**/v1/feedback", status)
    visitor.start()
    visitor.ask()
    visitor.last_answer.get_by_role("button", name="Report a problem").click()
    visitor.last_answer.get_by_label("In your words").fill("Words")
    visitor.last_answer.locator("form:visible").get_by_role("button", name="Send").click()
    expect(visitor.last_answer.locator(".thanks")).to_contain_text(said)
    expect(visitor.last_answer.get_by_label("In your words")).to_have_value("Words")


# --- to keep, to begin anew ----------------------------------------------------------------------------------------


def test_a08_copy_begins_with_the_notice(make_visitor: Any, answer: dict[str, Any]) -> None:
    """The copied chat says first that it was with an AI, then who said what, with the sources and their addresses."""
    visitor = make_visitor(permissions=["clipboard-read", "clipboard-write"])
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask("One?")
    visitor.ask("Two?")
    visitor.choose("Copy this chat")
    expect(visitor.panel.get_by_role("status").last).to_have_text("Copied.")
    copied = visitor.page.evaluate("navigator.clipboard.readText()").split("\n\n")
    assert copied[0] == visitor.panel.locator(".notice > p").inner_text()
    assert [line for line in copied if line.startswith("You:")] == ["You: One?", "You: Two?"]
    assert "A small trial found some benefit. [1] A larger trial found no difference. [2]" in copied[2]
    assert answer["citations"][0]["url"] in copied[4]
    visitor.last_answer.get_by_role("button", name="Copy this answer").click()
    expect(visitor.last_answer.locator(".thanks")).to_have_text("Copied.")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(visitor.panel.locator(".notice > p").inner_text())
    assert "One?" not in copied


def test_a08_print_has_the_notice_on_top_and_no_page_around(visitor: Visitor, answer: dict[str, Any]) -> None:
    """What is printed is the chat alone, and its first line is the notice."""
    visitor.page.add_init_script("window.print = () => (top.printed = document.body.innerText)")
    visitor.fake_answers(answer)
    visitor.start()
    visitor.ask()
    visitor.choose("Print this chat")
    printed = visitor.page.evaluate("window.printed")
    assert printed.startswith(visitor.panel.locator(".notice > p").inner_text())
    assert answer["claims"][0]["text"] in printed
    assert "Patient information" not in printed


def test_new_chat_begins_without_the_old_one(visitor: Visitor, answer: dict[str, Any]) -> None:
    """A new chat forgets the old one here and on the server, and keeps the agreement."""
    visitor.fake_answers(answer)
    visitor.page.route("**/v1/session", lambda route: route.fulfill(status=204))
    visitor.start()
    visitor.ask()
    visitor.choose("New chat")
    expect(visitor.panel.locator(".welcome")).to_be_visible()
    expect(visitor.panel.locator(".message")).to_have_count(0)
    expect(visitor.input).to_be_focused()
    visitor.ask("Again?")
    assert "session" not in json.loads(visitor.posted()[-1])
    assert len(visitor.posted("/v1/session")) == 1
