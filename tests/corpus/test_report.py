"""The audit report: everything an editor can act on, on one page that asks nobody for anything."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.library import load_library
from corpus.report import Report, audit_report

TODAY = date(2026, 11, 30)


class Page(HTMLParser):
    """The tags of a page, with whatever was left open or closed twice."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost open tag, which must be this one."""
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def shipped() -> Report:
    """Return the report on the shipped corpus."""
    return audit_report(load_library(Path(corpus.__file__).parent, {}), made_on=TODAY)


def test_the_report_names_what_to_correct(shipped: Report) -> None:
    """Each sentence that is not simply true is there with its claims, statements against it and a direction."""
    (article,) = shipped.articles
    assert sum(article.counts.values()) == 28
    found = {finding.n for one in (*article.corrections, *article.sound) for finding in one.findings}
    assert found == {*range(1, 29)}
    first = article.corrections[0]
    assert first.sentence is not None
    assert first.sentence.startswith("Low-dose naltrexone (LDN) has shown promise")
    assert first.findings[0].against[0].id == "moloney-2026"
    assert first.findings[0].against[0].strength == "small randomised trial with 37 people"
    assert not first.is_said


def test_the_report_names_what_to_remove_and_what_is_missing(shipped: Report) -> None:
    """References 1, 2, 3 and 5 go, reference 4 needs another description, and nine points are missing."""
    assert [(one.n, one.work and one.work.id) for one in shipped.removals] == [
        (1, None),
        (2, None),
        (3, None),
        (4, "younger-2014"),
        (5, None),
    ]
    assert [one.point for one in shipped.articles[0].missing] == [
        "Opioids",
        "Overdose",
        "Low mood and thoughts of suicide",
        "Liver",
        "Pregnancy and breastfeeding",
        "Compounding",
        "Stopping another treatment",
        "Help in a crisis",
        "The negative trials",
    ]


@pytest.mark.parametrize("form", ["to_html", "to_markdown"])
def test_both_forms_say_all(shipped: Report, form: str) -> None:
    """Every direction, every missing point and every source stands in both forms."""
    text = re.sub(r"\\(?=\W)", "", getattr(shipped, form)())
    text = text.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")
    (article,) = shipped.articles
    findings = [finding for one in article.corrections for finding in one.findings]
    for wanted in (
        *(finding.direction for finding in findings if finding.direction),
        *(one.point for one in article.missing),
        *(one.printed for one in shipped.removals),
        *(origin.seen_extent for origin in shipped.ledger),
    ):
        assert wanted in text


def test_the_page_stands_alone(shipped: Report) -> None:
    """The page is well-formed, runs nothing, fetches nothing, and tells readers its language and its parts."""
    page = Page(shipped.to_html())
    names = [tag for tag, _ in page.tags]
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "form"} & {*names}
    assert not [attrs for _, attrs in page.tags if "src" in attrs or any(name.startswith("on") for name in attrs)]
    assert ("html", {"lang": "en"}) in page.tags
    assert names.count("h1") == names.count("main") == 1
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len({*ids})
    assert {attrs["href"] for _, attrs in page.tags if (attrs.get("href") or "").startswith("#")} <= {
        f"#{id_}" for id_ in ids
    }


def test_withdrawn_sources_are_listed_with_what_used_them(shelf: Any) -> None:
    """An overdue source is named with its reason, the claim that it supported and the sentence that fell with it."""
    shelf.change("sources/two.md", "review_by: 2027-11-23", "review_by: 2026-11-29")
    report = audit_report(load_library(shelf.folder, {}, today=TODAY), made_on=TODAY)
    (withdrawal,) = report.withdrawals
    assert (withdrawal.id, withdrawal.reason) == ("two", "its review was due on 2026-11-29")
    assert withdrawal.used_by == (
        "remedy, claim 2: It is not first",
        "remedy, not said any more: “It is not a first choice.”",
        "remedy, left out: Pregnancy",
        "reference 2 of the article",
    )
    for text in (report.to_html(), report.to_markdown()):
        assert "its review was due on 2026-11-29" in text.replace("\\", "")


def test_what_files_say_is_shown_and_not_obeyed(shelf: Any) -> None:
    """Markup in an audit stays text in both forms."""
    shelf.change("claims/remedy.toml", 'comment = "It does not."', "comment = '<b>It</b> [does](x) not.'")
    report = audit_report(load_library(shelf.folder, {}, today=TODAY), made_on=TODAY)
    assert "&lt;b&gt;It&lt;/b&gt; [does](x) not." in report.to_html()
    assert r"\<b\>It\</b\> \[does\](x) not." in report.to_markdown()
