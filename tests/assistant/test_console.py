"""The console serves staff, and nobody else anything."""

import inspect
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from markupsafe import escape
from starlette.routing import Mount, Route

from assistant.attendance import Attendance
from assistant.console import assembly
from assistant.console.ask import AskTab, Panel
from assistant.console.exhibit import Conversation, Evidence
from assistant.console.page import FORBIDDEN_SWITCHES, build, mount
from assistant.console.tab import LABELS, Tab, label, part
from assistant.errors import AssistantError
from assistant.evaluation import FOLDER, load_cases
from assistant.factory import Parts, assemble, load_edge
from assistant.server import create_app
from assistant.settings import LimitsSettings, Settings, StaffRole
from assistant.staff import Member

STATIC = {
    "/staff/static/{path:path}",
    "/staff/assets/{path:path}",
    "/staff/theme.css",
    "/staff/gradio_api/theme.css",
    "/staff/favicon.ico",
    "/staff/robots.txt",
}
"""Files of Gradio's package, the same for everybody: all that answers without a login."""


CASES = FOLDER / "answers-tune.toml"
FIXED = 50
REVIEWERS_ALONE = {"turn_off", "turn_on", "verify", "mend", "draft_upload", "draft_number", "show_draft", "list_drafts"}
REVIEWERS_ALONE |= {"accept", "accept_attacks", "show_attack_with_text"}
"""The events that change what patients get, or what is kept."""
REVIEWERS_PARTS = {"off", "on", "certain", "verify", "reindex", "upload", "fetch", "drafts", "corpus-A", "rules-B"}
REVIEWERS_PARTS |= {"accept", "accept-attacks"}
"""The components that belong to them."""


@pytest.fixture(scope="module")
def cold(settings: Settings) -> Parts:
    """Return the real parts, with no model loaded: these tests ask nothing."""
    return assemble(settings)


@pytest.fixture(scope="module")
def tabs(cold: Parts, settings: Settings) -> tuple[Tab, ...]:
    """Return the tabs of the console as they are shipped."""
    return assembly.tabs(cold, settings, assembly.load_workbench(cold, settings, Attendance()))


def application(tabs: tuple[Tab, ...], member: Member | None = None) -> FastAPI:
    """Return an application with the console, open to one member of staff or to nobody."""
    app = FastAPI()
    staff: Any = SimpleNamespace(member=lambda _: member, user=lambda _: member and member.name)
    mount(app, tabs, staff, {})
    return app


