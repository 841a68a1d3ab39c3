"""Intake: drafts hold what could be seen, flag what patients must not, and are refused by the loader until finished."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
import yaml
from docx.oxml import OxmlElement
from docx.shared import RGBColor
from pypdf import PdfReader, PdfWriter

from corpus.bibliography import Registry, Sought
from corpus.documents import MOST_BYTES, read_document
from corpus.errors import CorpusError, RegistryUnavailableError
from corpus.intake import Desk, draft_from_file, draft_from_record, fetch_record, find_duplicate, save_draft, taken_ids
from corpus.registries import open_registries
from corpus.testing import LocalRegistries, crossref_work, local_registries, pubmed_summary

TODAY = date(2026, 11, 30)
DOI = "10.1000/example"
WORK = crossref_work(DOI, "The remedy, 5 mg daily, for examples", "Åse van Øyen-Able", 2020, "Journal of Examples")
SUMMARY = pubmed_summary(
    "123",
    "The remedy, 5 mg daily, for examples",
    "van Øyen-Able Å",
    2020,
    ("Journal of Examples", "J Exampl"),
    doi=DOI,
    pubtype=["Journal Article", "Randomized Controlled Trial"],
)


class Found:
    """A stretch of a text, as a screen returns it."""

    def __init__(self, match: re.Match[str]) -> None:
        self.start, self.end = match.span()


def find_amount(text: str) -> Sequence[Found]:
    """Return the amounts in a text."""
    return [Found(match) for match in re.finditer(r"\d+ mg", text)]


DESK = Desk({"dose": find_amount}, TODAY)


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRegistries]:
    """Yield registries on this machine that both hold one work."""
    monkeypatch.setenv("NO_PROXY", "*")
    with local_registries() as registries:
        registries.works, registries.summaries = [WORK], [SUMMARY]
        yield registries


@pytest.fixture
def registries(local: LocalRegistries) -> Iterator[tuple[Registry, ...]]:
    """Yield Crossref and PubMed on this machine."""
    with open_registries(local.settings(attempts=1), sleep=lambda _: None) as opened:
        yield opened


@pytest.fixture
def paper(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Return a function that writes a file and returns its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def pdf(stream: str) -> bytes:
    """Return a PDF of one page with a content stream."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R /Resources << /Font << /F 4 0 R >> >> >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
    ]
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return f"{body}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


def locked_pdf() -> bytes:
    """Return a PDF that opens with a password only."""
    writer, target = PdfWriter(), io.BytesIO()
    writer.append(PdfReader(io.BytesIO(pdf("BT /F 12 Tf (A line.) Tj ET"))))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(target)
    return target.getvalue()


def word(fill: Callable[[Any], None]) -> bytes:
    """Return a DOCX file that a function filled."""
    document, target = docx.Document(), io.BytesIO()
    fill(document)
    document.save(target)
    return target.getvalue()


def head(text: str) -> dict[str, Any]:
    """Return the front matter of a draft."""
    front: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return front


@pytest.mark.parametrize("work", [Sought(doi=DOI), Sought(pmid="123")])
def test_either_identifier_brings_both_records_together(registries: tuple[Registry, ...], work: Sought) -> None:
    """A DOI leads to the PMID and back, and what one registry lacks the other gives."""
    record = fetch_record(work, registries)
    assert record
    assert (record.doi, record.pmid, record.issue) == (DOI, "123", "3")
    assert "Randomized Controlled Trial" in record.types


def test_an_unknown_work_makes_no_draft(registries: tuple[Registry, ...], local: LocalRegistries) -> None:
    """What nobody knows is ``None``; what nobody could say stays open."""
    assert fetch_record(Sought(doi="10.1000/none"), registries) is None
    local.down = {"/pubmed"}
    with pytest.raises(RegistryUnavailableError):
        fetch_record(Sought(doi=DOI), registries)


