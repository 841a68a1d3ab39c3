"""Site: the demonstration page, the page that the iframe build shows, and the widget's files in releases."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

if TYPE_CHECKING:
    from assistant.server import Edge

log = structlog.get_logger(__name__)

ARTICLE = "ldn-mental-health"
WIDGET = Path(__file__).parent / "widget"
LOADER = "widget.js"
CONTROLS = "controls.js"
STAFF = ("console.css", "login.css")
"""What stands in the same folder and is not the visitors'."""
ENTRIES = ("panel.js", "framed.js")
"""What a visitor's first press loads: the panel itself, or the frame around it."""
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"
FOR_MINUTES = "public, max-age=300"
_IMPORT = re.compile(r'from "\./([\w.-]+)"')
_VERSION = re.compile(r"[0-9a-f]{12}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def integrity(content: bytes, name: str = "sha256") -> str:
    """Return what a browser compares a file with (Subresource Integrity)."""
    return f"{name}-{b64encode(hashlib.new(name, content).digest()).decode()}"


def squeeze(source: str) -> str:
    """Return a source without its comments and indentation, which nobody's browser needs to download."""
    lines = (line.strip() for line in _COMMENT.sub("", source).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@dataclass(frozen=True, slots=True)
class Release:
    """The widget's files as they are served, and the version that stands for exactly these contents."""

    version: str
    files: dict[str, bytes]

    @classmethod
    def read(cls, folder: Path = WIDGET) -> Self:
        """Return the release that a folder holds: its loader knows the controls, the controls every other file."""
        found = (path for path in sorted(folder.iterdir()) if path.suffix in TYPES and path.name not in STAFF)
        files = {path.name: squeeze(path.read_text(encoding="utf-8")).encode() for path in found}
        version = hashlib.sha256(b"".join(name.encode() + b"\0" + files[name] for name in files)).hexdigest()[:12]
        entries = {entry: {name: integrity(files[name]) for name in _needed(entry, files)} for entry in ENTRIES}
        files[CONTROLS] = _fill(files[CONTROLS].decode(), {"files": json.dumps(entries)})
        known = {
            "controls": f"widget/{version}/{CONTROLS}",
            "integrity": integrity(files[CONTROLS]),
            "launcher.css": re.sub(r"\s*([{};:,])\s+", r"\1", files["launcher.css"].decode()),
        }
        files[LOADER] = _fill(files[LOADER].decode(), known)
        return cls(version, files)

    @property
    def integrity(self) -> str:
        """Return what the loader must hash to on a page that pins this release."""
        return integrity(self.files[LOADER], "sha384")

    def keep(self, folder: Path) -> None:
        """Write the files where later versions of this server find them: pages that pinned them go on working."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=folder) as beside:
                made = Path(beside) / self.version
                made.mkdir()
                for name, content in self.files.items():
                    (made / name).write_bytes(content)
                if not (folder / self.version).exists():
                    made.rename(folder / self.version)
        except OSError as error:
            log.warning("widget_not_kept", error=type(error).__name__)

    @classmethod
    def kept(cls, folder: Path, version: str) -> Self | None:
        """Return an earlier release that was kept, or nothing."""
        place = folder / version
        if not _VERSION.fullmatch(version) or not place.is_dir():
            return None
        return cls(version, {path.name: path.read_bytes() for path in place.iterdir()})

    def respond(self, name: str, request: Request, cached: str) -> Response:
        """Return a file, compressed where that is understood."""
        content = self.files.get(name)
        if content is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        headers = {
            "Cache-Control": cached,
            "ETag": f'"{self.version}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = gzip.compress(content, 9, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(content, headers=headers, media_type=TYPES[Path(name).suffix])


def _fill(source: str, known: dict[str, str]) -> bytes:
    for name, value in known.items():
        source = source.replace(f'"{{{{{name}}}}}"', json.dumps(value))
    return source.encode()


def _needed(entry: str, files: dict[str, bytes]) -> list[str]:
    """Return a module, all that it imports, and the style sheet."""
    found = [entry]
    for name in found:
        found += [other for other in _IMPORT.findall(files[name].decode()) if other not in found]
    return [*found, "panel.css"]


def site_routes(edge: Edge) -> APIRouter:
    """Return the routes of everything that is neither the API nor for staff."""
    release = Release.read()
    release.keep(edge.releases)
    pages = Environment(loader=FileSystemLoader(WIDGET.with_name("pages")), autoescape=True, undefined=StrictUndefined)
    routes = APIRouter(include_in_schema=False)
    page = _article_page(edge, pages, release)
    frame = pages.get_template("frame.html").render(clinic_name=edge.clinic.name, version=release.version)

    @routes.get("/")
    def demonstration() -> HTMLResponse:
        return HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    @routes.get("/frame")
    def framed() -> HTMLResponse:
        return HTMLResponse(frame, headers={"Cache-Control": "no-cache"})

    @routes.get("/widget.js")
    def loader(request: Request) -> Response:
        return release.respond(LOADER, request, FOR_MINUTES)

    @routes.get("/widget/{version}/{name}")
    def pinned(version: str, name: str, request: Request) -> Response:
        asked = release if version == release.version else Release.kept(edge.releases, version)
        if asked is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "This release of the widget is not served here.")
        return asked.respond(name, request, FOR_EVER)

    return routes


def _article_page(edge: Edge, pages: Environment, release: Release) -> str:
    """Return the article's page. Of its list of references only what exists is named, and as what it is."""
    article = edge.library.source(ARTICLE)
    found = {one.n: edge.library.source(one.source).reference for one in edge.library.references if one.source}
    return pages.get_template("page.html").render(
        clinic_name=edge.clinic.name,
        article_title=article.reference.title,
        # The page has the title already.
        article_html=Markup(MarkdownIt("js-default").render(article.body.partition("\n")[2])),  # noqa: S704 - escaped by it
        references=[(one, found.get(one.n)) for one in edge.library.references],
        lang="en",
        version=release.version,
        integrity=release.integrity,
    )
