"""Console: where staff ask as patients would and see why an answer is what it is.

``gr.HTML`` and ``js=`` are not used: they need ``unsafe-eval`` in the page's content security policy.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import gradio as gr
from fastapi import FastAPI, Request
from gradio.blocks import Block
from starlette.middleware import Middleware

from assistant.errors import AssistantError
from assistant.exhibit import (
    NO_ROW,
    NOT_ASKED,
    Ask,
    Conversation,
    Evidence,
    evidence,
    messages,
    part,
    passage,
    stream,
)
from assistant.staff import ROOT, Gate
from corpus.evidence import Source
from corpus.text import Lang

FORBIDDEN_SWITCHES = ("GRADIO_ALLOWED_PATHS", "GRADIO_MCP_SERVER", "GRADIO_SHARE", "GRADIO_VIBE_MODE")
"""Each opens a way around the login, or to files and code of this machine."""
QUESTION_LENGTH_MAX = 2000
KEPT_S = 30 * 60
"""How long a conversation stays in memory after its last question."""
HEADERS = ["#", "Fused", "Dense", "Lexical", "Source", "Role", "Statement"]
TYPES: list[Literal["number", "str"]] = ["number", "number", "number", "number", "str", "str", "str"]
WIDTHS: list[str | int] = ["6%", "10%", "10%", "11%", "19%", "12%", "32%"]
LANGUAGES = (("English", "en"), ("Español", "es"))
# Components call these without asking the network: no web font is named.
FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
RULE_COLOURS = {
    "crisis": "#dc2626",
    "emergency": "#dc2626",
    "dosing_request": "#d97706",
    "injection": "#7c3aed",
    "personal_data": "#2563eb",
    "personal_advice": "#0d9488",
}

_STYLESHEET = Path(__file__).parent / "widget" / "console.css"


class Chat(NamedTuple):
    """The components of the left side."""

    log: gr.Chatbot
    question: gr.Textbox
    lang: gr.Radio
    send: gr.Button
    anew: gr.Button


class Panel(NamedTuple):
    """The components of the right side, in the order of ``Evidence``."""

    verdict: gr.Markdown
    question: gr.HighlightedText
    hits: gr.Dataframe
    passage: gr.Markdown
    claims: gr.Markdown
    patient: gr.Markdown
    run: gr.Markdown


class Console:
    """What the console's events do; it asks the same way as patients do and keeps nothing itself."""

    def __init__(
        self, ask: Ask, source_of: Callable[[str], Source], withdrawn: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._ask = ask
        self._source_of = source_of
        self._withdrawn = withdrawn

    def answer(self, kept: Conversation, text: str, lang: Lang) -> Iterator[tuple[Any, ...]]:
        """Ask, and bring chat and evidence up to date with each claim."""
        question = text.strip()[:QUESTION_LENGTH_MAX]
        if not question:
            yield kept, messages(kept), "", *_unchanged()
            return
        for now in stream(self._ask, kept, question, lang):
            last = now.exchanges[-1]
            between = last.claims and not (last.answer or last.failure)
            yield now, messages(now), "", *(_unchanged() if between else evidence(last))

    def look_back(self, kept: Conversation, event: gr.SelectData) -> tuple[Any, ...]:
        """Show the evidence of the exchange whose message was selected."""
        place = event.index[0] if isinstance(event.index, list | tuple) else event.index
        now = kept.model_copy(update={"shown": max(0, min(int(place) // 2, len(kept.exchanges) - 1))})
        return now, *evidence(now.exchanges[now.shown] if now.exchanges else None)

    def look_up(self, kept: Conversation, event: gr.SelectData) -> str:
        """Show the passage of the selected row, wherever searching and sorting have put it."""
        hits = kept.answer.trace.hits if kept.answer else ()
        return passage(hits, int(event.row_value[0] or 0), self._source_of)

    def start_anew(self) -> tuple[Any, ...]:
        """Forget the conversation of this tab."""
        return Conversation(), [], "", *evidence(None)

    def greet(self, request: gr.Request) -> str:
        """Say who is signed in, and which sources patients do not get at present, and why."""
        return part("masthead", request.username or "staff", sorted(self._withdrawn.items()))


def mount(
    app: FastAPI,
    *,
    ask: Ask,
    source_of: Callable[[str], Source],
    withdrawn: Mapping[str, str],
    user: Callable[[Request], str | None],
) -> None:
    """Mount the console under ``/staff``; ``user`` says who sent a request, and nobody else gets in.

    ``withdrawn`` tells by source id why patients do not get it.

    Raises:
        AssistantError: the environment holds a switch of Gradio's that would open the console.
    """
    forbidden = [name for name in FORBIDDEN_SWITCHES if name in os.environ]
    if forbidden:
        raise AssistantError(
            f"the environment sets {', '.join(forbidden)}", hint="Unset it, or switch the staff console off."
        )
    gr.mount_gradio_app(
        app,
        build(Console(ask, source_of, withdrawn)),
        ROOT,
        auth_dependency=user,
        app_kwargs={"middleware": [Middleware(Gate, user=user)]},
        mcp_server=False,
        run_history=False,
        footer_links=[],
        enable_monitoring=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        pwa=False,
        allowed_paths=[],
        theme=_theme(),
        css_paths=_STYLESHEET,
    )


def build(console: Console) -> gr.Blocks:
    """Return the page: the chat on the left, the evidence on the right."""
    # Some of Gradio's modules read only the environment.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    page: gr.Blocks = gr.Blocks(
        title="Assistant console", analytics_enabled=False, fill_width=True, delete_cache=(600, 600)
    )
    with page:
        kept = gr.State(Conversation(), time_to_live=KEPT_S)
        with gr.Row(elem_id="top"):
            masthead = _text(part("masthead", "…", []), elem_id="masthead")
            gr.Button("Sign out", link="logout", size="sm", scale=0, min_width=110, elem_id="sign-out")
        _text(part("banner"), elem_id="banner")
        with gr.Row(elem_id="columns"):
            with gr.Column(min_width=420, scale=5):
                chat = _chat()
            with gr.Column(min_width=420, scale=6, elem_id="evidence"):
                panel = _panel()
        page.load(console.greet, None, masthead, api_visibility="private", show_progress="hidden")
        _connect(console, kept, chat, panel)
    page.queue(max_size=64, default_concurrency_limit=5, api_open=False)
    return page


def _connect(console: Console, kept: gr.State, chat: Chat, panel: Panel) -> None:
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    everything: list[Block] = [kept, chat.log, chat.question, *panel]
    asking = [chat.question.submit, chat.send.click]
    gr.on(asking, console.answer, [kept, chat.question, chat.lang], everything, trigger_mode="once", **quiet)
    gr.on([chat.anew.click, chat.log.clear], console.start_anew, None, everything, **quiet)
    chat.log.select(console.look_back, kept, [kept, *panel], **quiet)
    panel.hits.select(console.look_up, kept, panel.passage, **quiet)


def _chat() -> Chat:
    log = gr.Chatbot(
        label="Conversation",
        show_label=False,
        height=500,
        buttons=[],
        allow_tags=False,
        sanitize_html=True,
        latex_delimiters=[],
        feedback_options=None,
        allow_file_downloads=False,
        placeholder=part(
            "empty", "No conversation yet", "Answers appear here sentence by sentence, with their sources."
        ),
        elem_id="chat",
    )
    question = gr.Textbox(
        label="Question",
        placeholder="For example: Does it help with fatigue?",
        lines=2,
        max_lines=6,
        max_length=QUESTION_LENGTH_MAX,
        autofocus=True,
    )
    with gr.Row(elem_id="controls"):
        lang = gr.Radio(LANGUAGES, value="en", label="Language", min_width=190, elem_id="lang")
        anew = gr.Button("New conversation", size="md", min_width=180, elem_id="anew")
        send = gr.Button("Ask", variant="primary", size="md", min_width=90, elem_id="ask")
    return Chat(log, question, lang, send, anew)


def _panel() -> Panel:
    nothing = part("empty", *NOT_ASKED)
    verdict = _text(nothing, elem_id="verdict")
    question = gr.HighlightedText(
        [], label="Question, with what the rules found", color_map=RULE_COLOURS, elem_id="asked"
    )
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab("Passages"):
            hits = gr.Dataframe(
                [],
                headers=HEADERS,
                datatype=TYPES,
                column_widths=WIDTHS,
                type="array",
                label="Retrieved passages, best first",
                interactive=False,
                max_chars=140,
                max_height=340,
                wrap=True,
                buttons=[],
                show_search="search",
                elem_id="hits",
            )
            chosen = _text(part("empty", *NO_ROW), elem_id="passage")
        with gr.Tab("Claims"):
            claims = _text(nothing, elem_id="claims")
        with gr.Tab("Patient's view"):
            patient = _text(nothing, elem_id="patient")
        with gr.Tab("Run"):
            run = _text(nothing, elem_id="run")
    return Panel(verdict, question, hits, chosen, claims, patient, run)


def _text(value: str, *, elem_id: str) -> gr.Markdown:
    return gr.Markdown(value, elem_id=elem_id, sanitize_html=True, latex_delimiters=[])


def _unchanged() -> Iterator[Any]:
    return (gr.skip() for _ in Evidence._fields)


def _theme() -> gr.themes.Base:
    """Return the look: fonts of the system, and colours that contrast enough to be read (WCAG AA)."""
    theme = gr.themes.Base(
        primary_hue="teal", neutral_hue="slate", radius_size="md", font=list(FONTS), font_mono=list(MONO_FONTS)
    )
    theme.set(
        body_text_color_subdued="*neutral_600",
        input_placeholder_color="*neutral_500",
        block_label_text_color="*neutral_600",
        block_title_text_color="*neutral_700",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        color_accent="*primary_700",
        input_background_fill="white",
        input_border_width="1px",
        input_border_color="*neutral_300",
    )
    return theme
