"""Attendance: whether patients wait for an answer at this moment, so that other work can give way to them."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

QUESTIONS: Final = "/v1/chat"
"""Where patients' questions arrive, and those that programs ask in their place."""


class Attendance:
    """How many questions are being answered."""

    def __init__(self) -> None:
        self.waiting = 0

    def is_busy(self) -> bool:
        """Tell whether somebody waits."""
        return self.waiting > 0


class Attended:
    """Counts the questions that go through it, each until its answer is sent or whoever asked has left."""

    def __init__(self, app: ASGIApp, attendance: Attendance) -> None:
        self.app = app
        self._attendance = attendance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it if it is a question."""
        if scope["type"] != "http" or not scope["path"].startswith(QUESTIONS):
            await self.app(scope, receive, send)
            return
        self._attendance.waiting += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._attendance.waiting -= 1
