"""A real Chromium, the real application, and a visitor who uses the widget."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from argon2 import PasswordHasher
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from assistant.staff import one_time_password

ROOT = Path(__file__).resolve().parents[2]
START_S = 600
"""It builds its index and learns the intents first, which takes minutes on a busy machine."""
WAIT_S = 20
# A busy machine is no fault of the page.
expect.set_options(timeout=WAIT_S * 1000)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

CITATIONS: list[dict[str, Any]] = [
    {
        "n": 1,
        "source": "pilot",
        "title": "A pilot trial in depression",
        "byline": "Miller and others, 2017",
        "kind": "small randomised trial",
        "url": "https://doi.org/10.1000/pilot",
        "quote": "Twelve adults took part, and one of three scales differed.",
    },
    {
        "n": 2,
        "source": "larger",
        "title": "A larger trial in fibromyalgia",
        "byline": "Bruun and others, 2024",
        "kind": "randomised trial",
        "url": "https://doi.org/10.1000/larger",
        "quote": "Depression scores did not differ from placebo.",
    },
]
CLAIMS: list[dict[str, Any]] = [
    {"text": "A small trial found some benefit.", "citations": [1]},
    {"text": "A larger trial found no difference.", "citations": [2]},
    {"text": "So the evidence is mixed.", "citations": [1, 2]},
]
ANSWER: dict[str, Any] = {
    "id": "a-1",
    "session": "s-1",
    "question": "Does it help?",
    "lang": "en",
    "outcome": "answered",
    "rule": None,
    "message": "",
    "claims": CLAIMS,
    "citations": CITATIONS,
    "notices": ["This use is off-label."],
    "card": None,
    "suggestions": ["What side effects are known?"],
    "text": "A small trial found some benefit. A larger trial found no difference. So the evidence is mixed.",
    "ms": 12.5,
    "fingerprint": "f",
    "generator": "extractive",
    "findings": [],
}
CRISIS_CARD: dict[str, Any] = {
    "kind": "crisis",
    "title": "You are not alone",
    "text": "I am an automated assistant and cannot call for you. People can help right now.",
    "links": [
        {"label": "Call 988", "href": "tel:988"},
        {"label": "Text 988", "href": "sms:988"},
        {"label": "Call 911", "href": "tel:911"},
        {"label": "Chat with 988", "href": "https://chat.988lifeline.org/"},
    ],
}
CRISIS: dict[str, Any] = ANSWER | {
    "outcome": "escalated",
    "rule": "crisis",
    "message": CRISIS_CARD["text"],
    "claims": [],
    "citations": [],
    "notices": [],
    "card": CRISIS_CARD,
    "suggestions": [],
    "text": CRISIS_CARD["text"],
}

# The page's own fetch stays in use for all but questions, whose answers arrive in chunks that the test chose.
STREAM_SCRIPT = """
(chunks) => {
  const real = window.fetch;
  window.release = [];
  window.fetch = (address, options) => {
    if (!String(address).endsWith("/v1/chat")) return real(address, options);
    const body = new ReadableStream({
      async start(controller) {
        options.signal?.addEventListener("abort", () => controller.error(options.signal.reason));
        for (const chunk of chunks) {
          if (chunk === null) await new Promise((resolve) => window.release.push(resolve));
          else controller.enqueue(Uint8Array.from(chunk));
        }
        controller.close();
      },
    });
    return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
  };
}
"""


def write_event(kind: str, content: dict[str, Any]) -> str:
    """Return one server-sent event."""
    return f"event: {kind}\r\ndata: {json.dumps(content)}\r\n\r\n"


def write_stream(answer: dict[str, Any]) -> str:
    """Return all events of an answer: its claims, each with its sources, and itself."""
    known = {citation["n"]: citation for citation in answer["citations"]}
    events = [
        write_event("claim", claim | {"sources": [known[n] for n in claim["citations"] if n in known]})
        for claim in answer["claims"]
    ]
    return "".join([*events, write_event("answer", answer)])


class Elsewhere:
    """Another site on another port, whose pages hold what the test says."""

    def __init__(self, assistant: str, port: int = 0) -> None:
        """Serve pages that may embed the assistant of that address."""
        pages: dict[str, tuple[str, Mapping[str, str]]] = {}

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page, headers = pages.get(self.path, ("", {}))
                self.send_response(200 if page else 404)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *args: object) -> None:
                """Stay quiet."""

        self.assistant = assistant
        self.pages = pages
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Answering)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        self.server.shutdown()
        self.server.server_close()

    def show(self, line: str = "", *, body: str = "", policy: str = "", path: str = "/") -> str:
        """Put up a page with an embed line, or with the plain one, and return its address."""
        line = line or f'<script src="{self.assistant}/widget.js" async></script>'
        html = f"<!doctype html><html lang=en><head><title>A site</title>{line}</head><body><h1>A site</h1>{body}"
        self.pages[path] = (html, {"Content-Security-Policy": policy} if policy else {})
        return self.address + path


class Visitor:
    """Somebody on the clinic's page who uses the assistant."""

    def __init__(self, page: Page, site: str) -> None:
        """Remember every request and every script error from here on."""
        self.page = page
        self.site = site
        self.requests: list[tuple[str, str, str]] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append((request.method, request.url, request.post_data or "")))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def launcher(self) -> Locator:
        """Return the button that opens the assistant."""
        return self.page.locator("clinic-assistant .launcher")

    @property
    def panel(self) -> Locator:
        """Return the dialog."""
        return self.page.locator("clinic-assistant .panel")

    @property
    def input(self) -> Locator:
        """Return the field where questions are typed."""
        return self.panel.locator(".composer textarea")

    @property
    def last_answer(self) -> Locator:
        """Return the newest answer."""
        return self.panel.locator(".message.answer").last

    def visit(self, path: str = "/") -> None:
        """Load the page and wait for the button."""
        self.page.goto(self.site + path)
        self.launcher.wait_for()

    def open(self) -> None:
        """Open the panel and wait until it asks for consent."""
        self.launcher.click()
        self.panel.locator(".agree").wait_for()

    def start(self) -> None:
        """Load the page, open the panel and agree."""
        self.visit()
        self.open()
        self.panel.locator(".agree").click()
        self.input.wait_for()

    def choose(self, label: str) -> None:
        """Press something in the menu."""
        self.panel.locator(".more").click()
        self.panel.locator(".menu").get_by_role("button", name=label).click()

    def send(self, question: str = "Does it help?") -> None:
        """Type a question and send it."""
        self.input.fill(question)
        self.input.press("Enter")

    def ask(self, question: str = "Does it help?") -> None:
        """Send a question and wait for the end of its answer."""
        self.send(question)
        expect(self.panel.locator(".question").last).to_contain_text(question)
        expect(self.last_answer.locator(".waiting")).to_have_count(0, timeout=30_000)

    def fake_config(self, **changes: Any) -> None:
        """Change what the server says of itself before the first question."""

        def fulfil(route: Route) -> None:
            real = route.fetch()
            route.fulfill(response=real, json=real.json() | changes)

        self.page.route("**/v1/config", fulfil)

    def fake_answers(self, *answers: dict[str, Any] | int) -> None:
        """Answer questions in this order, the last for ever: answers, or statuses of errors."""
        left = list(answers)

        def fulfil(route: Route) -> None:
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, int):
                fulfil_error(route, answer)
            else:
                route.fulfill(body=write_stream(answer), content_type="text/event-stream")

        self.page.route("**/v1/chat", fulfil)

    def fake_errors(self, address: str, status: int, wait_s: int = 2) -> None:
        """Answer every request to an address with an error."""
        self.page.route(address, lambda route: fulfil_error(route, status, wait_s))

    def fake_stream(self, chunks: Sequence[str | bytes | None]) -> None:
        """Answer questions in these chunks; at ``None`` the stream waits for ``release``. Call before ``visit``."""
        raw = [
            chunk if chunk is None else list(chunk.encode() if isinstance(chunk, str) else chunk) for chunk in chunks
        ]
        self.page.add_init_script(f"({STREAM_SCRIPT})({json.dumps(raw)})")

    def release(self, at: int = 0) -> None:
        """Let a waiting stream go on."""
        self.wait_for(f"window.release.length > {at}")
        self.page.evaluate("(at) => window.release.splice(at, 1)[0]()", at)

    def wait_for(self, condition: str) -> None:
        """Wait until an expression holds on the page.

        Playwright's own ``wait_for_function`` evaluates its text in the page when the first look was too early, which
        the site's content security policy forbids.
        """
        deadline = time.monotonic() + WAIT_S
        while not self.page.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < deadline, condition
            self.page.wait_for_timeout(50)

    def posted(self, path: str = "/v1/chat") -> list[str]:
        """Return the bodies sent to an address of the site."""
        return [body for method, url, body in self.requests if url == self.site + path and method != "GET"]

    def find_violations(self, within: str | None = None) -> list[str]:
        """Return what axe finds in the page or in a part of it, the widget's shadow tree included."""
        found = Axe().run(self.page, within and [within]).response["violations"]
        return [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]]

    def focused(self) -> str:
        """Return the focused element's label or words."""
        return self.page.evaluate(
            """() => {
                let at = document.activeElement;
                while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                return at?.getAttribute("aria-label") || at?.placeholder || at?.textContent?.trim() || "";
            }"""
        )


