"""Reading: one source as a page of its own, opened at the passage that an answer cites."""

from collections.abc import Callable
from http import HTTPStatus
from itertools import groupby

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from assistant.console.tab import PARTS
from assistant.staff import ROOT, Member, login_page
from corpus.library import Library


def reading_routes(library: Library, member: Callable[[Request], Member | None]) -> APIRouter:
    """Return the route to the sources; it has to be included before the console is mounted."""
    routes = APIRouter(prefix=ROOT, include_in_schema=False)

    @routes.get("/source/{id_}")
    def source(request: Request, id_: str, passage: str = "") -> Response:
        """Show a source; ``passage`` is the id of the passage to mark."""
        if member(request) is None:
            return login_page(request, HTTPStatus.UNAUTHORIZED)
        if id_ not in library.sources:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such source.")
        found = library.source(id_)
        headings = [(path, tuple(said)) for path, said in groupby(found.passages, key=lambda one: one.heading)]
        page = PARTS.get_template("source.html").render(
            source=found, headings=headings, chosen=passage, withdrawn=library.withdrawn.get(id_, "")
        )
        return HTMLResponse(page)

    return routes
