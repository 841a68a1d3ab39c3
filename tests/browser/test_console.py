"""Staff work with the console in a real browser."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

WAIT_MS = 30_000
HOSTILE = "Does it help pain? <img src=x onerror=\"document.title='taken'\"> **bold**"


@pytest.fixture
def page(browser: Browser, site: str, staff_password: str) -> Iterator[Page]:
    """Return the console's page, signed in; foreign hosts that it asks for anything fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    answer = page.goto(f"{site}/staff/")
    assert answer
    assert answer.status == 401
    page.get_by_label("User name").fill("staff")
    page.get_by_label("Password").fill(staff_password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("textbox", name="Question").wait_for(timeout=WAIT_MS)
    yield page
    context.close()
    assert hosts - {""} == {urlsplit(site).netloc}


def ask(page: Page, question: str) -> None:
    """Ask as staff do and wait for the verdict."""
    page.get_by_role("textbox", name="Question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#verdict .outcome")).to_be_visible(timeout=WAIT_MS)


def test_the_way_in_and_out(page: Page, site: str) -> None:
    """The banner is there, the user is named, and signing out closes the console."""
    expect(page.locator("#banner")).to_contain_text("do not paste patient identifiers")
    expect(page.locator("#masthead")).to_contain_text("staff")
    page.get_by_role("link", name="Sign out").or_(page.get_by_role("button", name="Sign out")).first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("signed out")
    answer = page.goto(f"{site}/staff/")
    assert answer
    assert answer.status == 401


def test_an_answer_and_its_evidence(page: Page) -> None:
    """A question brings an answer with sources, the verdict, the passages and their sources' records."""
    ask(page, "Does low-dose naltrexone help fibromyalgia pain?")
    expect(page.locator("#verdict .outcome")).to_have_text("answered")
    expect(page.locator("#chat .sources li").first).to_be_visible()
    page.locator("#hits").get_by_role("gridcell").nth(4).click()
    expect(page.locator("#passage blockquote")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("#passage")).to_contain_text("Seen")
    page.get_by_role("tab", name="Run").click()
    expect(page.locator("#run")).to_contain_text("Corpus fingerprint")


def test_a_refusal_names_its_rule(page: Page) -> None:
    """A question for a dose is declined, and the panel says by which rule and which words."""
    ask(page, "How much naltrexone should I take?")
    expect(page.locator("#verdict")).to_contain_text("dosing_request")
    expect(page.locator("#asked")).to_contain_text("dosing_request", ignore_case=True)


def test_markup_in_a_question_is_text(page: Page) -> None:
    """What staff paste is shown and never run."""
    ask(page, HOSTILE)
    expect(page.locator("#chat .asked").first).to_contain_text("<img src=x")
    assert page.locator("#chat img[src='x'], #asked img[src='x'], #run img[src='x']").count() == 0
    assert page.title() != "taken"


def test_a_tablet_shows_the_whole_width(page: Page) -> None:
    """At 768 pixels nothing has to be scrolled sideways."""
    page.set_viewport_size({"width": 768, "height": 1000})
    ask(page, "Does low-dose naltrexone help fibromyalgia pain?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 768
