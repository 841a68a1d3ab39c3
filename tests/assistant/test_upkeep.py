"""Reviewers keep the corpus from the console, and nothing they do reaches patients unread."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.console import ledger
from assistant.console.sources import SourcesTab
from assistant.errors import AssistantError
from assistant.factory import CORPUS, SCREENS
from assistant.settings import RegistriesSettings, Settings
from assistant.upkeep import MOST_BYTES, Upkeep
from corpus.errors import CorpusError, Problem, RegistryUnavailableError
from corpus.library import LOCK, Library
from corpus.report import audit_report

NOBODY = "http://127.0.0.1:9"
HOSTILE = "Pain fell in women. <script>alert(1)</script> <img src=x onerror=alert(1)> The trial was small."


@pytest.fixture
def upkeep(library: Library, tmp_path: Path) -> Upkeep:
    """Return the upkeep of the shipped corpus, with records elsewhere and registries that nobody reaches."""
    nobody = RegistriesSettings(crossref_url=NOBODY, pubmed_url=NOBODY, attempts=1, timeout_s=1)
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", registries=nobody)
    return Upkeep(settings, library, CORPUS, SCREENS, lambda: library, lambda _: None)


@pytest.fixture
def tab(upkeep: Upkeep) -> SourcesTab:
    """Return the tab over it."""
    return SourcesTab(upkeep, list)


def document(folder: Path, name: str, text: str) -> Path:
    """Return a document that somebody uploads."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_network_nothing_is_changed(upkeep: Upkeep) -> None:
    """When no registry answers, the check stops before it writes a word."""
    before = (CORPUS / LOCK).exists()
    with pytest.raises(RegistryUnavailableError):
        upkeep.verify(iter)
    assert (CORPUS / LOCK).exists() is before


def test_staff_read_that_the_network_is_out(tab: SourcesTab) -> None:
    """The tab says so in a sentence."""
    assert "the network is out" in tab.verify(lambda *_, **__: None)  # type: ignore[arg-type]


def test_a_document_becomes_a_draft_that_patients_do_not_get(upkeep: Upkeep, tmp_path: Path) -> None:
    """The draft is kept beside the records, not in the corpus, and a second one does not overwrite it."""
    path = document(tmp_path, "New work.md", "# Work\n\nPain fell in twelve women with fibromyalgia.\n")
    draft, again = upkeep.draft_from_file(path), upkeep.draft_from_file(path)
    assert [id_ for id_, _ in upkeep.drafts()] == sorted([draft.id, again.id])
    assert draft.id != again.id
    assert "Pain fell in twelve women" in draft.text
    assert not (CORPUS / "drafts" / f"{draft.id}.md").exists()


@pytest.mark.parametrize(("name", "size"), [("work.exe", 10), ("work.md.sh", 10), ("work.md", MOST_BYTES + 1)])
def test_what_is_no_document_is_refused(upkeep: Upkeep, tmp_path: Path, name: str, size: int) -> None:
    """Another type, or a file beyond the limit, is not read at all."""
    with pytest.raises(AssistantError):
        upkeep.draft_from_file(document(tmp_path, name, "x" * size))
    assert not list(upkeep.drafts())


def test_an_upload_is_forgotten_and_its_markup_is_text(tab: SourcesTab, tmp_path: Path) -> None:
    """The uploaded file is removed, whatever came of it; what it said is shown as code, and its name as text."""
    path = document(tmp_path, "<b>work<b>.md", HOSTILE)
    said, _, shown = tab.draft_upload(str(path))
    assert not path.exists()
    assert "<b>" not in said
    assert "<script>" not in said
    assert "The trial was small" in shown["value"]
    broken = document(tmp_path, "work.exe", "x")
    assert "no document" in tab.draft_upload(str(broken))[0]
    assert not broken.exists()


def test_a_number_without_a_network_makes_no_draft(tab: SourcesTab) -> None:
    """A DOI that nobody can be asked about is told to be that, and an empty field asks nobody."""
    assert "the network is out" in tab.draft_number("10.1000/x")[0]
    assert "No number given" in tab.draft_number("  ")[0]


