"""Staff and reviewers compare, look after the sources and the system, in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

TABS = ("Ask", "Compare", "Test set", "Sources", "System")
SOURCES = ("Ledger", "Article", "References", "Doctor")
REVIEWERS_SOURCES = ("Check and index", "Drafts")
SYSTEM = ("Versions", "Doctor", "Settings", "Model card", "Safety protocol")
REVIEWERS_IDS = (
    "#corpus-A",
    "#rules-B",
    "#verify",
    "#reindex",
    "#upload",
    "#off",
    "#certain",
    "#accept",
    "#accept-attacks",
)
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.mark.parametrize("role", ["staff", "reviewer"])
def test_each_role_walks_through_its_tabs(role: str, request: pytest.FixtureRequest) -> None:
    """Every tab opens for staff and reviewers; what is for reviewers alone is in no page of staff."""
    colleague = request.getfixturevalue(role)
    colleague.open()
    page: Page = colleague.page
    assert tuple(page.locator("#pages > .tab-wrapper [role=tab]:visible").all_inner_texts()) == TABS
    may = role == "reviewer"
    page.get_by_role("tab", name="Sources", exact=True).click()
    inner = page.locator("#sources-parts")
    expected = SOURCES + (REVIEWERS_SOURCES if may else ())
    expect(inner.get_by_role("tab", name="Ledger", exact=True)).to_be_visible()
    assert tuple(inner.locator("[role=tab]:visible").all_inner_texts()) == expected
    for name in expected:
        inner.get_by_role("tab", name=name, exact=True).click()
        expect(inner.get_by_role("tabpanel").and_(page.locator(":visible")).first).to_be_visible()
    page.get_by_role("tab", name="System", exact=True).click()
    for name in SYSTEM:
        page.locator("#system-parts").get_by_role("tab", name=name, exact=True).click()
    expect(page.locator("#protocol")).to_contain_text("The way of a question")
    assert may or not [id_ for id_ in REVIEWERS_IDS if page.locator(id_).count()]
    config = page.request.get(f"{colleague.site}/staff/config").text()
    assert [id_ for id_ in REVIEWERS_IDS if f'"elem_id":"{id_[1:]}"' in config] == ([*REVIEWERS_IDS] if may else [])


def test_two_configurations_side_by_side(staff: Any) -> None:
    """A list runs through two depths; the change is counted, and a selected row shows both answers."""
    staff.open("Compare")
    page: Page = staff.page
    expect(page.locator("#compare-summary")).to_contain_text("Nothing compared yet")
    page.locator("#compare-questions textarea").fill("What is an opioid receptor?\nHow much should I take?")
    page.locator("#page-compare input[type=number]").nth(1).fill("1")
    page.locator("#page-compare input[type=number]").nth(1).press("Tab")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#compare-summary .tally")).to_contain_text("Verdict flips")
    page.locator("#pairs").get_by_role("gridcell").nth(7).click()
    expect(page.locator("#compare-pair .answer")).to_have_count(2)
    expect(page.locator("#compare-pair")).to_contain_text("dosing_request")


def test_markup_in_a_comparison_is_text(staff: Any) -> None:
    """A hostile question runs nothing in the list, the summary or the pair."""
    staff.open("Compare")
    page: Page = staff.page
    page.locator("#compare-questions textarea").fill(HOSTILE)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#compare-pair")).to_contain_text("<script>")
    assert page.locator("#page-compare img[src='x']").count() == 0
    assert page.title() != "taken"


def test_the_ledger_opens_a_record(staff: Any) -> None:
    """The ledger lists the sources, and a row opens the record of one."""
    staff.open("Sources")
    page: Page = staff.page
    expect(page.locator("#ledger-figures")).to_contain_text("Sources")
    page.locator("#ledger").get_by_role("gridcell").nth(1).click()
    expect(page.locator("#record")).to_contain_text("Seen at")


def test_the_article_says_what_is_wrong(staff: Any) -> None:
    """A coloured sentence opens and says what the audit found."""
    staff.open("Sources", "Article")
    page: Page = staff.page
    page.locator("#article details.contradicted summary").first.click()
    expect(page.locator("#article .finding").first).to_be_visible()
    staff.page.get_by_role("tab", name="References", exact=True).click()
    expect(page.locator("#references .reference")).to_have_count(5)


def test_the_doctor_speaks(staff: Any) -> None:
    """The doctor says what works and what is a draft."""
    staff.open("System")
    page: Page = staff.page
    page.locator("#system-parts").get_by_role("tab", name="Doctor", exact=True).click()
    page.locator("#system-examine").click()
    expect(page.locator("#system-doctor")).to_contain_text("every check passed", timeout=120_000)


def test_an_upload_becomes_a_draft(reviewer: Any, tmp_path: Path) -> None:
    """A reviewer's document becomes a draft whose markup is text; one of another type is refused in words."""
    reviewer.open("Sources", "Drafts")
    page: Page = reviewer.page
    work = tmp_path / "new work.md"
    work.write_text(f"# Work\n\nPain fell in twelve women. {HOSTILE}\n", encoding="utf-8")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a document").click()
    chooser.value.set_files(work)
    expect(page.locator("#draft-said")).to_contain_text("is kept")
    expect(page.locator("#draft")).to_contain_text("Pain fell in twelve women")
    assert page.locator("#draft img[src='x']").count() == 0
    assert page.title() != "taken"


def test_the_index_is_mended_step_by_step(reviewer: Any) -> None:
    """Checking and indexing says what is done, and the index is whole at the end."""
    reviewer.open("Sources", "Check and index")
    reviewer.page.get_by_role("button", name="Check and re-index").click()
    expect(reviewer.page.locator("#reindexed")).to_contain_text("The index is whole", timeout=120_000)


def test_the_switch_asks_and_works(reviewer: Any, visitor: Any) -> None:
    """One press asks, a second switches the assistant off for visitors, a third on again."""
    reviewer.open("System")
    page: Page = reviewer.page
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator("#confirm")).to_contain_text("every visitor on every page")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator("#switch-state")).to_contain_text("answers patients")
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("button", name="Yes, switch it off").click()
    try:
        expect(page.locator("#switch-state")).to_contain_text("switched off")
        asked = {"message": "What are the side effects?", "consent": True}
        answer = visitor.page.request.post(f"{visitor.site}/v1/chat", data=asked).json()
        assert answer["outcome"] == "unavailable"
    finally:
        page.get_by_role("button", name="Switch on").click()
        expect(page.locator("#switch-state")).to_contain_text("answers patients")