def test_a_record_becomes_a_draft(registries: tuple[Registry, ...]) -> None:
    """The record is filled in, the id comes from author and year, and what a person must decide is empty."""
    record = fetch_record(Sought(doi=DOI), registries)
    assert record
    draft = draft_from_record(record, DESK)
    front = head(draft.text)
    assert draft.id == front["id"] == "oyen-able-2020"
    assert (front["status"], front["kind"], front["audience"], front["topics"]) == ("draft", "rct", "staff", [])
    assert front["reference"]["doi"] == DOI
    assert front["reference"]["pmid"] == "123"
    assert front["provenance"]["digested_by"] is None
    assert front["notes"] == "the title has a dose: give it a short_title"
    assert [line for line in draft.text.splitlines() if line.startswith("- ")] == []


def test_a_work_without_authors_takes_its_id_from_the_title(registries: tuple[Registry, ...]) -> None:
    """Nobody's name is made up for an id."""
    record = fetch_record(Sought(doi=DOI), registries)
    assert record
    nobody = record.model_copy(update={"authors": (), "years": ()})
    assert draft_from_record(nobody, DESK).id == "the-remedy-5"


def test_notices_stand_in_the_draft(registries: tuple[Registry, ...], local: LocalRegistries) -> None:
    """Who adds a retracted work reads it in the draft."""
    local.works = [WORK | {"updated-by": [{"DOI": "10.1000/n", "type": "retraction"}]}]
    record = fetch_record(Sought(doi=DOI), registries)
    assert record
    assert "retraction: retraction 10.1000/n" in head(draft_from_record(record, DESK).text)["notes"]


def test_a_work_is_not_added_twice(registries: tuple[Registry, ...], shelf: Any) -> None:
    """A source or a draft with the same DOI or PMID is found, whatever its id."""
    record = fetch_record(Sought(doi=DOI), registries)
    assert record
    path = find_duplicate(record, shelf.folder)
    assert path
    assert path.name == "remedy.md"
    other = record.model_copy(update={"doi": "10.1000/example2"})
    assert find_duplicate(other, shelf.folder) is None
    save_draft(draft_from_record(other, DESK), shelf.folder)
    path = find_duplicate(other.model_copy(update={"doi": None}), shelf.folder)
    assert path
    assert path.name == "oyen-able-2020.md"


def test_drafts_never_overwrite(registries: tuple[Registry, ...], shelf: Any) -> None:
    """A second work of the same author and year gets a number, and a file that is there stays."""
    record = fetch_record(Sought(doi=DOI), registries)
    assert record
    draft = draft_from_record(record, DESK)
    path = save_draft(draft, shelf.folder)
    assert path == shelf.folder / "drafts" / "oyen-able-2020.md"
    with pytest.raises(CorpusError, match="exists already"):
        save_draft(draft, shelf.folder)
    taken = taken_ids(shelf.folder)
    assert taken == {"one", "two", "remedy", "oyen-able-2020"}
    assert draft_from_record(record, Desk({}, TODAY, taken)).id == "oyen-able-2020-2"


def test_the_loader_passes_drafts_over_and_refuses_them_unfinished(
    registries: tuple[Registry, ...], shelf: Any, paper: Any
) -> None:
    """A draft does no harm where it is, and moved among the sources it names all that is missing."""
    record = fetch_record(Sought(doi=DOI), registries)
    assert record
    paths = [
        save_draft(draft_from_record(record, DESK), shelf.folder),
        save_draft(draft_from_file(paper("Our Page.md", "People slept badly at first."), DESK), shelf.folder),
    ]
    assert shelf.problems() == []
    for path in paths:
        path.rename(shelf.folder / "sources" / path.name)
    problems = "\n".join(shelf.problems())
    for name in ("oyen-able-2020", "our-page"):
        for missing in ("`status` is not a known key", "`topics` is []", "`provenance.digested_by` must be text"):
            assert re.search(rf"{name}.md:\d+: {re.escape(missing)}", problems)
    assert "unknown heading `Candidates`" in problems


def test_sentences_become_candidates(paper: Any) -> None:
    """Each sentence is one line under a heading that the loader refuses, and doses are flagged."""
    text = "# The remedy\n\nIt hel\u200bped some. They took 5 mg each day.\n\n- Ask your doctor.\n- No\n"
    draft = draft_from_file(paper("Our Page.md", text), DESK)
    assert draft.id == "our-page"
    assert draft.text.split("---\n", 2)[2] == (
        "\n## Candidates\n\n- It helped some.\n- [dose] They took 5 mg each day.\n- Ask your doctor.\n"
    )
    assert head(draft.text)["notes"] == "imported from Our Page.md; left out as hidden from readers: 1"


