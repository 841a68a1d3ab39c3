"""Papers: what staff take out of the console as files, behind the same login as its pages."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from assistant.casebook import NAME
from assistant.console.workbench import Workbench
from assistant.errors import AssistantError
from assistant.staff import ROOT, Member, login_page
from assistant.wire import problem

RunId = Annotated[str, Path(max_length=40)]


def paper_routes(workbench: Workbench, member: Callable[[Request], Member | None]) -> APIRouter:
    """Return the addresses of reports and of the working file; include them before the console is mounted."""
    routes = APIRouter(prefix=ROOT, include_in_schema=False)

    @routes.get("/runs/{id_}.html")
    def report(id_: RunId, request: Request) -> Response:
        if member(request) is None:
            return login_page(request, HTTPStatus.UNAUTHORIZED)
        try:
            return HTMLResponse(workbench.report(id_))
        except AssistantError:
            return problem(HTTPStatus.NOT_FOUND, "There is no such run.")

    @routes.get(f"/{NAME}")
    def cases(request: Request) -> Response:
        if member(request) is None:
            return login_page(request, HTTPStatus.UNAUTHORIZED)
        headers = {"Content-Disposition": f'attachment; filename="{NAME}"'}
        return Response(workbench.casebook.text(), media_type="application/toml", headers=headers)

    return routes
