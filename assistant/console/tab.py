"""Tab: what every tab of the console is, and what all of them are made with."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

import gradio as gr
from gradio.i18n import I18nData
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.settings import StaffRole

# Some of Gradio's modules read only the environment.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

LABELS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("labels.toml").read_text(encoding="utf-8"))
)
"""The words on the components, by key and language."""
QUIET: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}
"""For events that show their own progress, or are too quick for any."""
_PARTS = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "pages" / "console"),
    autoescape=True,
    undefined=StrictUndefined,
)


class Tab(Protocol):
    """One subject of the console.

    A tab keeps the parts that its events need, as its constructor got them from the factory. Everybody who signs in
    gets the tab as it is built for their role, in a page of that role's own: an event that is not connected for a role
    does not exist for it. So what only reviewers may see or do is left out of ``build`` for others, not hidden.
    """

    name: str
    """Its place in the address and in ``labels.toml``, as ``<name>.tab``."""
    least: StaffRole
    """The first role that gets the tab."""

    def build(self, role: StaffRole) -> None:
        """Make the components for a role and connect their events, inside the tab of a page that is being built."""
        ...


def label(key: str) -> I18nData:
    """Return a word of the console, which the browser shows in the reader's language."""
    if key not in LABELS:
        raise KeyError(key)
    return I18nData(key)


def translations() -> gr.I18n:
    """Return all words of the console by language."""
    return gr.I18n(**{lang: {key: said[lang] for key, said in LABELS.items()} for lang in ("en", "es")})


def part(name: str, *values: Any, **names: Any) -> str:
    """Return a part of the page as one block of HTML: all values escaped, no line blank.

    ``file.macro`` names a macro of another file than ``page.html``, which all tabs share.
    """
    file, _, macro = name.rpartition(".")
    module = _PARTS.get_template(f"{file or 'page'}.html").make_module(names)
    lines = str(getattr(module, macro)(*values)).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def text(value: str, *, elem_id: str) -> gr.Markdown:
    """Return the component that shows parts of the page."""
    return gr.Markdown(value, elem_id=elem_id, sanitize_html=True, latex_delimiters=[])
