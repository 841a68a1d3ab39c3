"""The main walk in Debian's Firefox, which Playwright cannot drive: through WebDriver BiDi, its own protocol."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from websockets.sync.client import ClientConnection, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.conftest import Elsewhere

FIREFOX = shutil.which("firefox-esr")
WAIT_S = 60
SHADOW = "document.querySelector('clinic-assistant')?.shadowRoot"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not FIREFOX, reason="no Firefox here: apt-get install firefox-esr"),
]


class Firefox:
    """A window of Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        """Begin a session in the window that is open."""
        self.socket = socket
        self.said = 0
        self.tell("session.new", capabilities={})
        self.window = self.tell("browsingContext.getTree")["contexts"][0]["context"]

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and return its result."""
        self.said += 1
        self.socket.send(json.dumps({"id": self.said, "method": method, "params": params}))
        while (heard := json.loads(self.socket.recv(WAIT_S))).get("id") != self.said:
            pass
        assert heard["type"] == "success", heard
        return dict(heard["result"])

    def visit(self, address: str) -> None:
        """Load a page."""
        self.tell("browsingContext.navigate", context=self.window, url=address, wait="complete")

    def read(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        target = {"context": self.window}
        ran = self.tell("script.evaluate", expression=expression, target=target, awaitPromise=True)
        assert ran["type"] == "success", ran
        return ran["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true in the page."""
        deadline = time.monotonic() + WAIT_S
        while not self.read(f"Boolean({expression})"):
            assert time.monotonic() < deadline, expression
            time.sleep(0.1)

    def click(self, selector: str) -> None:
        """Click in the middle of what the widget shows; its buttons take no key in a window without a screen."""
        found = f"{SHADOW}?.querySelector('{selector}')"
        self.wait_for(f"{found}?.getClientRects().length")
        middle = "({ left, top, width, height }) => [left + width / 2, top + height / 2]"
        at = f"({middle})({found}.getBoundingClientRect())"
        x, y = (int(value["value"]) for value in self.read(at))
        strokes = [{"type": "pointerMove", "x": x, "y": y}]
        strokes += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        actions = [{"type": "pointer", "id": "mouse", "actions": strokes}]
        self.tell("input.performActions", context=self.window, actions=actions)

    def press(self, *keys: str) -> None:
        """Press and release keys, one after the other."""
        strokes = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": strokes}]
        self.tell("input.performActions", context=self.window, actions=actions)


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    """Yield a Firefox with a profile of its own."""
    assert FIREFOX
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(tmp_path), "--remote-debugging-port=0"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert running.stderr
        address = next(found[1] for line in running.stderr if (found := re.search(r"(ws://[\w.]+:\d+)", line)))
        with connect(f"{address}/session", max_size=None) as socket:
            yield Firefox(socket)
    finally:
        running.terminate()
        running.communicate(timeout=30)


@pytest.mark.parametrize("mode", ["bubble", "inline"])
def test_main_walk_in_firefox(site: str, firefox: Firefox, elsewhere: Elsewhere, mode: str) -> None:
    """On another site, under a strict policy: open, agree, ask, read a source, close."""
    policy = f"default-src 'none'; script-src {elsewhere.assistant}; connect-src {elsewhere.assistant}"
    body = '<clinic-assistant mode="inline"></clinic-assistant>' if mode == "inline" else ""
    firefox.visit(elsewhere.show(body=body, policy=policy))
    if mode == "bubble":
        firefox.click(".launcher")
    firefox.click(".agree")
    firefox.wait_for(f"{SHADOW}.activeElement?.localName === 'textarea'")
    firefox.press(*"Does LDN help with depression?", "Enter")
    firefox.wait_for(f"{SHADOW}.querySelector('.feedback')")
    firefox.click(".mark")
    assert firefox.read(f"{SHADOW}.querySelector('blockquote').textContent")
    firefox.press("Escape")
    assert firefox.read(f"{SHADOW}.activeElement.className") == "mark"
    assert firefox.read("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    firefox.press("Escape")
    if mode == "bubble":
        firefox.wait_for(f"{SHADOW}.activeElement?.className.startsWith('launcher')")
        assert firefox.read(f"{SHADOW}.querySelector('.panel').hidden") is True
