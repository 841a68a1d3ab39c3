"""Tab: what every tab of the console is, and what all of them are made with."""

import os
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeVar

import gradio as gr
import structlog
from gradio.i18n import I18nData
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.errors import AssistantError
from assistant.settings import StaffRole
from corpus.errors import CorpusError, RegistryUnavailableError

# Some of Gradio's modules read only the environment.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

T = TypeVar("T")
LABELS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("labels.toml").read_text(encoding="utf-8"))
)
"""The words on the components, by key and language."""
QUIET: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}
"""For events that show their own progress, or are too quick for any."""
PARTS = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "pages" / "console"),
    autoescape=True,
    undefined=StrictUndefined,
)
_log = structlog.get_logger(__name__)


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


class Column(NamedTuple):
    """A column of a table."""

    header: str
    width: str
    kind: Literal["str", "number"] = "str"


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
    module = PARTS.get_template(f"{file or 'page'}.html").make_module(names)
    lines = str(getattr(module, macro)(*values)).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def text(value: str | I18nData, *, elem_id: str) -> gr.Markdown:
    """Return the component that shows parts of the page."""
    return gr.Markdown(value, elem_id=elem_id, sanitize_html=True, latex_delimiters=[])


def failure(event: str, error: Exception) -> str:
    """Return a sentence for staff on what broke; neither they nor the log get a trace, which may hold a question."""
    if isinstance(error, AssistantError):
        return part("failed", f"{error}. {error.hint}")
    if isinstance(error, CorpusError):
        return part("failed", "The files of the corpus do not pass their checks.", [*map(str, error.problems)])
    if isinstance(error, RegistryUnavailableError):
        return part("failed", "The registries do not answer: the network is out, or they are. Nothing was changed.")
    _log.error("console_event_failed", event_of=event, error=type(error).__name__)
    return part("failed", "This did not work. The log names the part that failed.")


def within(seconds: float, steps: Iterable[T]) -> Iterator[T]:
    """Yield steps as long as the time has not run out; each step has limits of its own.

    Raises:
        AssistantError: it has.
    """
    deadline_s = time.monotonic() + seconds
    for step in steps:
        yield step
        if time.monotonic() > deadline_s:
            raise AssistantError(f"this took longer than {seconds:.0f} seconds and was stopped", hint="Try again.")


def table(
    columns: Sequence[Column], *, named: str, elem_id: str, max_height: int = 400, searched: bool = True
) -> gr.Dataframe:
    """Return an empty table that can be searched and whose rows can be selected, and nothing else.

    One that the tab itself searches has ``searched`` false, so that there are no two fields for it.
    """
    return gr.Dataframe(
        [],
        headers=[column.header for column in columns],
        datatype=[column.kind for column in columns],
        column_widths=[column.width for column in columns],
        type="array",
        label=label(named),
        interactive=False,
        max_chars=160,
        max_height=max_height,
        wrap=True,
        buttons=[],
        show_search="search" if searched else "none",
        elem_id=elem_id,
    )


def on_load(fn: Callable[[], Any], outputs: list[Any]) -> None:
    """Fill components when a browser loads the page that is being built."""
    page = gr.context.Context.root_block
    assert page is not None  # noqa: S101 - tabs are built inside a page
    page.load(fn, None, outputs, **QUIET)
