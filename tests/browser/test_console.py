"""Staff ask in the console, in a real browser."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

HOSTILE = "Does it help pain? <img src=x onerror=\"document.title='taken'\"> **bold**"
QUESTION = "Does low-dose naltrexone help fibromyalgia pain?"


@pytest.fixture
def page(staff: Any) -> Page:
    """Return the console as a member of staff finds it."""
    staff.open()
    return staff.page


def test_the_way_in_and_out(browser: Browser, site: str, staff_password: str) -> None:
    """The banner is there, the user is named, and signing out closes the console."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    answer = page.goto(f"{site}/staff/")
    assert answer
    assert answer.status == 401
    page.get_by_label("User name").fill("staff")
    page.get_by_label("Password").fill(staff_password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#banner")).to_contain_text("do not paste patient identifiers")
    expect(page.locator("#masthead")).to_contain_text("staff")
    page.get_by_role("link", name="Sign out").or_(page.get_by_role("button", name="Sign out")).first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("signed out")
    answer = page.goto(f"{site}/staff/")
    assert answer
    assert answer.status == 401
    context.close()


def test_an_answer_and_its_evidence(page: Page, staff: Any) -> None:
    """A question brings an answer with sources, its steps, the verdict, the passages and their sources' records."""
    staff.ask(QUESTION)
    expect(page.locator("#verdict .outcome")).to_have_text("answered")
    expect(page.locator("#chat .sources li").first).to_be_visible()
    page.locator("#chat").get_by_text("How this was answered").click()
    expect(page.locator("#chat").get_by_text("Safety check of the question")).to_be_visible()
    page.locator("#hits").get_by_role("gridcell").nth(4).click()
    expect(page.locator("#passage")).to_contain_text("Seen")
    page.get_by_role("tab", name="Run").click()
    expect(page.locator("#run")).to_contain_text("Corpus fingerprint")


def test_a_citation_opens_its_passage(page: Page, staff: Any) -> None:
    """A mark in the answer opens the source in a tab of its own, at the passage."""
    staff.ask(QUESTION)
    with page.expect_popup() as opened:
        page.locator("#chat a.mark").first.click()
    source = opened.value
    expect(source.locator("mark")).to_be_in_viewport()
    source.close()


def test_looking_back(page: Page, staff: Any) -> None:
    """Selecting an earlier message brings its evidence back."""
    staff.ask(QUESTION)
    page.get_by_role("textbox", name="Question").fill("How much naltrexone should I take?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#verdict")).to_contain_text("dosing_request")
    page.locator("#chat").get_by_text(QUESTION).click()
    expect(page.locator("#verdict .outcome")).to_have_text("answered")


def test_a_refusal_names_its_rule(page: Page, staff: Any) -> None:
    """A question for a dose is declined, and the panel says by which rule and which words."""
    staff.ask("How much naltrexone should I take?")
    expect(page.locator("#verdict")).to_contain_text("dosing_request")
    expect(page.locator("#asked")).to_contain_text("dosing_request", ignore_case=True)


def test_markup_in_a_question_is_text(page: Page, staff: Any) -> None:
    """What staff paste is shown and never run."""
    staff.ask(HOSTILE)
    expect(page.locator("#chat .asked").first).to_contain_text("<img src=x")
    assert page.locator("#chat img[src='x'], #asked img[src='x'], #run img[src='x']").count() == 0
    assert page.title() != "taken"


def test_the_banner_stays_in_sight(page: Page, staff: Any) -> None:
    """However far down somebody reads, the banner is there."""
    staff.ask(QUESTION)
    page.get_by_role("tab", name="Claims").click()
    page.locator("#claims h3").last.scroll_into_view_if_needed()
    expect(page.locator("#banner")).to_be_in_viewport()


def test_a_tablet_shows_the_whole_width(page: Page, staff: Any) -> None:
    """At 768 pixels nothing has to be scrolled sideways, on no tab."""
    page.set_viewport_size({"width": 768, "height": 1000})
    staff.ask(QUESTION)
    for tab in ("Ask", "Compare", "Sources", "System"):
        page.get_by_role("tab", name=tab, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 768, tab
    page.set_viewport_size({"width": 1280, "height": 900})


def test_spanish_staff_read_spanish_labels(browser: Browser, site: str, staff: Any) -> None:
    """The components' words follow the browser's language."""
    context = browser.new_context(locale="es-ES", storage_state=staff.page.context.storage_state())
    page = context.new_page()
    page.goto(f"{site}/staff/")
    for word in ("Preguntar", "Comparar", "Fuentes", "Sistema"):
        expect(page.get_by_role("tab", name=word, exact=True)).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("CONSOLA DE PRUEBAS")
    context.close()


def test_five_chats_at_once_finish(site: str, staff: Any) -> None:
    """Five members of staff who ask at the same moment all get their answers."""
    cookies = {one["name"]: one["value"] for one in staff.page.context.cookies()}
    with httpx.Client(base_url=f"{site}/staff", cookies=cookies, timeout=60) as client:
        config = client.get("/config").json()
        (button,) = [part["id"] for part in config["components"] if part["props"].get("elem_id") == "ask"]
        (event,) = [one["id"] for one in config["dependencies"] if [button, "click"] in one["targets"]]

        def chat(session: str) -> str:
            asked = {"data": [None, QUESTION, "en", "extractive", True], "fn_index": event, "session_hash": session}
            assert client.post("/gradio_api/queue/join", json=asked).status_code == 200
            with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
                for line in stream.iter_lines():
                    if line.startswith("data:") and json.loads(line[5:])["msg"] == "process_completed":
                        return line
            return ""

        with ThreadPoolExecutor(5) as colleagues:
            ends = list(colleagues.map(chat, [f"chat-{n}" for n in range(5)]))
    assert all(json.loads(end[5:])["success"] for end in ends)
