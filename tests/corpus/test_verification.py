"""Verification: every citation is held against the registries, and no fault of theirs loses or invents anything."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.bibliography import NoticeKind, RegistryName
from corpus.errors import CorpusError
from corpus.library import Library, load_library
from corpus.lock import Lock, Verdict, load_lock, save_lock, withdrawn
from corpus.references import load_references
from corpus.registries import open_registries
from corpus.testing import BROKEN, BUSY, CUT, DOWN, LocalRegistries, crossref_work, local_registries, pubmed_summary
from corpus.verification import Checked, LockState, Terms, compare_offline, exit_code, may_be_cited, verify

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TODAY = NOW.date()
JOURNAL = ("Journal of Examples", "J Exampl")
ONE = crossref_work("10.1000/example", "Title of one", "Ann Able", 2020, JOURNAL[0])
ONE_PUBMED = pubmed_summary("11", "Title of one", "Able A", 2020, JOURNAL, doi="10.1000/example")
TWO = crossref_work("10.1000/two", "Title of two", "Ann Able", 2020, JOURNAL[0])
RETRACTION = {"DOI": "10.1000/n", "type": "retraction", "updated": {"date-parts": [[2021]]}}


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRegistries]:
    """Yield registries on this machine that hold the two sources of the shelf."""
    monkeypatch.setenv("NO_PROXY", "*")
    with local_registries() as registries:
        registries.works, registries.summaries = [ONE, TWO], [ONE_PUBMED]
        yield registries


@pytest.fixture
def library(shelf: Any) -> Callable[[], Library]:
    """Return a function that loads the shelf, whose article no registry lists."""
    shelf.change("article/remedy.md", "  doi: 10.1000/example\n", "")
    shelf.change("sources/two.md", "10.1000/example", "10.1000/two")
    return lambda: load_library(shelf.folder, {}, today=TODAY)


@pytest.fixture
def check(local: LocalRegistries, library: Any, shelf: Any) -> Callable[..., dict[str, Checked]]:
    """Return a function that verifies the shelf, some days after the first time."""

    def run(*ids: str, days: float = 0, progress: Any = iter, **terms: Any) -> dict[str, Checked]:
        with open_registries(local.settings(attempts=1), sleep=lambda _: None) as registries:
            checked = verify(
                library(),
                shelf.path("references.lock.json"),
                registries,
                Terms(ids=ids, **terms),
                now=lambda: NOW + timedelta(days=days),
                progress=progress,
            )
        return {one.id: one for one in checked}

    return run


@pytest.fixture
def lock(shelf: Any) -> Callable[[], Lock]:
    """Return a function that reads the lock of the shelf."""
    return lambda: load_lock(shelf.path("references.lock.json"))


def test_all_works_are_checked(check: Any, lock: Any) -> None:
    """Every source and claimed reference gets a verdict, the lock holds them, and nobody asks for the article."""
    checked = check()
    assert {id_: one.entry.verdict.value for id_, one in checked.items()} == {
        "remedy": "unlisted",
        "one": "verified",
        "two": "verified",
        "claimed-1": "not_found",
        "claimed-2": "verified",
    }
    assert not any(one.concerns for one in checked.values())
    assert {id_: one.entry for id_, one in checked.items()} == lock().entries


def test_unknown_identifiers_are_offered(check: Any, local: LocalRegistries, shelf: Any) -> None:
    """What the citation lacks and a registry knows goes into the lock for the source's file."""
    local.summaries[0] = ONE_PUBMED | {"articleids": [*ONE_PUBMED["articleids"], {"idtype": "pmc", "value": "PMC7"}]}
    shelf.change("sources/one.md", "  year: 2020\n", "")
    assert check("one")["one"].entry.offered == {"pmid": "11", "pmcid": "PMC7", "year": "2020"}


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        ("year: 2020", "year: 2017", ["year", "year"]),
        ("- Able A", "- Zack A", ["first author", "first author"]),
        ("title: Title of one", "title: Another thing altogether", ["title", "title"]),
        ("container: Journal of Examples", "container: Brain", ["container", "container"]),
        ("doi: 10.1000/example", "doi: 10.1000/none", ["doi", "doi"]),
        ("doi: 10.1000/example", "doi: 10.1000/two", ["title", "doi"]),
        ("doi: 10.1000/example", "doi: 10.1000/example\n  pmcid: PMC1", []),
    ],
)
def test_each_wrong_field_is_named(check: Any, shelf: Any, old: str, new: str, fields: list[str]) -> None:
    """A field that disagrees is a mismatch that names it with both values and withdraws the source."""
    shelf.change("sources/one.md", old, new)
    entry = check("one")["one"].entry
    assert [difference.field for _, difference in entry.differences] == fields
    assert entry.verdict is (Verdict.MISMATCH if fields else Verdict.VERIFIED)
    reasons = withdrawn(Lock(entries={"one": entry}))
    assert bool(fields) == ("one" in reasons)
    assert all(field in reasons["one"] for field in fields)