CODES = {400: "invalid", 401: "session", 403: "consent", 413: "too_large", 429: "busy", 500: "broken"}


def fulfil_error(route: Route, status: int, wait_s: int = 2) -> None:
    """Answer a request with a problem document."""
    problem = {"type": "about:blank", "title": "Problem", "status": status, "detail": "A technical detail."}
    problem |= {"code": CODES[status]} if status in CODES else {}
    headers = {"Retry-After": str(wait_s)} if status == 429 else {}
    route.fulfill(status=status, headers=headers, body=json.dumps(problem), content_type="application/problem+json")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield a running Chromium; without one these tests fail, because nothing else proves what they prove."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not executable:
        pytest.fail("no Chromium: install the package `chromium`, or set CHROMIUM to the path of one")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def staff_password() -> str:
    """Return the password of the users ``staff`` and ``reviewer``, CLINIC_ASSISTANT_PASSWORD if that is set."""
    return os.environ.get("CLINIC_ASSISTANT_PASSWORD") or one_time_password()[0]


@pytest.fixture(scope="session")
def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def elsewhere(free_port: int) -> Iterator[Elsewhere]:
    """Yield a site that may embed the widget; a given application has to list it, with CLINIC_ASSISTANT_ELSEWHERE."""
    given = os.environ.get("CLINIC_ASSISTANT_SITE")
    port = int(os.environ.get("CLINIC_ASSISTANT_ELSEWHERE", "0"))
    site = Elsewhere(given.rstrip("/") if given else f"http://127.0.0.1:{free_port}", port)
    yield site
    site.close()


