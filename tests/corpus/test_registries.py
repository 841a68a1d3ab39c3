"""Registries: asked politely, understood in their documented shapes, and never believed when they stumble."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from corpus.bibliography import AskedBy, NoticeKind, Registry, Sought, family_name, plain
from corpus.errors import RegistryUnavailableError
from corpus.registries import open_registries
from corpus.testing import (
    BROKEN,
    BUSY,
    CUT,
    DOWN,
    SLOW,
    LocalRegistries,
    Reply,
    crossref_work,
    local_registries,
    pubmed_summary,
)

DOI = "10.1000/example(12)"
TITLE = "The remedy (REM) as a treatment for examples in older adults"
JOURNAL = ("Journal of Examples", "J Exampl")
WORK = crossref_work(DOI, TITLE, "Ann B. Able", 2020, "Journal of Examples")
SUMMARY = pubmed_summary("123", TITLE, "Able AB", 2020, JOURNAL, doi=DOI)


def _update(type_: str, *date: int, **more: object) -> dict[str, object]:
    """Return a notice in the shape of Crossref."""
    return {"DOI": "10.1000/n", "type": type_, "updated": {"date-parts": [date or (2021, 5, 7)]}} | more


def _reference(type_: str, source: str = "") -> dict[str, object]:
    """Return a reference to a notice in the shape of PubMed."""
    return {"reftype": type_, "refsource": source, "pmid": "", "note": ""}


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRegistries]:
    """Yield registries on this machine that hold one work each."""
    monkeypatch.setenv("NO_PROXY", "*")
    with local_registries() as registries:
        registries.works, registries.summaries = [WORK], [SUMMARY]
        yield registries


@pytest.fixture
def pauses() -> list[float]:
    """Return where the pauses end up that nobody has to wait for."""
    return []


@pytest.fixture
def connect(local: LocalRegistries, pauses: list[float]) -> Iterator[Callable[..., tuple[Registry, ...]]]:
    """Yield a function that returns Crossref and PubMed for changed settings."""
    opened = []

    def open_(**changes: object) -> tuple[Registry, ...]:
        opened.append(open_registries(local.settings(**changes), sleep=pauses.append))
        return opened[-1].__enter__()

    yield open_
    for one in opened:
        one.__exit__(None, None, None)


def test_crossref_is_asked_by_doi(local: LocalRegistries, connect: Any) -> None:
    """A DOI leads to one work, all of whose fields are read, and the request says who asks."""
    crossref, _ = connect()
    found = crossref.find(Sought(title="Anything", doi=DOI))
    (record,) = found.records
    assert found.asked_by is AskedBy.DOI
    assert (record.titles, record.authors, record.years) == ((TITLE,), ("Able AB",), (2020,))
    assert (record.containers, record.volume, record.pages) == (("Journal of Examples",), "12", "1-9")
    assert local.asked == [f"/crossref/works/{DOI}?mailto=editor@example.org"]


def test_crossref_is_asked_by_title(local: LocalRegistries, connect: Any) -> None:
    """Without a DOI a bibliographic query brings candidates."""
    crossref, _ = connect()
    work = Sought(title=TITLE, authors=("Able, A.",), year=2020, container="J Exampl")
    assert crossref.find(work).asked_by is AskedBy.TITLE
    assert f"query.bibliographic={TITLE} Able 2020 J Exampl&rows=5".replace(" ", "+") in local.asked[0]


def test_a_doi_that_crossref_does_not_know_leads_to_a_search(connect: Any) -> None:
    """A 404 in Crossref's own words is an answer, and the title is tried next."""
    crossref, _ = connect()
    assert crossref.find(Sought(doi="10.1000/none")).records == ()
    found = crossref.find(Sought(doi="10.1000/none", title=TITLE))
    assert (found.asked_by, len(found.records)) == (AskedBy.TITLE, 1)


@pytest.mark.parametrize(
    ("work", "asked_by"),
    [
        (Sought(pmid="123"), AskedBy.PMID),
        (Sought(pmid="999", doi=DOI), AskedBy.DOI),
        (Sought(pmid="999", doi="10.1000/none", title=f"“{TITLE}”: AND"), AskedBy.TITLE),
    ],
)
def test_pubmed_is_asked_by_the_best_that_there_is(connect: Any, work: Sought, asked_by: AskedBy) -> None:
    """PMID, then DOI, then title lead to the same record."""
    _, pubmed = connect()
    work = work.model_copy(update={"title": TITLE if work.title else ""})
    found = pubmed.find(work)
    (record,) = found.records
    assert (found.asked_by, record.pmid, record.doi) == (asked_by, "123", DOI)
    assert (record.titles, record.authors, record.years, record.containers) == (
        (TITLE,),
        ("Able AB",),
        (2020,),
        JOURNAL,
    )


