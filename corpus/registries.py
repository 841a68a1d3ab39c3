"""Registries: Crossref and PubMed, asked politely and believed as little as any stranger."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from corpus.bibliography import (
    AskedBy,
    Found,
    Registry,
    RegistryName,
    RegistryRecord,
    RegistrySettings,
    Sought,
    family_name,
)
from corpus.errors import RegistryUnavailableError
from corpus.shapes import CrossrefWork, PubMedSummary
from corpus.text import words

CANDIDATES = 5
"""How many works a search by title may name."""
_MOST_QUERY_CHARACTERS = 400
_NO_SUCH_WORK = "resource not found"
"""What Crossref says where it knows no such DOI; any other 404 comes from somebody else."""

Params = Mapping[str, str]
M = TypeVar("M", bound=BaseModel)


class _PassingError(RegistryUnavailableError):
    """A fault that may be over in a moment; ``retry_after`` is the pause that the registry asked for, in seconds."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class PoliteClient:
    """Asks one registry for JSON: says who asks, keeps the pace, pauses before it tries again, reads so much."""

    def __init__(
        self, http: httpx.Client, base: str, settings: RegistrySettings, sleep: Callable[[float], None]
    ) -> None:
        self._http, self._base, self._settings, self._sleep = http, base, settings, sleep
        self._free_at = 0.0
        self._back_off = wait_exponential_jitter(initial=1, max=settings.longest_wait_s)

    def get(self, path: str, params: Params) -> dict[str, object] | None:
        """Return the JSON object at a path, ``None`` if no work is there; ``RegistryUnavailableError`` otherwise."""
        retrying = Retrying(
            stop=stop_after_attempt(self._settings.attempts),
            retry=retry_if_exception_type(_PassingError),
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._get_once, path, params)

    def _get_once(self, path: str, params: Params) -> dict[str, object] | None:
        self._keep_pace()
        try:
            with self._http.stream("GET", f"{self._base}{path}", params=dict(params)) as response:
                return self._read(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _PassingError(f"{self._base} did not answer: {type(error).__name__}") from error

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if now < self._free_at:
            self._sleep(self._free_at - now)
        self._free_at = max(now, self._free_at) + 1 / self._settings.per_second

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_for = error.retry_after if isinstance(error, _PassingError) else None
        return self._back_off(state) if asked_for is None else asked_for

    def _read(self, response: httpx.Response) -> dict[str, object] | None:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise self._refused(response)
        body = self._body(response)
        if status == httpx.codes.NOT_FOUND and _NO_SUCH_WORK in body.decode(errors="replace").lower():
            return None
        if status != httpx.codes.OK:
            raise RegistryUnavailableError(f"{self._base} answered with status {status}")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _PassingError(f"{self._base} answered with broken JSON") from error
        if not isinstance(answer, dict):
            raise RegistryUnavailableError(f"{self._base} answered with JSON of another shape")
        return answer

    def _body(self, response: httpx.Response) -> bytes:
        body, give_up_at = bytearray(), time.monotonic() + self._settings.timeout_s
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._settings.max_bytes:
                raise RegistryUnavailableError(f"{self._base} sent more than {self._settings.max_bytes:,} bytes")
            # The time-out of each read alone would let a trickle go on for ever.
            if time.monotonic() > give_up_at:
                raise _PassingError(f"{self._base} took too long to send its answer")
        return bytes(body)

    def _refused(self, response: httpx.Response) -> RegistryUnavailableError:
        message = f"{self._base} answered with status {response.status_code}"
        pause = _seconds(response.headers.get("Retry-After", ""))
        if pause is not None and pause > self._settings.longest_wait_s:
            return RegistryUnavailableError(f"{message} and asks to wait for {pause:.0f} seconds")
        return _PassingError(message, pause)


class Crossref:
    """Crossref's REST API: by DOI, else by title, first author, year and container."""

    name = RegistryName.CROSSREF

    def __init__(self, client: PoliteClient, settings: RegistrySettings) -> None:
        self._client = client
        self._params = {"mailto": settings.contact} if settings.contact else {}

    def find(self, work: Sought) -> Found:
        """Return what Crossref holds for a work; ``RegistryUnavailableError`` if the question stays open."""
        if work.doi and (record := self._work(work.doi)):
            return Found(asked_by=AskedBy.DOI, records=(record,))
        unknown = ("doi",) if work.doi else ()
        if not work.title:
            return Found(asked_by=AskedBy.DOI, unknown=unknown)
        return Found(asked_by=AskedBy.TITLE, records=self._search(work), unknown=unknown)

    def _work(self, doi: str) -> RegistryRecord | None:
        answer = self._client.get(f"/works/{quote(doi, safe='')}", self._params)
        if answer is None:
            return None
        record = _as(CrossrefWork, answer.get("message")).record()
        if not record.titles:
            raise RegistryUnavailableError("Crossref named a work without its title")
        return record

    def _search(self, work: Sought) -> tuple[RegistryRecord, ...]:
        first = family_name(work.authors[0]) if work.authors else ""
        asked = " ".join(filter(None, (work.title, first, str(work.year or ""), work.container)))
        query = {"query.bibliographic": asked[:_MOST_QUERY_CHARACTERS], "rows": str(CANDIDATES)}
        answer = self._client.get("/works", {**self._params, **query}) or {}
        items = _member(answer, "message", "items")
        if not isinstance(items, list):
            raise RegistryUnavailableError("Crossref answered a search without a list of works")
        records = (_as(CrossrefWork, item).record() for item in items[:CANDIDATES])
        return tuple(record for record in records if record.titles)


class PubMed:
    """PubMed's E-utilities: by PMID, else by DOI, else by title."""

    name = RegistryName.PUBMED

    def __init__(self, client: PoliteClient, settings: RegistrySettings) -> None:
        self._client = client
        self._params = {"db": "pubmed", "retmode": "json", "tool": settings.tool}
        if settings.contact:
            self._params["email"] = settings.contact

    def find(self, work: Sought) -> Found:
        """Return what PubMed holds for a work; ``RegistryUnavailableError`` if the question stays open."""
        if work.pmid and (records := self._summaries((work.pmid,))):
            return Found(asked_by=AskedBy.PMID, records=records)
        unknown = ("pmid",) if work.pmid else ()
        if work.doi:
            # A search that finds nothing may be widened by PubMed itself, so its answer has to bear the DOI.
            named = self._summaries(self._ids(f'"{work.doi}"[doi]'))
            if same := tuple(one for one in named if (one.doi or "").lower() == work.doi.lower()):
                return Found(asked_by=AskedBy.DOI, records=same, unknown=unknown)
        if not work.title:
            return Found(asked_by=AskedBy.PMID if work.pmid else AskedBy.DOI, unknown=unknown)
        # Brackets, quotes and colons would be read as operators.
        asked = " ".join(words(work.title))[:_MOST_QUERY_CHARACTERS]
        records = self._summaries(self._ids(f"{asked}[Title]"))
        return Found(asked_by=AskedBy.TITLE, records=records, unknown=unknown)

    def _ids(self, term: str) -> tuple[str, ...]:
        answer = self._client.get("/esearch.fcgi", {**self._params, "term": term, "retmax": str(CANDIDATES)}) or {}
        ids = _member(answer, "esearchresult", "idlist")
        if not isinstance(ids, list):
            raise RegistryUnavailableError("PubMed answered a search without a list of works")
        return tuple(one for one in ids if isinstance(one, str) and one.isdecimal())[:CANDIDATES]

    def _summaries(self, ids: tuple[str, ...]) -> tuple[RegistryRecord, ...]:
        if not ids:
            return ()
        answer = self._client.get("/esummary.fcgi", {**self._params, "id": ",".join(ids)}) or {}
        summaries = [_as(PubMedSummary, _member(answer, "result", id_)) for id_ in ids]
        records = tuple(summary.record() for summary in summaries if not summary.error)
        if any(not record.titles for record in records):
            raise RegistryUnavailableError("PubMed named a work without its title")
        return records


@contextmanager
def open_registries(
    settings: RegistrySettings, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[tuple[Registry, ...]]:
    """Yield Crossref and PubMed, each with a pace of its own, over connections that close afterwards."""
    who = f"{settings.tool} (mailto:{settings.contact})" if settings.contact else settings.tool
    with httpx.Client(timeout=settings.timeout_s, headers={"User-Agent": who, "Accept": "application/json"}) as http:
        yield (
            Crossref(PoliteClient(http, settings.crossref_url, settings, sleep), settings),
            PubMed(PoliteClient(http, settings.pubmed_url, settings, sleep), settings),
        )


def _as(shape: type[M], answer: object) -> M:
    try:
        return shape.model_validate(answer)
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise RegistryUnavailableError(f"a registry answered in an unknown shape at `{wrong}`") from error


def _member(answer: Mapping[str, object], outer: str, inner: str) -> object:
    found = answer.get(outer)
    return found.get(inner) if isinstance(found, dict) else None


def _seconds(retry_after: str) -> float | None:
    """Return the pause that a ``Retry-After`` header asks for; ``None`` if there is none or it makes no sense."""
    if retry_after.isdecimal():
        return float(retry_after[:9])
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    now = datetime.now(tz=until.tzinfo or UTC)
    return max(0.0, (until.replace(tzinfo=now.tzinfo) - now).total_seconds())