def test_print_and_online_may_differ_by_a_year(check: Any, shelf: Any) -> None:
    """A year beside that of the registry is a note, and the online year counts as well."""
    shelf.change("sources/one.md", "year: 2020", "year: 2019")
    entry = check("one")["one"].entry
    assert entry.verdict is Verdict.VERIFIED
    assert "year 2019 is 2020 in the registry" in entry.answers[RegistryName.PUBMED].notes[0]


@pytest.mark.parametrize("at", list(RegistryName))
def test_a_retraction_outweighs_all(check: Any, local: LocalRegistries, at: RegistryName) -> None:
    """One registry's notice is enough, whatever the other says."""
    if at is RegistryName.CROSSREF:
        local.works[0] = ONE | {"updated-by": [RETRACTION]}
    else:
        local.summaries[0] = ONE_PUBMED | {"pubtype": ["Journal Article", "Retracted Publication"]}
    found = check("one")["one"]
    assert (found.entry.verdict, found.concerns) == (Verdict.RETRACTED, True)
    assert withdrawn(Lock(entries={"one": found.entry})) == {"one": f"retracted according to {at.value}"}


def test_a_corrected_work_stays_with_its_notice(check: Any, local: LocalRegistries) -> None:
    """A correction is told and withdraws nothing."""
    local.works[0] = ONE | {"updated-by": [RETRACTION | {"type": "correction"}]}
    entry = check("one")["one"].entry
    assert entry.verdict is Verdict.VERIFIED
    assert [(notice.kind, notice.doi, notice.date) for notice in entry.notices] == [
        (NoticeKind.CORRECTION, "10.1000/n", "2021")
    ]
    assert withdrawn(Lock(entries={"one": entry})) == {}


def test_an_unknown_identifier_withdraws_and_a_fruitless_search_does_not(
    check: Any, local: LocalRegistries, shelf: Any
) -> None:
    """Not found is not found, but only who claims an identifier can be proved wrong by it."""
    local.works, local.summaries = [], []
    shelf.change("sources/two.md", "  doi: 10.1000/two\n", "")
    checked = check()
    assert {checked[id_].entry.verdict for id_ in ("one", "two")} == {Verdict.NOT_FOUND}
    assert all(checked[id_].concerns for id_ in ("one", "two"))
    assert [*withdrawn(Lock(entries={id_: checked[id_].entry for id_ in ("one", "two")}))] == ["one"]


def test_a_namesake_found_by_title_does_not_contradict_an_identifier(check: Any, local: LocalRegistries) -> None:
    """A reprint of the same title elsewhere says nothing against a work that its DOI confirms."""
    local.summaries = [pubmed_summary("12", "Title of one", "Able A", 2012, ("Brain", "Brain"), doi="10.1000/old")]
    assert check("one")["one"].entry.verdict is Verdict.VERIFIED


def test_an_identifier_that_leads_nowhere_is_a_mismatch(check: Any, local: LocalRegistries, shelf: Any) -> None:
    """A number that PubMed has not is wrong, although the DOI is right; a DOI that PubMed confirms is right."""
    local.summaries = []
    shelf.change("sources/one.md", "  doi: 10.1000/example", "  doi: 10.1000/example\n  pmid: '999'")
    entry = check("one")["one"].entry
    assert withdrawn(Lock(entries={"one": entry})) == {"one": "pmid is “999” here and “unknown” in pubmed"}
    local.works, local.summaries = [], [ONE_PUBMED]
    shelf.change("sources/one.md", "pmid: '999'", "pmid: '11'")
    assert check("one")["one"].entry.verdict is Verdict.VERIFIED


@pytest.mark.parametrize("fault", [DOWN, BUSY, BROKEN, CUT])
def test_a_fault_is_no_verdict(check: Any, local: LocalRegistries, lock: Any, fault: Any) -> None:
    """Where a registry stumbles, nothing is verified, nothing is withdrawn, and next time it is asked again."""
    local.faults.append(fault)
    entry = check("one")["one"].entry
    assert (entry.verdict, entry.silent) == (Verdict.UNREACHABLE, (RegistryName.CROSSREF,))
    assert withdrawn(lock()) == {}
    assert check("one")["one"].entry.verdict is Verdict.VERIFIED


