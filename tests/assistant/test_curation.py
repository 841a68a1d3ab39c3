"""Those who keep the corpus have commands that ask, write drafts and tell what to mend."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant import cli, factory
from assistant.settings import Settings
from corpus.errors import CorpusError
from corpus.library import Library
from corpus.testing import LocalRegistries, crossref_work, local_registries, pubmed_summary

RUNNER = CliRunner(env={"COLUMNS": "200"})
WORK = "younger-2013"
JOURNAL = ("Arthritis & Rheumatism", "Arthritis Rheum")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the shipped corpus that the commands work on."""
    copy = tmp_path / "corpus"
    shutil.copytree(factory.CORPUS, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__", "references.lock.json"))
    monkeypatch.setattr(factory, "CORPUS", copy)
    monkeypatch.setattr(factory, "LOCK", copy / "references.lock.json")
    return copy


@pytest.fixture
def registries(library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRegistries]:
    """Yield registries on this machine that hold one of our works, with the settings that lead there."""
    reference = library.source(WORK).reference
    given = (reference.title, "Jarred Younger", 2013, JOURNAL[0])
    with local_registries() as local:
        local.works = [crossref_work(str(reference.doi), *given)]
        local.summaries = [pubmed_summary("23359310", reference.title, "Younger J", 2013, JOURNAL, doi=reference.doi)]
        settings = local.settings(attempts=1)
        for name in ("crossref_url", "pubmed_url", "contact", "attempts"):
            monkeypatch.setenv(f"ASSISTANT_REGISTRIES__{name.upper()}", str(getattr(settings, name)))
        monkeypatch.setenv("NO_PROXY", "*")
        yield local


def test_a_work_is_verified_and_what_was_said_is_kept(folder: Path, registries: LocalRegistries) -> None:
    """A record that both registries confirm is verified, the lock keeps it, and the files alone tell it afterwards."""
    run = RUNNER.invoke(cli.app, ["verify", WORK, "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)[0]["entry"]["verdict"] == "verified"
    assert WORK in json.loads((folder / "references.lock.json").read_text(encoding="utf-8"))["entries"]
    asked = len(registries.asked)
    offline = RUNNER.invoke(cli.app, ["verify", WORK, "--offline"])
    assert (offline.exit_code, "verified" in offline.output) == (0, True)
    assert len(registries.asked) == asked


def test_a_wrong_record_is_something_to_look_at(folder: Path, registries: LocalRegistries) -> None:
    """A registry that names another year gives exit code 1 and says which field."""
    registries.works[0] |= {"issued": {"date-parts": [[1999]]}, "published-print": {"date-parts": [[1999]]}}
    registries.summaries[0]["pubdate"] = "1999 Mar"
    run = RUNNER.invoke(cli.app, ["verify", WORK])
    assert run.exit_code == 1
    assert "mismatch" in run.output
    assert "year" in run.output


def test_silence_is_for_later(folder: Path, registries: LocalRegistries) -> None:
    """Registries that do not answer give no verdict, and exit code 3."""
    registries.down = {"/"}
    run = RUNNER.invoke(cli.app, ["verify", WORK])
    assert run.exit_code == 3
    assert "unreachable" in run.output


def test_an_unknown_work_is_one_sentence(folder: Path, registries: LocalRegistries) -> None:
    """A misspelt id is an error without a trace."""
    run = RUNNER.invoke(cli.app, ["verify", "nobody-1999"])
    assert run.exit_code == 1
    assert "nobody-1999" in run.output
    assert "Traceback" not in run.output


def test_a_draft_is_written_and_not_indexed(folder: Path, registries: LocalRegistries) -> None:
    """A fetched record becomes a draft that patients see nothing of; a work that is there is not drafted again."""
    registries.works.append(crossref_work("10.1000/new", "A new trial", "Ann Able", 2025, "Journal of Examples"))
    run = RUNNER.invoke(cli.app, ["source", "add", "--doi", "10.1000/new"])
    assert run.exit_code == 0, run.output
    drafts = list((folder / "drafts").glob("*.md"))
    assert len(drafts) == 1
    assert "A new trial" in drafts[0].read_text(encoding="utf-8")
    assert drafts[0].stem not in factory.load_corpus().sources
    again = RUNNER.invoke(cli.app, ["source", "add", "--doi", "10.1002/art.37734"])
    assert again.exit_code == 1
    assert "there already" in again.output


def test_a_document_becomes_a_draft(folder: Path, tmp_path: Path) -> None:
    """A Markdown file of the clinic's becomes a draft whose sentences wait for a person."""
    page = tmp_path / "page.md"
    page.write_text("# Our page\n\nSleep was better in one small study. Nobody was harmed.\n", encoding="utf-8")
    run = RUNNER.invoke(cli.app, ["source", "add", "--file", str(page)])
    assert run.exit_code == 0, run.output
    assert "Nobody was harmed." in next((folder / "drafts").glob("*.md")).read_text(encoding="utf-8")


@pytest.mark.parametrize("given", [[], ["--doi", "10.1000/a", "--pmid", "1"]])
def test_one_way_of_adding_at_a_time(given: list[str]) -> None:
    """Neither none nor two ways of naming a source are guessed at."""
    assert RUNNER.invoke(cli.app, ["source", "add", *given]).exit_code == 2


def test_damage_is_listed_with_file_and_line(folder: Path) -> None:
    """``corpus check`` prints every problem as file, line and words, as text and as JSON, and exits with 1."""
    path = folder / "sources" / f"{WORK}.md"
    path.write_text(path.read_text(encoding="utf-8") + "- Take 4.5 mg every night.\n", encoding="utf-8")
    run = RUNNER.invoke(cli.app, ["corpus", "check"])
    assert run.exit_code == 1
    assert f"{WORK}.md:" in run.output
    problems = json.loads(RUNNER.invoke(cli.app, ["corpus", "check", "--json"]).stdout)
    assert any("dose" in problem["message"] for problem in problems)
    assert all(problem["line"] >= 1 for problem in problems)


def test_what_serves_keeps_the_last_good_corpus(folder: Path, tmp_path: Path) -> None:
    """Damage to a file stops the next start with its place, and takes nothing from what already serves."""
    serving = factory.assemble(Settings(_env_file=None, data_dir=tmp_path))
    before = serving.library.patient_passages()
    (folder / "sources" / f"{WORK}.md").write_bytes(b"")
    with pytest.raises(CorpusError, match=rf"{WORK}\.md:1"):
        factory.load_corpus()
    assert serving.library.patient_passages() == before
    assert serving.library.source(WORK).passages


def test_the_audit_is_a_page_for_an_editor(folder: Path, tmp_path: Path) -> None:
    """The report names the references to remove, the sentences to correct and what is missing, and loads nothing."""
    html, markdown = tmp_path / "audit.html", tmp_path / "audit.md"
    run = RUNNER.invoke(cli.app, ["corpus", "audit", "--html", str(html), "--markdown", str(markdown)])
    assert run.exit_code == 0, run.output
    page, text = html.read_text(encoding="utf-8"), markdown.read_text(encoding="utf-8")
    for told in ("Finnegan", "treatment-resistant depression", "opioid", "compounded"):
        assert told in page
        assert told in text
    assert "<script" not in page
    assert 'src="http' not in page


def test_a_retracted_source_is_gone_and_its_uses_are_listed(folder: Path, registries: LocalRegistries) -> None:
    """What a registry calls retracted is no longer offered to patients, and the audit says what used it."""
    notice = {"DOI": "10.1000/n", "type": "retraction", "updated": {"date-parts": [[2026]]}}
    registries.works[0]["updated-by"] = [notice]
    run = RUNNER.invoke(cli.app, ["verify", WORK])
    assert (run.exit_code, "retracted" in run.output) == (1, True), run.output
    library = factory.load_corpus()
    assert WORK in library.withdrawn
    assert WORK not in {passage.source_id for passage in library.patient_passages()}
    audit = RUNNER.invoke(cli.app, ["corpus", "audit"])
    assert WORK in audit.output
    assert "retracted" in audit.output.lower()
