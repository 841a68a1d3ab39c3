"""Testing: Crossref and PubMed on this machine, with made-up works and whatever fault a test wants."""

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from corpus.bibliography import RegistrySettings
from corpus.text import words

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server sends for one request."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0
    """How long it hesitates."""
    is_cut: bool = False
    """Whether the connection ends before the body does."""


BUSY = Reply(b'{"error":"API rate limit exceeded","count":"4","limit":"3"}', 429, {"Retry-After": "7"})
DOWN = Reply(b"<html>Internal Server Error</html>", 500)
SLOW = Reply(b"{}", seconds=0.4)
BROKEN = Reply(b'{"status": "ok", "message": {"DOI": ')
CUT = Reply(b'{"status": "ok", "message": {}}' + b" " * 500, is_cut=True)
UNKNOWN = Reply(b"Resource not found.", 404, {"Content-Type": "text/plain"})


def crossref_work(doi: str, title: str, author: str, year: int, container: str, **more: object) -> Json:
    """Return a work in the shape of Crossref; ``author`` is ``Given Family``, ``more`` has underscores for hyphens."""
    given, family = author.rsplit(" ", 1)
    return {
        "DOI": doi,
        "type": "journal-article",
        "title": [title],
        "author": [{"given": given, "family": family, "sequence": "first", "affiliation": []}],
        "container-title": [container],
        "issued": {"date-parts": [[year, 3]]},
        "published-print": {"date-parts": [[year, 3]]},
        "volume": "12",
        "page": "1-9",
        "reference-count": 40,
    } | {key.replace("_", "-"): value for key, value in more.items()}


def pubmed_summary(pmid: str, title: str, author: str, year: int, journal: tuple[str, str], **more: object) -> Json:
    """Return a summary in the shape of PubMed; ``journal`` is the full and the abbreviated name."""
    doi = str(more.pop("doi", ""))
    ids = [{"idtype": "pubmed", "idtypen": 1, "value": pmid}]
    ids += [{"idtype": "doi", "idtypen": 3, "value": doi}] if doi else []
    return {
        "uid": pmid,
        "title": f"{title}.",
        "authors": [{"name": author, "authtype": "Author", "clusterid": ""}],
        "source": journal[1],
        "fulljournalname": journal[0],
        "pubdate": f"{year} Mar",
        "epubdate": "",
        "volume": "12",
        "issue": "3",
        "pages": "1-9",
        "pubtype": ["Journal Article"],
        "articleids": ids,
        "references": [],
        "vernaculartitle": "",
    } | more


class LocalRegistries:
    """Both registries: what they hold, the faults that come first, and what they were asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.works: list[Json] = []
        self.summaries: list[Json] = []
        self.faults: deque[Reply] = deque()
        self.down: set[str] = set()
        """Beginnings of the paths that answer with status 500."""
        self.asked: list[str] = []

    def settings(self, **changes: object) -> RegistrySettings:
        """Return settings that lead here, quick enough for tests."""
        here = {"crossref_url": f"{self.address}/crossref", "pubmed_url": f"{self.address}/pubmed"}
        quick = {"contact": "editor@example.org", "timeout_s": 2.0, "attempts": 3}
        return RegistrySettings.model_validate(here | quick | changes)

    def reply(self, target: str) -> Reply:
        """Return the answer to a request."""
        self.asked.append(unquote(target))
        url = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if fault := self._fault(url.path):
            return fault
        match url.path.split("/")[1:]:
            case ["crossref", "works"]:
                return _json({"status": "ok", "message-type": "work-list", "message": {"items": self.works[:5]}})
            case ["crossref", "works", doi]:
                return self._work(unquote(doi))
            case ["pubmed", "esearch.fcgi"]:
                return _json({"header": {}, "esearchresult": {"count": "0", "idlist": self._search(asked["term"])}})
            case ["pubmed", "esummary.fcgi"]:
                return self._summaries(asked["id"].split(","))
        return Reply(b"<html>404 Not Found</html>", 404)

    def _fault(self, path: str) -> Reply | None:
        if any(path.startswith(beginning) for beginning in self.down):
            return DOWN
        return self.faults.popleft() if self.faults else None

    def _work(self, doi: str) -> Reply:
        found = [work for work in self.works if str(work["DOI"]).lower() == doi.lower()]
        return _json({"status": "ok", "message-type": "work", "message": found[0]}) if found else UNKNOWN

    def _search(self, term: str) -> list[str]:
        wanted, _, tag = term.rpartition("[")
        if tag == "doi]":
            found = [one for one in self.summaries if wanted.strip('"') in json.dumps(one["articleids"])]
        else:
            found = [one for one in self.summaries if {*words(wanted)} <= {*words(str(one["title"]))}]
        return [str(one["uid"]) for one in found]

    def _summaries(self, ids: list[str]) -> Reply:
        known = {str(one["uid"]): one for one in self.summaries}
        unknown = {"error": "cannot get document summary"}
        return _json(
            {"header": {}, "result": {"uids": ids} | {id_: known.get(id_, {"uid": id_, **unknown}) for id_ in ids}}
        )


@contextmanager
def local_registries() -> Iterator[LocalRegistries]:
    """Yield registries that listen on this machine until the block ends."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = registries.reply(self.path)
            over.wait(reply.seconds)
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[:20] if reply.is_cut else reply.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing of clients that are gone."""

    with Server(("127.0.0.1", 0), Handler) as server:
        registries = LocalRegistries(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield registries
        finally:
            over.set()
            server.shutdown()
            thread.join()


def _json(content: Json) -> Reply:
    return Reply(json.dumps(content).encode())