def test_silence_takes_nothing_away(check: Any, local: LocalRegistries, shelf: Any) -> None:
    """Former answers stay while a registry is down, and a retraction stays even for an edited citation."""
    local.works[0] = ONE | {"updated-by": [RETRACTION]}
    check()
    local.works[0] = ONE
    local.down = {"/crossref"}
    later = check("one", "two", days=40)
    assert [later[id_].entry.verdict for id_ in ("one", "two")] == [Verdict.RETRACTED, Verdict.VERIFIED]
    assert later["two"].entry.answers[RegistryName.CROSSREF].asked_at == NOW
    shelf.change("sources/one.md", "- Baker B", "- Baker BB")
    shelf.change("sources/two.md", "- Baker B", "- Baker BB")
    later = check("one", "two", days=41)
    assert [later[id_].entry.verdict for id_ in ("one", "two")] == [Verdict.RETRACTED, Verdict.UNREACHABLE]
    local.down = set()
    assert check("one", days=42)["one"].entry.verdict is Verdict.VERIFIED


def test_a_dead_registry_is_left_alone(check: Any, local: LocalRegistries) -> None:
    """After three works in a row without an answer, nobody goes on knocking."""
    local.down = {"/crossref", "/pubmed"}
    checked = check()
    assert [one.entry.verdict for one in checked.values()].count(Verdict.UNREACHABLE) == 4
    assert len(local.asked) == 6


