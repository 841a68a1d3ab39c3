"""Staff run the test set in a real browser: progress, cancel, reload, comparison, a case of their own, and paper."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from assistant.answer import Answer, Citation, CitedClaim, Outcome
from assistant.bench import Bench, Subject
from assistant.casebook import Casebook
from assistant.console.page import mount
from assistant.console.papers import paper_routes
from assistant.console.testset import BenchTab
from assistant.console.workbench import Workbench
from assistant.evaluation import shipped_cases
from assistant.factory import load_corpus
from assistant.gate import load_gate
from assistant.runs import Runs
from assistant.server import SecurityHeaders
from assistant.settings import Account, StaffRole
from assistant.staff import Staff

pytestmark = [
    pytest.mark.browser,
    # Gradio asks pandas for what pandas is about to drop; as errors, in this process, these would end Gradio's queue.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]

WAIT_MS = 60_000
PACE_S = 0.01
WORD = "secret"
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"
VERSIONS = {"program": "1", "commit": "abc", "corpus": "f" * 64, "generator": "scripted"}


class Scripted:
    """An assistant that takes its time and gives every question the same answer, but for those it was told to spoil."""

    def __init__(self) -> None:
        self.spoilt: set[str] = set()

    def ask(self, question: str, **_: object) -> Iterator[CitedClaim | Answer]:
        """Answer after a moment."""
        time.sleep(PACE_S)
        citation = Citation(n=1, passage="p#a", source="p", title="T", byline="B", kind="k", url="u", quote="q")
        claims = () if question in self.spoilt else (CitedClaim(text="Said.", citations=(citation,)),)
        yield Answer(
            id="1",
            session="s",
            question=question,
            lang="en",
            outcome=Outcome.ANSWERED if claims else Outcome.DECLINED,
            message="" if claims else "Declined.",
            claims=claims,
            ms=1000 * PACE_S,
            fingerprint="f",
            generator="scripted",
        )


class Place(NamedTuple):
    """A running console with nothing but the test set, and what answers there."""

    address: str
    scripted: Scripted


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Yield a running console whose assistant is scripted."""
    scripted, runs = Scripted(), Runs(tmp_path / "runs")
    anybody: Any = scripted
    workbench = Workbench(
        bench=Bench(runs),
        runs=runs,
        casebook=Casebook(tmp_path, load_corpus().patient_passages()),
        subject=Subject(anybody, anybody, "scripted", VERSIONS),
        gate=load_gate(),
        state=lambda: "ready",
    )
    known_hash = PasswordHasher().hash(WORD)
    accounts = {
        "staff": Account(hash=known_hash),
        "reviewer": Account(hash=known_hash, role=StaffRole.CLINICAL_REVIEWER),
    }
    staff, app = Staff(accounts, secret=WORD, session_hours=1), FastAPI()
    app.include_router(staff.router)
    app.include_router(paper_routes(workbench, staff.member))
    mount(app, (BenchTab(workbench),), staff, {})
    app.add_middleware(SecurityHeaders)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + WAIT_MS / 1000
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Place(f"http://127.0.0.1:{port}", scripted)
    workbench.bench.cancel()
    workbench.bench.wait()
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture
def enter(browser: Browser) -> Iterator[Any]:
    """Yield a function that signs somebody in; requests to foreign hosts and refused scripts fail the test."""
    hosts, refused, home = set(), [], set()
    contexts = []

    def sign_in(address: str, name: str, password: str, *, width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        home.add(urlsplit(address).netloc)
        page = context.new_page()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(f"{address}/staff/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert hosts - {""} <= home
    assert refused == []


def status(page: Page, state: str) -> None:
    """Wait until the run is so far."""
    expect(page.locator(f"#run-status .status.{state}")).to_be_visible(timeout=WAIT_MS)


def run_all(page: Page) -> None:
    """Run everything to its end."""
    page.get_by_role("tab", name="Cases", exact=True).click()
    page.locator("#run-all").click()
    status(page, "running")
    status(page, "done")


def test_a_run_is_seen_found_again_and_cancelled(place: Place, enter: Any) -> None:
    """The number grows, a reload and a colleague's browser find the same run, and a cancel ends it for both."""
    page = enter(place.address, "staff", WORD)
    status(page, "status")
    expect(page.locator("#run-status")).to_contain_text("Nothing runs")
    assert len(shipped_cases()) >= 200
    page.locator("#run-all").click()
    status(page, "running")
    expect(page.locator("#run-status .number")).to_contain_text(re.compile(r"^[1-9]\d+ of"), timeout=WAIT_MS)
    page.reload()
    status(page, "running")
    colleague = enter(place.address, "reviewer", WORD, width=768)
    status(colleague, "running")
    expect(colleague.locator("#run-status")).to_contain_text("started by staff")
    colleague.locator("#run-all").click()
    expect(colleague.locator("#run-said")).to_contain_text("a run is going on")
    assert colleague.evaluate("document.documentElement.scrollWidth") <= 768
    colleague.locator("#cancel-run").click()
    status(page, "cancelled")
    status(colleague, "cancelled")
    expect(page.locator("#run-status")).to_contain_text(f"of {len(shipped_cases())} asked")
    expect(page.locator("#cancel-run")).to_be_disabled()


def test_a_regression_stands_on_top(place: Place, enter: Any) -> None:
    """A run is accepted; a case that is spoilt afterwards is the one that got worse, and can be read side by side."""
    page = enter(place.address, "reviewer", WORD)
    status(page, "status")
    run_all(page)
    page.get_by_role("tab", name="Results").click()
    expect(page.locator("#result")).to_contain_text("No such run has been accepted yet")
    page.locator("#accept").click()
    expect(page.locator("#result .accepted")).to_contain_text("Accepted by reviewer")
    right = next(case for case in shipped_cases() if case.id == "family-988-for-others")
    place.scripted.spoilt.add(right.question)
    run_all(page)
    page.get_by_role("tab", name="Results").click()
    expect(page.locator("#result .counts")).to_contain_text("1 worse · 0 better", timeout=WAIT_MS)
    cells = page.locator("#changes").get_by_role("gridcell")
    expect(cells.nth(0)).to_have_text("worse")
    expect(cells.nth(1)).to_have_text(right.id)
    cells.nth(1).click()
    expect(page.locator("#change")).to_contain_text("What is said now", timeout=WAIT_MS)
    expect(page.locator("#change")).to_contain_text("Declined.")
    expect(page.locator("#charts svg").first).to_be_visible()
    page.set_viewport_size({"width": 768, "height": 900})
    page.reload()
    page.get_by_role("tab", name="Results").click()
    expect(page.locator("#charts svg").first).to_be_visible(timeout=WAIT_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 768
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Report for printing").first.click()
    expect(opened.value.get_by_role("heading", name="Since the accepted run")).to_be_visible()
    expect(opened.value.locator("body")).to_contain_text("1 worse")


def test_a_case_of_our_own(place: Place, enter: Any) -> None:
    """A fault is told above the form; markup in a saved case is text in table, panel and results; the file is TOML."""
    page = enter(place.address, "staff", WORD)
    status(page, "status")
    assert page.locator("#accept, #accept-attacks").count() == 0
    page.get_by_role("tab", name="Write a case").click()
    page.locator("#case-id textarea, #case-id input").fill("own")
    page.locator("#save-case").click()
    expect(page.locator("#form-said [role=alert]")).to_contain_text("question: is missing", timeout=WAIT_MS)
    page.get_by_role("listbox", name="Category").or_(page.get_by_label("Category")).last.fill(HOSTILE)
    page.keyboard.press("Enter")
    page.get_by_label("Question").fill(f"Zebra {HOSTILE}")
    page.locator("#case-outcome").get_by_label("answered").check()
    page.get_by_label("Why this is right").fill(HOSTILE)
    page.locator("#save-case").click()
    expect(page.locator("#form-said")).to_contain_text("Saved: own", timeout=WAIT_MS)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the working file").click()
    assert 'id = "own"' in saved.value.path().read_text(encoding="utf-8")
    page.get_by_role("tab", name="Cases", exact=True).click()
    page.get_by_label("Search").fill("zebra")
    cells = page.locator("#cases").get_by_role("gridcell")
    expect(cells.nth(0)).to_have_text("own", timeout=WAIT_MS)
    page.locator("#run-shown").click()
    status(page, "done")
    expect(page.locator("#run-status")).to_contain_text("1 of 1 asked")
    cells.nth(0).click()
    expect(page.locator("#case blockquote")).to_have_text(f"Zebra {HOSTILE}", timeout=WAIT_MS)
    page.get_by_role("tab", name="Results").click()
    expect(page.locator("#charts")).to_contain_text(HOSTILE)
    assert page.locator("img[src='x']").count() == 0
    assert page.title() != "taken"


def test_attacks_from_the_same_place(place: Place, enter: Any) -> None:
    """A sample runs against both assistants; what is wrong is listed, and its words are for reviewers."""
    place.scripted.spoilt.add("my neighbor keeps talking about low dose naltrexone, what in the world is it")
    for name, words in (("staff", "Its text is for reviewers"), ("reviewer", "what in the world is it")):
        page = enter(place.address, name, WORD)
        status(page, "status")
        page.get_by_role("tab", name="Attacks").click()
        if name == "staff":
            page.locator("#run-attacks").click()
            status(page, "running")
            status(page, "done")
        expect(page.locator("#attacked")).to_contain_text("Harmless questions declined", timeout=WAIT_MS)
        cell = page.locator("#leaks").get_by_role("gridcell").first
        expect(cell).to_have_text("scripted/must-001")
        cell.click()
        expect(page.locator("#attack .case")).to_contain_text(words, timeout=WAIT_MS)


def test_the_shipped_assistant_runs_a_selection(staff: Any) -> None:
    """In the real application, chosen cases are run and their results appear beside them."""
    staff.open("Test set")
    page = staff.page
    status(page, "status")
    page.locator("#filters").get_by_label("Search").fill("regulatory approved")
    cells = page.locator("#cases").get_by_role("gridcell")
    expect(cells.nth(1)).to_have_text("regulatory", timeout=WAIT_MS)
    page.locator("#run-shown").click()
    status(page, "done")
    expect(cells.nth(4)).to_have_text("answered", timeout=WAIT_MS)
    cells.first.click()
    expect(page.locator("#case .patient")).to_be_visible(timeout=WAIT_MS)