@pytest.fixture(scope="module")
def closed(tabs: tuple[Tab, ...]) -> Iterator[TestClient]:
    """Return a browser in front of a console that knows nobody."""
    with TestClient(application(tabs), follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module", params=StaffRole)
def opened(request: pytest.FixtureRequest, tabs: tuple[Tab, ...]) -> Iterator[TestClient]:
    """Return a browser that is signed in, in each role."""
    member = Member("nora", request.param)
    with TestClient(application(tabs, member), follow_redirects=False, raise_server_exceptions=False) as client:
        client.role = request.param  # type: ignore[attr-defined]
        yield client


def gradio_app(client: TestClient, role: StaffRole = StaffRole.STAFF) -> Any:
    """Return the application that Gradio made for a role."""
    mounted = [route for route in client.app.routes if isinstance(route, Mount)]  # type: ignore[attr-defined]
    return mounted[0].app.pages[role]  # type: ignore[attr-defined]


def flat(routes: list[Any]) -> Iterator[Route]:
    """Yield every route, also those of included routers."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from flat(included.routes)
        else:
            assert isinstance(route, Route), f"an unknown sort of route: {route}"
            yield route


def routes(client: TestClient) -> list[tuple[str, str]]:
    """Return method and path of every route of the console, whoever has it."""
    apps = [gradio_app(client, role) for role in StaffRole]
    found = {
        (method, f"/staff{route.path}") for app in apps for route in flat(app.routes) for method in route.methods or ()
    }
    return sorted(found)


def test_nothing_but_static_files_answers_without_a_login(closed: TestClient) -> None:
    """Every route that Gradio has gives 401 or 404, whatever it checks itself."""
    found = routes(closed)
    assert len(found) > 50
    for method, path in found:
        if path in STATIC:
            continue
        answer = closed.request(method, re.sub(r"\{[^}]*\}", "x", path), json={})
        assert answer.status_code in {401, 404}, (method, path, answer.status_code)


def test_the_static_routes_exist(closed: TestClient) -> None:
    """The list of open routes names nothing that Gradio no longer has."""
    assert {path for _, path in routes(closed)} >= STATIC


@pytest.mark.parametrize("path", ["/staff/static/../config", "/staff/assets/..%2fconfig", "/staff//config"])
def test_no_spelling_of_a_path_gets_around_the_gate(closed: TestClient, path: str) -> None:
    """The gate and the router read a path in the same way."""
    assert closed.get(path).status_code in {401, 403, 404}


def test_a_browser_sees_the_login_form(closed: TestClient) -> None:
    """Whoever is not signed in gets the form, with 401."""
    answer = closed.get("/staff/", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert 'action="/staff/login"' in answer.text


@pytest.mark.parametrize(
    "path", ["/staff/gradio_api/mcp/schema", "/staff/gradio_api/mcp/sse", "/staff/gradio_api/runs"]
)
def test_what_is_switched_off_is_not_there(opened: TestClient, path: str) -> None:
    """Neither tools for programs nor a history of runs exist, even for staff."""
    assert opened.get(path).status_code == 404


def test_switches_of_the_running_page(opened: TestClient) -> None:
    """The page keeps nothing, sends nothing and shares nothing."""
    config = opened.get("/staff/config").json()
    role = opened.role  # type: ignore[attr-defined]
    blocks = gradio_app(opened, role).get_blocks()
    assert config["username"] == "nora"
    assert not config["analytics_enabled"]
    assert blocks.footer_links == []
    for (
        switch
    ) in "run_history enable_monitoring show_error ssr_mode pwa share mcp_server vibe_mode allowed_paths".split():
        assert not getattr(blocks, switch), switch
    assert blocks.max_file_size == {StaffRole.STAFF: 1024, StaffRole.CLINICAL_REVIEWER: 2 * 1024**2}[role]
    assert opened.get("/staff/monitoring").status_code == 403


def test_what_a_role_may_not_do_is_not_there(opened: TestClient) -> None:
    """Staff have no component and no event of the reviewers' in their page, under no name and no number."""
    role = opened.role  # type: ignore[attr-defined]
    config = opened.get("/staff/config").json()
    ids = {component["props"].get("elem_id") for component in config["components"]}
    names = {fn.name for fn in gradio_app(opened, role).get_blocks().fns.values()}
    may = role is StaffRole.CLINICAL_REVIEWER
    assert ids & REVIEWERS_PARTS == (REVIEWERS_PARTS if may else set())
    assert names & REVIEWERS_ALONE == (REVIEWERS_ALONE if may else set())
    page = opened.get("/staff/", headers={"Accept": "text/html"}).text
    assert ('"certain"' in page) is may
    assert opened.get(f"/staff/config?role={StaffRole.CLINICAL_REVIEWER}").json()["components"] == config["components"]


@pytest.mark.parametrize("name", sorted(REVIEWERS_ALONE))
def test_events_of_reviewers_cannot_be_called_by_staff(opened: TestClient, name: str, settings: Settings) -> None:
    """Whoever knows an event's name, or guesses its number, gets nowhere without the role."""
    if opened.role is not StaffRole.STAFF:  # type: ignore[attr-defined]
        return
    for path in (f"/staff/gradio_api/call/{name}", f"/staff/gradio_api/run/{name}", f"/staff/gradio_api/api/{name}"):
        assert opened.post(path, json={"data": []}).status_code >= 400
    beyond = max(gradio_app(opened).get_blocks().fns) + 1
    for number in range(beyond, beyond + 20):
        asked = {"data": [], "fn_index": number, "session_hash": "s"}
        assert opened.post("/staff/gradio_api/run/predict", json=asked).status_code >= 400
    assert not (settings.data_dir / "switched-off").exists()


def test_only_reviewers_upload_anything_of_size(opened: TestClient) -> None:
    """A file of some kilobytes is taken from a reviewer and refused from staff."""
    role = opened.role  # type: ignore[attr-defined]
    taken = opened.post("/staff/gradio_api/upload", files={"files": ("work.md", b"x" * 4096)}).status_code
    assert taken == (200 if role is StaffRole.CLINICAL_REVIEWER else 413)


def test_the_chat_allows_no_tags(opened: TestClient) -> None:
    """The chat escapes unknown tags, sanitises the rest, and shares nothing; no part runs scripts from values."""
    components = opened.get("/staff/config").json()["components"]
    (chat,) = [part["props"] for part in components if part["type"] == "chatbot"]
    assert (chat["allow_tags"], chat["sanitize_html"], chat["buttons"]) == (False, True, [])
    assert not {"html", "browserstate", "deeplinkbutton", "file"} & {part["type"] for part in components}
    assert all(part["props"]["sanitize_html"] for part in components if part["type"] == "markdown")


def test_events_are_not_offered_to_programs(opened: TestClient) -> None:
    """The description of the interface lists no event."""
    assert opened.get("/staff/gradio_api/info").json()["named_endpoints"] == {}


def test_the_page_names_no_foreign_host(opened: TestClient) -> None:
    """Neither the theme nor the style sheet asks another host for a font."""
    assert "fonts.g" not in opened.get("/staff/theme.css").text
    assert opened.get("/staff/config").json()["stylesheets"] == []


@pytest.mark.parametrize("switch", FORBIDDEN_SWITCHES)
def test_a_switch_of_the_environment_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tabs: tuple[Tab, ...], switch: str
) -> None:
    """A switch that would open the console is an error, whatever its value."""
    monkeypatch.setenv(switch, "0")
    with pytest.raises(AssistantError, match=switch):
        application(tabs)