def test_mending_says_each_step(upkeep: Upkeep, library: Library) -> None:
    """The files are read, the index is made whole, and a corpus that has changed waits for a restart."""
    indexed: list[Library] = []
    one = replace(upkeep, reindex=indexed.append)
    *_, last = one.mend()
    assert indexed == [library]
    assert "The index is whole" in last
    fewer = replace(library, withdrawn={"younger-2013": "overdue"})
    *_, last = replace(upkeep, reload=lambda: fewer).mend()
    assert "after a restart" in last


def test_a_corpus_that_does_not_pass_is_listed(upkeep: Upkeep) -> None:
    """Each problem is named, and nothing is indexed."""

    def broken() -> Library:
        raise CorpusError(Problem(Path("sources/work.md"), 3, "has no <title>"))

    *_, last = SourcesTab(replace(upkeep, reload=broken), list).mend()
    assert "sources/work.md:3: has no &lt;title&gt;" in last


def test_the_ledger_tells_of_every_source(library: Library, upkeep: Upkeep) -> None:
    """Each source is a row; one that is withdrawn comes first and says why, one whose review is past says so."""
    late = replace(library, withdrawn={"younger-2013": "its review was due"})
    found = ledger.rows(late, upkeep.compared(), date(2099, 1, 1))
    assert {row[0] for row in found} == {*library.sources}
    assert found[0][0] == "younger-2013"
    assert found[0][5] == "withdrawn: its review was due"
    assert all(row[4].endswith("overdue") for row in found)
    assert all(len(row) == len(ledger.COLUMNS) for row in found)
    assert ledger.counts(late, {}, date(2099, 1, 1))["Withdrawn"] == 1


def test_a_review_is_soon_before_it_is_due(library: Library) -> None:
    """Sixty days ahead the ledger begins to say so."""
    source = library.source("younger-2013")
    due = source.provenance.review_by
    assert ledger.review(source, due) == f"{due} soon"
    assert ledger.review(source, date(2000, 1, 1)) == str(due)


def test_the_article_is_coloured_by_its_audit(library: Library, tab: SourcesTab) -> None:
    """Each sentence that claims something has its standing, what is wrong with it, and whether patients hear it."""
    shown = tab.article()
    (report,) = audit_report(library).articles
    assert shown.count("<details") == len([*report.corrections, *report.sound])
    for standing in ("contradicted", "qualified", "unsupported", "supported"):
        assert f'class="sentence {standing}"' in shown
    assert "not said to patients" in shown


def test_all_five_references_have_their_verdicts(library: Library, tab: SourcesTab) -> None:
    """Each reference of the article is listed with what a search for it came to."""
    shown = tab.references()
    assert len(library.references) == shown.count('class="reference ') == 5
    assert "not found" in shown


def test_a_row_opens_the_record(tab: SourcesTab) -> None:
    """A selected row shows where the source comes from, with a link to what it says; an unknown one shows none."""
    shown = tab.look_up(SimpleNamespace(row_value=["younger-2013"]))  # type: ignore[arg-type]
    assert 'href="source/younger-2013"' in shown
    assert "No source selected" in tab.look_up(SimpleNamespace(row_value=["<b>"]))  # type: ignore[arg-type]


def test_verification_shows_its_progress(upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch) -> None:
    """Staff see which work is being asked about, and at the end what wants a look."""
    told: list[tuple[Any, ...]] = []

    def verified(_: Upkeep, progress: Any) -> Iterator[Any]:
        return tuple(progress(["a", "b"]))[:0]  # type: ignore[return-value]

    monkeypatch.setattr(Upkeep, "verify", verified)
    said = SourcesTab(upkeep, list).verify(lambda *values, **names: told.append((*values, names["desc"])))  # type: ignore[arg-type]
    assert [entry[0] for entry in told] == [0, (0, 2), (1, 2)]
    assert "Every work is as its registries have it" in said