@pytest.fixture(scope="session")
def foreign(elsewhere: Elsewhere) -> Iterator[Elsewhere]:
    """Yield a site that is not on the application's list."""
    site = Elsewhere(elsewhere.assistant)
    yield site
    site.close()


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, staff_password: str, free_port: int, elsewhere: Elsewhere
) -> Iterator[str]:
    """Yield the address of the running application, or of CLINIC_ASSISTANT_SITE if that is set."""
    given = os.environ.get("CLINIC_ASSISTANT_SITE")
    if given:
        yield given.rstrip("/")
        return
    port = free_port
    folder = tmp_path_factory.mktemp("site")
    known_hash = PasswordHasher().hash(staff_password)
    chosen = {
        "ASSISTANT_SERVER__PORT": str(port),
        "ASSISTANT_DATA_DIR": str(folder / "data"),
        "ASSISTANT_SERVER__ORIGINS": elsewhere.address,
        "ASSISTANT_STAFF__ACCOUNTS": json.dumps(
            {"staff": known_hash, "reviewer": {"hash": known_hash, "role": "clinical-reviewer"}}
        ),
    }
    log = folder / "log.txt"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=os.environ | chosen, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_until_ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the application answers questions; fail with its last words if it does not."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{address}/readyz", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    pytest.fail(f"the application did not become ready:\n{log.read_text()[-2000:]}")


@pytest.fixture
def make_visitor(browser: Browser, site: str) -> Iterator[Any]:
    """Yield a function that brings a new visitor, with a fresh profile of the given kind."""
    contexts = []

    def make(*, width: int = 1280, height: int = 800, **options: Any) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        return Visitor(context.new_page(), site)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def visitor(make_visitor: Any) -> Visitor:
    """Return a visitor with a large screen."""
    return make_visitor()


class Colleague:
    """Somebody of the clinic who is signed in to the console."""

    WAIT_MS = 60_000

    def __init__(self, page: Page, site: str, name: str, password: str) -> None:
        """Sign in, and remember every host that the page asks and every script error."""
        self.page, self.site = page, site
        self.hosts: set[str] = set()
        self.errors: list[str] = []
        page.set_default_timeout(self.WAIT_MS)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(f"{site}/staff/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.locator("#ask").wait_for()

    def open(self, *tabs: str) -> None:
        """Load the console anew and open a tab, and a tab inside it."""
        self.page.goto(f"{self.site}/staff/")
        self.page.locator("#ask").wait_for()
        for name in tabs:
            self.page.get_by_role("tab", name=name, exact=True).and_(self.page.locator(":visible")).first.click()

    def ask(self, question: str) -> None:
        """Ask as staff do and wait for the verdict."""
        self.page.get_by_role("textbox", name="Question").fill(question)
        self.page.get_by_role("button", name="Ask", exact=True).click()
        expect(self.page.locator("#verdict .outcome")).to_be_visible(timeout=self.WAIT_MS)


def sign_in(browser: Browser, site: str, name: str, password: str) -> Iterator[Colleague]:
    """Yield a colleague with a screen of 1280 pixels; a foreign host or a script error fails at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    colleague = Colleague(context.new_page(), site, name, password)
    yield colleague
    context.close()
    assert colleague.hosts - {""} == {urlsplit(site).netloc}
    assert not colleague.errors


@pytest.fixture(scope="session")
def staff(browser: Browser, site: str, staff_password: str) -> Iterator[Colleague]:
    """Yield a member of staff."""
    yield from sign_in(browser, site, "staff", staff_password)


@pytest.fixture(scope="session")
def reviewer(browser: Browser, site: str, staff_password: str) -> Iterator[Colleague]:
    """Yield a clinical reviewer."""
    yield from sign_in(browser, site, "reviewer", staff_password)


@pytest.fixture
def answer() -> dict[str, Any]:
    """Return an answer with three claims and two sources."""
    return ANSWER


@pytest.fixture
def crisis() -> dict[str, Any]:
    """Return an escalation with the crisis card."""
    return CRISIS


@pytest.fixture
def stream_of() -> Any:
    """Return the function that writes an answer as server-sent events."""
    return write_stream