@pytest.mark.parametrize(
    ("called", "names"),
    [
        (gr.mount_gradio_app, "app blocks path auth_dependency mcp_server run_history footer_links"),
        (
            gr.mount_gradio_app,
            "enable_monitoring show_error max_file_size ssr_mode pwa allowed_paths theme css_paths i18n",
        ),
        (gr.Blocks, "title analytics_enabled fill_width delete_cache"),
        (gr.Blocks.queue, "max_size default_concurrency_limit api_open"),
        (gr.Chatbot, "allow_tags sanitize_html buttons latex_delimiters feedback_options allow_file_downloads"),
        (gr.Dataframe, "headers datatype column_widths type interactive max_chars max_height wrap show_search"),
        (gr.HighlightedText, "label color_map combine_adjacent"),
        (gr.Markdown, "elem_id sanitize_html latex_delimiters"),
        (gr.Tab, "label id elem_id"),
        (gr.Tabs, "elem_id"),
        (gr.Blocks.load, "fn inputs outputs api_visibility show_progress"),
        (gr.Button, "value variant size scale min_width visible link elem_id"),
        (gr.Button.click, "trigger_mode concurrency_limit concurrency_id cancels"),
        (gr.ChatMessage, "content role metadata"),
        (gr.Checkbox, "value label container min_width"),
        (gr.Code, "language label interactive lines max_lines wrap_lines buttons visible"),
        (gr.Column, "visible elem_id min_width scale elem_classes"),
        (gr.Dropdown, "choices value label filterable allow_custom_value"),
        (gr.I18n, "translations"),
        (gr.Radio, "choices value label min_width"),
        (gr.Slider, "minimum maximum value step label info buttons"),
        (gr.Textbox, "label placeholder lines max_lines max_length autofocus"),
        (gr.UploadButton, "label file_types size"),
        (gr.State, "value time_to_live"),
        (gr.on, "triggers fn inputs outputs api_visibility show_progress trigger_mode"),
    ],
)
def test_gradio_has_the_parameters_that_are_used(called: Callable[..., Any], names: str) -> None:
    """An upgrade that renames a switch fails here and not silently."""
    assert set(names.split()) <= set(inspect.signature(called).parameters)


def test_the_chat_is_not_read_back_from_the_browser(tabs: tuple[Tab, ...]) -> None:
    """No event takes the shown messages as an input: the history is the server's."""
    page = build(tabs, StaffRole.CLINICAL_REVIEWER, {})
    taken = {block._id for event in page.fns.values() for block in event.inputs}
    chats = {key for key, block in page.blocks.items() if isinstance(block, gr.Chatbot)}
    assert chats
    assert not chats & taken


def test_the_panel_has_a_component_for_each_value() -> None:
    """Evidence and its components are in the same order."""
    assert Panel._fields == Evidence._fields


def test_withdrawn_sources_are_told() -> None:
    """Staff see at the top which sources patients do not get, and why; a reason cannot bring markup in."""
    masthead = part("masthead", "ann", StaffRole.STAFF, [("younger-2013", "retracted <b>today</b>")])
    assert "1 source is withdrawn" in masthead
    assert "younger-2013" in masthead
    assert "retracted &lt;b&gt;today&lt;/b&gt;" in masthead
    assert "withdrawn" not in part("masthead", "ann", StaffRole.STAFF, [])


def test_every_label_is_written_in_both_languages() -> None:
    """A label without its Spanish, or one that nobody wrote, is an error and never a bare key on the page."""
    assert all(set(said) == {"en", "es"} and all(said.values()) for said in LABELS.values())
    with pytest.raises(KeyError):
        label("nobody.wrote_this")


def test_console_and_patients_get_the_same_words(parts: Parts, settings: Settings) -> None:
    """Fifty fixed questions: what the console shows is what the patients' interface says, to the letter."""
    roomy = settings.model_copy(update={"limits": LimitsSettings(session_per_minute=1000, address_per_minute=1000)})
    patient = TestClient(create_app(load_edge(parts, roomy)))
    ask, *_ = assembly.tabs(parts, settings, assembly.load_workbench(parts, settings, Attendance()))
    assert isinstance(ask, AskTab)
    questions = [case.question for case in load_cases(CASES).case][:FIXED]
    assert len(questions) == FIXED
    for question in questions:
        *_, last = ask.answer(Conversation(), question, "en", generator="extractive", remembers=True)
        said = patient.post("/v1/chat", json={"message": question, "consent": True}).json()
        answer = last[0].exchanges[-1].answer
        assert (answer.text, answer.outcome, answer.rule) == (said["text"], said["outcome"], said["rule"])
        assert all(str(escape(claim["text"])) in last[1][-1]["content"] for claim in said["claims"])