def test_pubmed_says_that_it_has_nothing(connect: Any) -> None:
    """An unknown PMID and an empty list of hits are answers, not faults."""
    _, pubmed = connect()
    assert pubmed.find(Sought(pmid="999")).records == ()
    assert pubmed.find(Sought(title="Something else entirely")).records == ()


@pytest.mark.parametrize(
    ("more", "kind", "date"),
    [
        ({"updated-by": [_update("retraction")]}, NoticeKind.RETRACTION, "2021-05-07"),
        ({"updated-by": [_update("withdrawal", 2021)]}, NoticeKind.RETRACTION, "2021"),
        ({"update-to": [_update("retraction", DOI=DOI.upper())]}, NoticeKind.RETRACTION, "2021-05-07"),
        ({"updated-by": [_update("expression_of_concern")]}, NoticeKind.CONCERN, "2021-05-07"),
        ({"updated-by": [_update("corrigendum", 2021, 5)]}, NoticeKind.CORRECTION, "2021-05"),
        ({"updated-by": [_update("new_version")]}, NoticeKind.UPDATE, "2021-05-07"),
        ({"title": [f"RETRACTED ARTICLE: {TITLE}"]}, NoticeKind.RETRACTION, None),
    ],
)
def test_crossref_notices_are_followed(
    local: LocalRegistries, connect: Any, more: dict[str, object], kind: NoticeKind, date: str | None
) -> None:
    """Retractions, concerns and corrections of a work come with kind and date, and leave its title alone."""
    local.works = [WORK | more]
    (record,) = connect()[0].find(Sought(doi=DOI)).records
    assert [(notice.kind, notice.date) for notice in record.notices] == [(kind, date)]
    assert record.titles == (TITLE,)
    assert record.is_retracted == (kind is NoticeKind.RETRACTION)


def test_a_notice_about_another_work_is_not_about_this(local: LocalRegistries, connect: Any) -> None:
    """A work that retracts another one is not retracted."""
    local.works = [WORK | {"update-to": [{"DOI": "10.1000/other", "type": "retraction"}]}]
    assert connect()[0].find(Sought(doi=DOI)).records[0].notices == ()


@pytest.mark.parametrize(
    ("more", "kinds", "doi"),
    [
        ({"pubtype": ["Journal Article", "Retracted Publication"]}, [NoticeKind.RETRACTION], None),
        (
            {"references": [_reference("Retraction in", "J. 2021. doi: 10.1000/n.")]},
            [NoticeKind.RETRACTION],
            "10.1000/n",
        ),
        ({"references": [_reference("Erratum in")]}, [NoticeKind.CORRECTION], None),
        ({"references": [_reference("Expression of concern in")]}, [NoticeKind.CONCERN], None),
        ({"references": [_reference("Comment in"), _reference("Retraction of")]}, [], None),
    ],
)
def test_pubmed_notices_are_followed(
    local: LocalRegistries, connect: Any, more: dict[str, object], kinds: list[NoticeKind], doi: str | None
) -> None:
    """Publication types and references to notices are read; comments are none."""
    local.summaries = [SUMMARY | more]
    (record,) = connect()[1].find(Sought(pmid="123")).records
    assert [notice.kind for notice in record.notices] == kinds
    assert not kinds or record.notices[0].doi == doi


def test_too_many_requests_are_repeated_after_the_pause_asked_for(
    local: LocalRegistries, connect: Any, pauses: list[float]
) -> None:
    """A 429 with Retry-After, in seconds or as a date, costs that pause and no answer."""
    later = format_datetime(datetime.now(tz=UTC) + timedelta(seconds=30), usegmt=True)
    local.faults += [BUSY, Reply(b"{}", 429, {"Retry-After": later})]
    assert connect(per_second=3)[0].find(Sought(doi=DOI)).records
    assert 7.0 in pauses
    assert any(25 < pause <= 30 for pause in pauses)


def test_faults_that_pass_are_waited_out(local: LocalRegistries, connect: Any, pauses: list[float]) -> None:
    """Two faults of different kinds are followed by the answer, with growing pauses between."""
    local.faults += [DOWN, BROKEN]
    assert connect()[0].find(Sought(doi=DOI)).records
    assert len(local.asked) == 3