def test_markdown_shows_what_it_renders(paper: Any) -> None:
    """Front matter, comments and raw HTML are not text; a byte order mark and Windows line ends do no harm."""
    text = "\ufeff---\r\ntitle: x\r\n---\r\nSeen **here**.\r\n\r\n<!-- Not seen. -->\r\n<p hidden>Nor this.</p>\r\n"
    document = read_document(paper("page.md", text))
    assert (document.text, document.hidden) == ("Seen here.", 2)


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>Hidden words.</script>",
        "<style>p { margin: 0 }</style>",
        "<!-- Hidden words. -->",
        "<p hidden>Hidden words.</p>",
        '<p aria-hidden="true">Hidden words.</p>',
        '<p style="display: none">Hidden words.</p>',
        '<p style="VISIBILITY:hidden">Hidden words.</p>',
        '<p style="opacity: 0.0">Hidden words.</p>',
        '<p style="font-size:0px">Hidden words.</p>',
        '<p style="position:absolute; left:-9999px">Hidden words.</p>',
        '<p style="color: #FFF">Hidden words.</p>',
        '<p style="height:0; overflow:hidden">Hidden words.</p>',
        '<p class="sr-only">Hidden words.</p>',
        "<style>/* x */ .x, .y { display: none }</style><div class=x><p>Hidden words.</p></div>",
        "<style>::x{display:none}</style>",
        "<template><p>Hidden words.</p></template><noscript>Hidden words.</noscript>",
        "<svg><text>Hidden words.</text></svg>",
        "\u200b\u200d\u2060\ufeff",
        "".join(chr(0xE0000 + ord(char)) for char in "Hidden"),
        "".join(chr(0xE0100 + ord(char)) for char in "Hidden"),
    ],
)
def test_hidden_html_is_left_out(paper: Any, hidden: str) -> None:
    """What a reader of the page cannot see is not read either."""
    page = f"<html><head><title>T</title></head><body><p>One is seen.</p>{hidden}<div>Two as well.</div></body></html>"
    assert read_document(paper("page.html", page)).text == "One is seen.\n\nTwo as well."


@pytest.mark.parametrize("style", ["color: #fff8e7", "opacity: 0.9", "font-size: 10px", "width: 100%", "left: -2px"])
def test_visible_html_stays(paper: Any, style: str) -> None:
    """Ordinary styles hide nothing."""
    assert read_document(paper("page.htm", f'<?xml version="1.0"?><p style="{style}">Seen.</p>')).text == "Seen."


def test_hidden_word_text_is_left_out(paper: Any) -> None:
    """Vanished, white and deleted runs go; tables, links and inserted text stay."""

    def fill(document: Any) -> None:
        paragraph = document.add_paragraph("Seen here.")
        paragraph.add_run(" Vanished.").font.hidden = True
        paragraph.add_run(" White.").font.color.rgb = RGBColor(255, 255, 255)
        for name in ("w:del", "w:ins"):
            change = OxmlElement(name)
            change.append(document.add_paragraph().add_run(f" {name}.")._r)
            paragraph._p.append(change)
        document.add_table(1, 1).cell(0, 0).text = "In a table."

    document = read_document(paper("page.docx", word(fill)))
    assert document.text == "Seen here. w:ins.\n\nIn a table."
    assert document.hidden == 3


@pytest.mark.parametrize(
    "hidden",
    [
        "3 Tr (Hidden words.) Tj 0 Tr",
        "1 g (Hidden words.) Tj 0 g",
        "1 1 1 rg [(Hidden) 3 (words.)] TJ 0 g",
        "q 0 0 0 0 k (Hidden words.) Tj Q",
        "/F 0.2 Tf (Hidden words.) ' /F 12 Tf",
    ],
)
def test_hidden_pdf_text_is_left_out(paper: Any, hidden: str) -> None:
    """Text without ink, in white or too small to see is not read."""
    page = pdf(
        f"BT /F 12 Tf 50 700 Td (One is inflam-) Tj 0 -14 Td (matory.) Tj {hidden} 0 -14 Td (Two as well.) Tj ET"
    )
    document = read_document(paper("page.pdf", page))
    assert document.text == "One is inflam-matory. Two as well."
    assert document.hidden == 1


