"""Documents: the visible text of what clinics have, Markdown, HTML, DOCX and PDF."""

import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Comment, XMLParsedAsHTMLWarning
from bs4.element import PreformattedString, Tag
from docx import Document
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from markdown_it import MarkdownIt
from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError, DeprecationError, PyPdfError
from soupsieve import SelectorSyntaxError

from corpus.errors import CorpusError, Problem
from corpus.ink import Ink

MOST_BYTES = 20_000_000
MOST_UNPACKED_BYTES = 200_000_000
MOST_PAGES = 500
MOST_CHARACTERS = 500_000

MOST_LEVELS = 500
MOST_MATCHES = 1_000_000

_BROKEN = (
    ArithmeticError,
    AttributeError,
    DeprecationError,
    LookupError,
    OSError,
    PyPdfError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the libraries raise for damaged files, by trial with some thousand of those."""
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden|opacity\s*:\s*(?:0+(?:\.0*)?|\.0+)\s*(?:;|!|$)"
    r"|font(?:-size)?\s*:[^;]*(?<![\d.])(?:0+(?:\.0*)?|\.0+)(?:px|pt|em|rem|%)?\s*(?:;|!|$)|(?:left|top|right|text-indent)\s*:\s*-\d{3,}"
    r"|(?<![\w-])color\s*:\s*(?:white|transparent|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255[^)]*\))\s*(?:;|!|$)"
    r"|clip(?:-path)?\s*:\s*(?:rect\(\s*0|inset\(\s*(?:50|100)%)|(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0[a-z%]*\s*(?:;|!|$)",
    re.IGNORECASE,
)
_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{0,2000})\}")
_UNSEEN_TAGS = [
    "script",
    "style",
    "noscript",
    "template",
    "head",
    "svg",
    "iframe",
    "object",
    "embed",
    "form",
    "nav",
    "title",
]
_UNSEEN_SELECTORS = (
    '[hidden], [aria-hidden="true"], input[type="hidden"]',
    ".sr-only, .visually-hidden, .screen-reader-text, .hidden",
)
_BLOCKS = [
    "p",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "td",
    "th",
    "div",
    "section",
    "article",
    "blockquote",
    "dd",
    "dt",
    "br",
    "tr",
]


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The visible text of a document, and how many hidden stretches were left out."""

    text: str
    """Paragraphs, with a blank line between them."""
    hidden: int


@dataclass(frozen=True, slots=True)
class _Read:
    paragraphs: tuple[str, ...]
    hidden: int


def read_document(path: Path) -> DocumentText:
    """Return the visible text of a Markdown, HTML, DOCX or PDF file; ``CorpusError`` says why there is none."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise _fault(path, f"is of no known type; known are {', '.join(_READERS)}")
    read = reader(path, _raw(path))
    visible = [visible_text(paragraph) for paragraph in read.paragraphs]
    text = "\n\n".join(paragraph for paragraph, _ in visible if paragraph)
    if not text:
        raise _fault(path, "has no visible text; a scan has to be read by a person or a program for that")
    if len(text) > MOST_CHARACTERS:
        raise _fault(path, f"has more than {MOST_CHARACTERS:,} characters; add it in parts")
    return DocumentText(text, read.hidden + sum(dropped for _, dropped in visible))


def visible_text(text: str) -> tuple[str, int]:
    """Return a text on one line without invisible characters, and how many there were beside line ends and hyphens."""
    kept, dropped = [], 0
    for char in text:
        if char.isspace():
            kept.append(" ")
        elif _is_invisible(char):
            dropped += char != "\xad"
        else:
            kept.append(char)
    return " ".join("".join(kept).split()), dropped


def _is_invisible(char: str) -> bool:
    # Variation selectors are marks, but strings of them carry words as well as tag characters do.
    selects = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return selects or unicodedata.category(char).startswith("C")


def _fault(path: Path, message: str) -> CorpusError:
    return CorpusError(Problem(path, 1, message))


def _raw(path: Path) -> bytes:
    if path.is_symlink():
        raise _fault(path, "is a symbolic link; name the file itself")
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _fault(path, f"cannot be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise _fault(path, f"is larger than {MOST_BYTES:,} bytes")
    if not raw:
        raise _fault(path, "is empty")
    return raw


def _read_markdown(path: Path, raw: bytes) -> _Read:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fault(path, "is not valid UTF-8; save it in that encoding") from error
    body = re.sub(r"\A---\r?\n.*?\r?\n---\r?\n", "", text, count=1, flags=re.DOTALL)
    return _read_html(path, MarkdownIt("commonmark").enable("table").render(body).encode())


def _read_html(path: Path, raw: bytes) -> _Read:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        page = BeautifulSoup(raw, "html.parser", from_encoding="utf-8" if _is_utf8(raw) else None)
    if _levels(page) > MOST_LEVELS:
        raise _fault(path, f"is nested more than {MOST_LEVELS} levels deep")
    selectors = _hiding_selectors(page)
    if len(selectors) * len(page.find_all(name=True)) > MOST_MATCHES:
        raise _fault(path, "has too many style rules that hide text; save the text alone")
    unseen = [tag for tag in _unseen(page, selectors) if not tag.decomposed]
    said = sum(bool(tag.get_text(strip=True)) for tag in unseen if tag.name not in _UNSEEN_TAGS)
    for tag in page.find_all(_UNSEEN_TAGS) + unseen:
        if not tag.decomposed:
            tag.decompose()
    notes = [node for node in page.descendants if isinstance(node, PreformattedString)]
    for note in notes:
        note.extract()
    for block in page.find_all(_BLOCKS):
        block.insert_before("\n\n")
        block.append("\n\n")
    remarks = sum(isinstance(note, Comment) for note in notes)
    return _Read(tuple(re.split(r"\n\s*\n", page.get_text())), said + remarks)


def _levels(page: BeautifulSoup) -> int:
    """Return how deep the tags of a page are nested; the steps after this one take the square of it."""
    level: dict[int, int] = {}
    for tag in page.find_all(name=True):
        level[id(tag)] = level.get(id(tag.parent), 0) + 1
    return max(level.values(), default=0)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _hiding_selectors(page: BeautifulSoup) -> tuple[str, ...]:
    """Return what the style sheets of a page hide, as selectors; those for certain screens and for paper as well."""
    sheets = (re.sub(r"/\*.*?\*/", "", sheet.get_text(), flags=re.DOTALL) for sheet in page.find_all("style"))
    rules = (rule for sheet in sheets for rule in _RULE.findall(sheet))
    return tuple(dict.fromkeys(selector.strip() for selector, style in rules if _HIDING.search(style)))


def _unseen(page: BeautifulSoup, selectors: tuple[str, ...]) -> list[Tag]:
    found = [tag for tag in page.find_all(style=True) if _HIDING.search(str(tag["style"])[:2_000])]
    for selector in (*_UNSEEN_SELECTORS, *selectors):
        try:
            found += page.select(selector)
        except (SelectorSyntaxError, NotImplementedError):
            continue
    return found


def _read_docx(path: Path, raw: bytes) -> _Read:
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise _fault(path, "is protected by a password or in Word's old format; save it as plain .docx")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED_BYTES:
                raise _fault(path, f"unpacks to more than {MOST_UNPACKED_BYTES:,} bytes")
        body = Document(io.BytesIO(raw)).element.body
    except _BROKEN as error:
        raise _fault(path, "is not a whole DOCX file") from error
    paragraphs, hidden = [], 0
    for paragraph in body.iter(qn("w:p")):
        shown = []
        for run in paragraph.iter(qn("w:r")):
            text = "".join(part.text or "" for part in run.iterchildren(qn("w:t")))
            is_break = any(True for _ in run.iterchildren(qn("w:br"), qn("w:tab")))
            if not _is_hidden_run(run):
                shown.append(f" {text}" if is_break else text)
            hidden += bool(text.strip()) and _is_hidden_run(run)
        paragraphs.append("".join(shown))
    return _Read(tuple(paragraphs), hidden)


def _is_hidden_run(run: BaseOxmlElement) -> bool:
    # Word keeps deleted text, and a second form of every text box for older programs.
    if any(True for _ in run.iterancestors(qn("w:del"), qn("w:moveFrom"), "{*}Fallback")):
        return True
    look = run.find(qn("w:rPr"))
    values = {} if look is None else {child.tag: child.get(qn("w:val"), "true").lower() for child in look}
    is_vanished = any(values.get(qn(tag), "false") not in {"false", "0", "off"} for tag in ("w:vanish", "w:specVanish"))
    return is_vanished or values.get(qn("w:color")) == "ffffff" or values.get(qn("w:sz"), "24") in {"0", "1", "2"}


def _read_pdf(path: Path, raw: bytes) -> _Read:
    ink = Ink()
    try:
        document = PdfReader(io.BytesIO(raw))
        if document.is_encrypted and document.decrypt("") is PasswordType.NOT_DECRYPTED:
            raise _fault(path, "is protected by a password; save it without one")
        if len(document.pages) > MOST_PAGES:
            raise _fault(path, f"has more than {MOST_PAGES} pages; add it in parts")
        pages = [page.extract_text(visitor_operand_before=ink) for page in document.pages]
    except DependencyError as error:
        raise _fault(path, "is protected by a password; save it without one") from error
    except _BROKEN as error:
        raise _fault(path, "is not a whole PDF file") from error
    # A word that is cut at a line's end keeps its hyphen: nobody but a reader can tell it from a compound.
    joined = (re.sub(r"(?<=\w)-\s*\n\s*(?=[a-z])", "-", page) for page in pages)
    paragraphs = (part for page in joined for part in re.split(r"\n\s*\n", page))
    return _Read(tuple(paragraphs), ink.hidden)


_READERS: dict[str, Callable[[Path, bytes], _Read]] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".docx": _read_docx,
    ".pdf": _read_pdf,
}