@pytest.mark.parametrize(
    "fault",
    [
        DOWN,
        BUSY,
        BROKEN,
        CUT,
        Reply(b"[]"),
        Reply(b"{}"),
        Reply(b"[" * 100_000),
        Reply(b"<html>404 Not Found</html>", 404),
        Reply(b"", 302, {"Location": "/elsewhere"}),
        Reply(b"no", 403),
        Reply(b'{"message": {"DOI": "10.1000/x", "title": []}}'),
        Reply(b'{"message": {"DOI": "nonsense", "title": ["A"]}}'),
        Reply(b'{"message": {"items": {}}}'),
        Reply(b'{"esearchresult": {"ERROR": "Search Backend failed"}}'),
        Reply(b'{"error": "API rate limit exceeded"}'),
        Reply(b'{"result": {"123": {"uid": "123"}}}'),
    ],
)
@pytest.mark.parametrize(
    ("at", "work"),
    [(0, Sought(doi=DOI)), (0, Sought(title=TITLE)), (1, Sought(pmid="123")), (1, Sought(title=TITLE))],
)
def test_a_fault_is_never_an_answer(local: LocalRegistries, connect: Any, at: int, work: Sought, fault: Reply) -> None:
    """What is broken, cut, foreign or refused leaves the question open, whichever way it was asked."""
    local.faults += [fault] * 3
    with pytest.raises(RegistryUnavailableError):
        connect()[at].find(work)


def test_patience_ends(local: LocalRegistries, connect: Any, pauses: list[float]) -> None:
    """A registry that hesitates is asked again, and after the last attempt it counts as unavailable."""
    local.faults += [SLOW] * 2
    with pytest.raises(RegistryUnavailableError, match="ReadTimeout"):
        connect(timeout_s=0.05, attempts=2)[0].find(Sought(doi=DOI))
    assert len(local.asked) == 2


def test_a_long_pause_is_not_waited_for(local: LocalRegistries, connect: Any, pauses: list[float]) -> None:
    """A registry that asks for an hour is left alone at once."""
    local.faults.append(Reply(b"", 429, {"Retry-After": "3600"}))
    with pytest.raises(RegistryUnavailableError, match="wait for 3600 seconds"):
        connect()[0].find(Sought(doi=DOI))
    assert (len(local.asked), pauses) == (1, [])


def test_an_endless_answer_is_not_read(local: LocalRegistries, connect: Any) -> None:
    """More bytes than agreed end the reading."""
    local.faults.append(Reply(b" " * 3_000))
    with pytest.raises(RegistryUnavailableError, match="more than 2,000 bytes"):
        connect(max_bytes=2_000)[0].find(Sought(doi=DOI))


def test_a_trickle_is_not_waited_for(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole answer has to come within the time-out, not each byte of it."""
    times = iter(range(0, 100_000, 10))
    monkeypatch.setattr("corpus.registries.time.monotonic", lambda: float(next(times)))
    with pytest.raises(RegistryUnavailableError, match="took too long"):
        connect(attempts=1)[0].find(Sought(doi=DOI))


def test_nobody_there_is_unavailable() -> None:
    """A closed port is the same as silence."""
    with local_registries() as gone:
        settings = gone.settings(attempts=1)
    with open_registries(settings) as (crossref, _), pytest.raises(RegistryUnavailableError, match="did not answer"):
        crossref.find(Sought(doi=DOI))


def test_the_pace_is_kept(connect: Any, pauses: list[float]) -> None:
    """Requests to one registry stand a second's share apart; the other registry has a pace of its own."""
    crossref, pubmed = connect(per_second=2)
    for _ in range(3):
        crossref.find(Sought(doi=DOI))
    pubmed.find(Sought(pmid="123"))
    assert len(pauses) == 2
    assert 0.3 < pauses[0] <= 0.5 < pauses[1] <= 1


def test_foreign_text_is_plain(local: LocalRegistries, connect: Any) -> None:
    """Markup, entities, control and hidden characters and endless strings do not come in."""
    title = "The <i>remedy</i> &amp; you\u202e\U000e0041\x1b[31m\n\tnow" + "!" * 5_000
    local.works = [WORK | {"title": [title], "author": [{"name": "A &lt;b&gt;Group&lt;/b&gt;"}]}]
    (record,) = connect()[0].find(Sought(doi=DOI)).records
    assert record.titles[0].startswith("The remedy & you[31m now!!!")
    assert len(record.titles[0]) == 1_000
    assert record.authors == ("A Group",)


def test_plain_keeps_comparisons() -> None:
    """A sign for less is no markup."""
    assert plain("p < 0.05 and q > 1") == "p < 0.05 and q > 1"


@pytest.mark.parametrize(
    ("author", "family"),
    [
        ("Younger J", "Younger"),
        ("Krystal, J. H.", "Krystal"),
        ("van Marwijk H", "van Marwijk"),
        ("Smith AB Jr", "Smith"),
        ("Wu X", "Wu"),
        ("American College of Physicians", "American College of Physicians"),
        ("et al.", "et al."),
    ],
)
def test_family_names(author: str, family: str) -> None:
    """The family name is found in the forms that registries and people write."""
    assert family_name(author) == family