BAD_ZIP = io.BytesIO()
with zipfile.ZipFile(BAD_ZIP, "w") as archive:
    archive.writestr("[Content_Types].xml", "<broken")

TORN_ZIP = bytearray(word(lambda document: document.add_paragraph("Words. " * 500)))
for start in range(60, 400):
    TORN_ZIP[start] ^= 0xFF


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("page.txt", "Words.", "is of no known type; known are .md, .markdown, .html, .htm, .docx, .pdf"),
        ("page.md", "", "is empty"),
        ("page.md", b"\xff\xfe", "is not valid UTF-8"),
        ("page.md", "<!-- only this -->", "has no visible text"),
        ("page.html", "<script>1</script>", "has no visible text"),
        ("page.html", "<div>" * 600 + "Words.", "is nested more than 500 levels deep"),
        (
            "page.html",
            "<style>" + "".join(f".a{n}{{display:none}}" for n in range(1_001)) + "</style>" + "<p>A</p>" * 1_000,
            "has too many style rules that hide text",
        ),
        ("page.html", "x" * 500_001, "has more than 500,000 characters"),
        ("page.md", "Too short.", "has no sentence"),
        ("page.md", b"x" * (MOST_BYTES + 1), "is larger than 20,000,000 bytes"),
        ("page.docx", b"\xd0\xcf\x11\xe0 old or locked", "is protected by a password or in Word's old format"),
        ("page.docx", b"%PDF-1.4", "is not a whole DOCX file"),
        ("page.docx", TORN_ZIP, "is not a whole DOCX file"),
        ("page.docx", BAD_ZIP.getvalue(), "is not a whole DOCX file"),
        ("page.pdf", pdf("BT ET").replace(b"/Length", b"/Filter /Unheard /Length"), "is not a whole PDF file"),
        ("page.pdf", b"PK no pdf", "is not a whole PDF file"),
        ("page.pdf", pdf("BT 3 Tr /F 12 Tf (A scan.) Tj ET"), "has no visible text; a scan has to be read"),
        ("page.pdf", locked_pdf(), "is protected by a password"),
    ],
)
def test_what_cannot_be_read_says_why(paper: Any, name: str, content: str | bytes | bytearray, message: str) -> None:
    """Each unfit file has an error of its own, with its path."""
    path = paper(name, content)
    with pytest.raises(CorpusError, match=re.escape(f"{path}:1: {message}")):
        draft_from_file(path, DESK)


def test_old_encodings_are_understood(paper: Any) -> None:
    """A page that is not UTF-8 is read by the encoding that it names."""
    page = '<meta charset="iso-8859-1"><p>Ça va à Zürich.</p>'.encode("latin-1")
    assert read_document(paper("page.html", page)).text == "Ça va à Zürich."


def test_a_book_is_refused(paper: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pages than a person would review are not read at all."""
    monkeypatch.setattr("corpus.documents.MOST_PAGES", 0)
    with pytest.raises(CorpusError, match="has more than 0 pages"):
        read_document(paper("page.pdf", pdf("BT /F 12 Tf (A line.) Tj ET")))


def test_a_bomb_is_not_unpacked(paper: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to a large one is refused before that."""
    monkeypatch.setattr("corpus.documents.MOST_UNPACKED_BYTES", 1_000)
    with pytest.raises(CorpusError, match="unpacks to more than 1,000 bytes"):
        read_document(paper("page.docx", word(lambda document: document.add_paragraph("A." * 900))))


def test_links_and_missing_files_are_refused(paper: Any, tmp_path: Path) -> None:
    """A symbolic link could lead anywhere, and a path to nothing is said to be that."""
    (tmp_path / "link.md").symlink_to(paper("page.md", "Seen words here."))
    with pytest.raises(CorpusError, match="is a symbolic link"):
        read_document(tmp_path / "link.md")
    with pytest.raises(CorpusError, match="cannot be read: No such file"):
        read_document(tmp_path / "none.md")
