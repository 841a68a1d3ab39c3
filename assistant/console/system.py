"""System: what runs, with which settings, how it is, what it promises, and the switch that takes it off line."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
import structlog
from pydantic import BaseModel, SecretStr

from assistant.console.tab import QUIET, failure, label, on_load, part, text
from assistant.settings import NESTED, PREFIX, Account, Settings, StaffRole
from assistant.switch import Switch

HIDDEN: Final = "set, hidden"
_SECRET = re.compile(r"secret|password|token|key", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Installation:
    """What this tab tells of, and the switch."""

    settings: Settings
    versions: Callable[[], BaseModel]
    diagnose: Callable[[], Sequence[Any]]
    """Returns all that the doctor says."""
    model_card: Callable[[], str]
    safety_protocol: Callable[[], str]
    switch: Switch


class SystemTab:
    """What the events of this tab do. The switch is for reviewers."""

    name = "system"
    least = StaffRole.STAFF

    def __init__(self, installation: Installation) -> None:
        self._of = installation

    def build(self, role: StaffRole) -> None:
        """Put the state and the switch on top, then versions, doctor, settings and the two documents."""
        state = text(part("system.state", is_off=False), elem_id="switch-state")
        if role.includes(StaffRole.CLINICAL_REVIEWER):
            self._build_switch(state)
        else:
            on_load(self.state, [state])
        with gr.Tabs(elem_id="system-parts"):
            with gr.Tab(label("system.versions")):
                text(part("system.versions", self._of.versions()), elem_id="versions")
            with gr.Tab(label("system.doctor")):
                ask = gr.Button(label("sources.examine"), size="md", min_width=140, elem_id="system-examine")
                said = text(
                    part("empty", "Not examined yet", "The doctor says what works, what is missing, what is a draft."),
                    elem_id="system-doctor",
                )
                ask.click(self.doctor, None, said, api_visibility="private", show_progress="full")
            with gr.Tab(label("system.settings")):
                text(part("system.settings", list(in_force(self._of.settings))), elem_id="settings")
            for key, written in (("card", self._of.model_card), ("protocol", self._of.safety_protocol)):
                with gr.Tab(label(f"system.{key}")):
                    gr.Markdown(
                        written(), elem_id=key, elem_classes="document", sanitize_html=True, latex_delimiters=[]
                    )

    def _build_switch(self, state: gr.Markdown) -> None:
        with gr.Row(elem_id="switch"):
            off = gr.Button(label("system.off"), variant="stop", size="md", min_width=180, scale=0, elem_id="off")
            on = gr.Button(
                label("system.on"), variant="primary", visible=False, size="md", min_width=180, scale=0, elem_id="on"
            )
        with gr.Column(visible=False, elem_id="confirm") as confirm:
            text(part("system.confirm"), elem_id="confirm-text")
            with gr.Row(elem_id="confirm-actions"):
                cancel = gr.Button(label("system.cancel"), size="md", min_width=120, elem_id="cancel")
                certain = gr.Button(
                    label("system.certain"), variant="stop", size="md", min_width=180, elem_id="certain"
                )
        asking, done = gr.update(visible=True), gr.update(visible=False)
        off.click(lambda: asking, None, confirm, **QUIET)
        cancel.click(lambda: done, None, confirm, **QUIET)
        certain.click(self.turn_off, None, [state, off, on, confirm], **QUIET)
        on.click(self.turn_on, None, [state, off, on, confirm], **QUIET)
        on_load(self.position, [state, off, on])

    def state(self) -> str:
        """Return whether patients get answers at present."""
        return part("system.state", is_off=self._of.switch.is_off)

    def position(self) -> tuple[Any, ...]:
        """Return the state, and which of the two buttons there is."""
        is_off = self._of.switch.is_off
        return self.state(), gr.update(visible=not is_off), gr.update(visible=is_off)

    def turn_off(self, request: gr.Request) -> tuple[Any, ...]:
        """Switch the assistant off for patients, and note who did it."""
        return self._turn(self._of.switch.turn_off, request)

    def turn_on(self, request: gr.Request) -> tuple[Any, ...]:
        """Switch the assistant on again, and note who did it."""
        return self._turn(self._of.switch.turn_on, request)

    def _turn(self, turn: Callable[[], None], request: gr.Request) -> tuple[Any, ...]:
        try:
            turn()
        except OSError as error:
            return failure("switch", error), gr.skip(), gr.skip(), gr.update(visible=False)
        log.warning("switched", off=self._of.switch.is_off, by=request.username)
        return *self.position(), gr.update(visible=False)

    def doctor(self) -> str:
        """Return all that the doctor says."""
        try:
            return part("page.doctor", self._of.diagnose())
        except Exception as error:  # noqa: BLE001 - staff get a sentence, never a trace, whatever broke
            return failure("doctor", error)


def in_force(settings: BaseModel, prefix: str = PREFIX) -> Iterator[tuple[str, str]]:
    """Yield each setting by the name of its variable, as it is in force; what is secret is only told to be set."""
    for name in type(settings).model_fields:
        value, variable = getattr(settings, name), f"{prefix}{name}".upper()
        if isinstance(value, BaseModel):
            yield from in_force(value, f"{variable}{NESTED}")
        else:
            yield variable, _told(name, value)


def _told(name: str, value: object) -> str:
    if value is None or (isinstance(value, tuple | dict) and not value):
        return "not set"
    if isinstance(value, SecretStr) or _SECRET.search(name):
        return HIDDEN
    if isinstance(value, dict):
        return ", ".join(
            f"{key} ({account.role})" if isinstance(account, Account) else f"{key}: {HIDDEN}"
            for key, account in value.items()
        )
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return _LOGIN.sub("…@", str(value))