def test_an_interrupted_run_goes_on_where_it_stopped(check: Any, local: LocalRegistries, lock: Any) -> None:
    """What was answered before Ctrl-C is in the lock, and only the rest is asked for."""

    def interrupted(ids: Sequence[str]) -> Iterable[str]:
        yield from ids[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(progress=interrupted)
    assert [*lock().entries] == ["one", "remedy"]
    asked = len(local.asked)
    assert {id_ for id_, one in check().items() if one.asked} == {"two", "claimed-1", "claimed-2"}
    assert not any("10.1000/example" in target for target in local.asked[asked:])


@pytest.mark.parametrize(
    ("days", "terms", "is_asked"),
    [(29, {}, False), (31, {}, True), (3, {"max_age_days": 2}, True), (1, {"force": True}, True), (-1, {}, True)],
)
def test_young_answers_stand(check: Any, days: float, terms: dict[str, Any], is_asked: bool) -> None:  # noqa: FBT001 - a table's column
    """An answer stands until it is old or somebody insists; one from the future counts for nothing."""
    check("one")
    assert check("one", days=days, **terms)["one"].asked is is_asked


def test_an_edited_citation_is_asked_for_again(check: Any, shelf: Any) -> None:
    """An answer stands for the citation that it was given on."""
    check("one")
    shelf.change("sources/one.md", "year: 2020", "year: 2015")
    assert check("one")["one"].entry.verdict is Verdict.MISMATCH


def test_exit_codes_tell(check: Any, library: Any, lock: Any, local: LocalRegistries) -> None:
    """All is well, a person has to look, or a registry has to be asked again."""
    assert exit_code(check().values()) == 0
    assert exit_code(compare_offline(library(), lock())) == 0
    local.down = {"/pubmed"}
    later = check("two", force=True)
    assert later["two"].entry.verdict is Verdict.VERIFIED
    assert later["two"].entry.remarks == ("no answer from pubmed",)
    assert exit_code(later.values()) == 3
    local.works[0] = ONE | {"updated-by": [RETRACTION]}
    checked = check("one", force=True)
    assert checked["one"].entry.remarks == ("retraction 2021 10.1000/n", "no answer from pubmed")
    assert exit_code([*checked.values(), *later.values()]) == 1
    assert exit_code(compare_offline(library(), lock())) == 1
    assert exit_code(compare_offline(library(), lock(), ["two"])) == 0


def test_unknown_ids_are_refused(check: Any, library: Any, local: LocalRegistries) -> None:
    """A mistyped id stops the run before anybody is asked."""
    with pytest.raises(CorpusError, match="cannot hold `tow`: there is no such source"):
        check("one", "tow")
    with pytest.raises(CorpusError, match="cannot hold `tow`"):
        compare_offline(library(), Lock(), ["tow"])
    assert local.asked == []


def test_the_lock_is_stable(check: Any, shelf: Any) -> None:
    """The same answers make the same bytes, sorted by id."""
    check()
    path = shelf.path("references.lock.json")
    before = path.read_bytes()
    check(force=True)
    assert path.read_bytes() == before
    assert [*json.loads(before)["entries"]] == ["claimed-1", "claimed-2", "one", "remedy", "two"]
    assert [*path.parent.glob(".references*")] == []


def test_the_lock_is_never_half_written(check: Any, shelf: Any, lock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails leaves the old lock, and nothing beside it."""
    check("one")
    before = lock()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_lock(Lock(), shelf.path("references.lock.json"))
    assert lock() == before
    assert [*shelf.folder.glob(".references*")] == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 2}', b'{"entries": {"one": {}}}', b'{"colour": 1}', b"\xff"]
)
def test_a_broken_lock_is_an_error(shelf: Any, content: bytes) -> None:
    """What ``verify`` did not write is not read as good news."""
    path = shelf.path("references.lock.json")
    path.write_bytes(content)
    with pytest.raises(CorpusError, match="is not what `verify` wrote"):
        load_lock(path)


def test_an_unreadable_lock_is_an_error(shelf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in its place or a file without end is said to be that."""
    with pytest.raises(CorpusError, match="cannot be read: Is a directory"):
        load_lock(tmp_path)
    monkeypatch.setattr("corpus.lock.MOST_BYTES", 10)
    with pytest.raises(CorpusError, match="is larger than 10 bytes"):
        load_lock(shelf.path("references.toml"))


def test_offline_compares_the_files(check: Any, library: Any, lock: Any, shelf: Any, local: LocalRegistries) -> None:
    """Without a network the lock tells what was checked, changed, never checked or no longer cited."""
    check("remedy", "one", "two", "claimed-1")
    asked = len(local.asked)
    shelf.change("sources/two.md", "year: 2020", "year: 2015")
    entries = {**lock().entries, "old": lock().entries["one"]}
    found = {one.id: one for one in compare_offline(library(), Lock(entries=entries))}
    assert {id_: one.state for id_, one in found.items()} == {
        "remedy": LockState.CHECKED,
        "one": LockState.CHECKED,
        "two": LockState.CHANGED,
        "claimed-1": LockState.CHECKED,
        "claimed-2": LockState.NOT_CHECKED,
        "old": LockState.GONE,
    }
    assert found["one"].verdict is Verdict.VERIFIED
    assert found["two"].verdict is None
    assert {id_ for id_, one in found.items() if one.concerns} == {"two", "claimed-2", "old"}
    assert len(local.asked) == asked


def test_a_verdict_written_by_hand_does_not_count(check: Any, library: Any, lock: Any, local: LocalRegistries) -> None:
    """The verdict follows from the registries' answers, and from nothing else."""
    local.works[0] = ONE | {"updated-by": [RETRACTION]}
    check("one")
    forged = lock().entries["one"].model_copy(update={"verdict": Verdict.VERIFIED})
    (one,) = [one for one in compare_offline(library(), Lock(entries={"one": forged})) if one.id == "one"]
    assert (one.state, one.verdict) == (LockState.CHANGED, None)


def test_a_registry_alone_makes_no_claimed_reference_citable(
    check: Any, library: Any, lock: Any, shelf: Any, local: LocalRegistries
) -> None:
    """A claimed reference that turns up concerns a person, whose acceptance alone makes it citable."""
    local.works.append(crossref_work("10.1000/m", "The remedy: a miracle", "Noel Nobody", 2019, "Tales"))
    found = check()["claimed-1"]
    assert (found.entry.verdict, found.concerns) == (Verdict.VERIFIED, True)
    assert not any(may_be_cited(one, lock()) for one in library().references)
    shelf.change(
        "references.toml", 'verdict = "not_found"', 'verdict = "verified"\nsource = "one"\naccepted_by = "Dr. A"'
    )
    first, second = library().references
    assert may_be_cited(first, lock())
    assert not may_be_cited(first, Lock())
    assert not may_be_cited(second, lock())


def test_acceptance_needs_a_name_and_a_work(shelf: Any) -> None:
    """A reference is not verified without a person, and not accepted while it cannot be found."""
    shelf.change("references.toml", '"misdescribed"', '"verified"')
    shelf.change("references.toml", 'verdict = "not_found"', 'verdict = "not_found"\naccepted_by = "Dr. A"')
    with pytest.raises(CorpusError) as caught:
        load_references(shelf.path("references.toml"))
    said = str(caught.value)
    assert "a reference that was not found cannot have been accepted" in said
    assert "a verified reference names in `accepted_by` the person who accepted it" in said


def test_the_five_claimed_references_stay_uncitable() -> None:
    """No reference of the clinic's article may be cited as the files are shipped."""
    folder = Path(corpus.__file__).parent
    references = load_references(folder / "references.toml")
    lock = load_lock(folder / "references.lock.json")
    assert [one.n for one in references] == [1, 2, 3, 4, 5]
    assert not any(may_be_cited(one, lock) for one in references)
