"""Ask: where staff ask as patients would and see why an answer is what it is."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block

from assistant.answer import Answer, CitedClaim
from assistant.console.exhibit import (
    NO_ROW,
    NOT_ASKED,
    Ask,
    Conversation,
    Evidence,
    evidence,
    messages,
    passage,
    stream,
)
from assistant.console.tab import QUIET, Column, label, part, table, text, within
from assistant.settings import StaffRole
from corpus.evidence import Source
from corpus.text import Lang

QUESTION_LENGTH_MAX = 2000
LONGEST_S = 120
"""After how long an answer that does not end is broken off."""
KEPT_S = 30 * 60
"""How long a conversation stays in memory after its last question."""
COLUMNS = (
    Column("#", "6%", "number"),
    Column("Fused", "10%", "number"),
    Column("Dense", "10%", "number"),
    Column("Lexical", "11%", "number"),
    Column("Source", "19%"),
    Column("Role", "12%"),
    Column("Statement", "32%"),
)
LANGUAGES = (("English", "en"), ("Español", "es"))
RULE_COLOURS = {
    "crisis": "#dc2626",
    "emergency": "#dc2626",
    "dosing_request": "#d97706",
    "injection": "#7c3aed",
    "personal_data": "#2563eb",
    "personal_advice": "#0d9488",
}


class Chat(NamedTuple):
    """The components of the left side."""

    log: gr.Chatbot
    question: gr.Textbox
    lang: gr.Radio
    generator: gr.Dropdown
    remembers: gr.Checkbox
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


class AskTab:
    """What the events of this tab do; it asks the same way as patients do and keeps nothing itself."""

    name = "ask"
    least = StaffRole.STAFF

    def __init__(
        self, answering: Callable[[str], Ask], generators: Sequence[str], source_of: Callable[[str], Source]
    ) -> None:
        """``answering`` returns the one way to an answer, with the generator of a name; the first is the patients'."""
        self._answering = answering
        self._generators = generators
        self._source_of = source_of

    def build(self, role: StaffRole) -> None:
        """Put the chat on the left and the evidence on the right; reviewers also read what was withheld."""
        kept = gr.State(Conversation(), time_to_live=KEPT_S)
        with gr.Row(elem_id="columns"):
            with gr.Column(min_width=420, scale=5):
                chat = _chat(self._generators)
            with gr.Column(min_width=420, scale=6, elem_id="evidence"):
                panel = _panel()
        self._connect(kept, chat, panel, tells_withheld=role.includes(StaffRole.CLINICAL_REVIEWER))

    def _connect(self, kept: gr.State, chat: Chat, panel: Panel, *, tells_withheld: bool) -> None:
        everything: list[Block] = [kept, chat.log, chat.question, *panel]
        asking = [chat.question.submit, chat.send.click]
        asked: list[Block] = [kept, chat.question, chat.lang, chat.generator, chat.remembers]

        def answer(*values: Any) -> Iterator[tuple[Any, ...]]:
            yield from self.answer(*values, tells_withheld=tells_withheld)

        def look_back(kept: Conversation, event: gr.SelectData) -> tuple[Any, ...]:
            return self.look_back(kept, event, tells_withheld=tells_withheld)

        gr.on(asking, answer, asked, everything, trigger_mode="once", **QUIET)
        gr.on([chat.anew.click, chat.log.clear], self.start_anew, None, everything, **QUIET)
        chat.log.select(look_back, kept, [kept, *panel], **QUIET)
        panel.hits.select(self.look_up, kept, panel.passage, **QUIET)

    def answer(
        self,
        kept: Conversation,
        text: str,
        lang: Lang,
        generator: str,
        remembers: bool,  # noqa: FBT001 - the order is that of the components
        *,
        tells_withheld: bool = False,
    ) -> Iterator[tuple[Any, ...]]:
        """Ask, and bring chat and evidence up to date with each claim."""
        question = text.strip()[:QUESTION_LENGTH_MAX]
        if not question:
            yield kept, messages(kept), "", *_unchanged()
            return
        ask = self._asking(generator)
        for now in stream(ask, kept, question, lang, remembers=remembers):
            last = now.exchanges[-1]
            between = last.claims and not (last.answer or last.failure)
            shown = _unchanged() if between else evidence(last, tells_withheld=tells_withheld)
            yield now, messages(now), "", *shown

    def _asking(self, generator: str) -> Ask:
        """Return the way to an answer with a generator; one that cannot be set up fails as its first answer would."""

        def ask(question: str, **options: Any) -> Iterator[CitedClaim | Answer]:
            yield from within(LONGEST_S, self._answering(generator)(question, **options))

        return ask

    def look_back(self, kept: Conversation, event: gr.SelectData, *, tells_withheld: bool = False) -> tuple[Any, ...]:
        """Show the evidence of the exchange whose message was selected."""
        place = event.index[0] if isinstance(event.index, list | tuple) else event.index
        now = kept.at(int(place))
        return now, *evidence(now.exchanges[now.shown] if now.exchanges else None, tells_withheld=tells_withheld)

    def look_up(self, kept: Conversation, event: gr.SelectData) -> str:
        """Show the passage of the selected row, wherever searching and sorting have put it."""
        rank = int(event.row_value[0] or 0)
        return passage(kept.answer, rank, self._source_of) if kept.answer else part("empty", *NO_ROW)

    def start_anew(self) -> tuple[Any, ...]:
        """Forget the conversation of this tab."""
        return Conversation(), [], "", *evidence(None)


def _chat(generators: Sequence[str]) -> Chat:
    log = _log()
    question = gr.Textbox(
        label=label("ask.question"),
        placeholder=label("ask.example"),
        lines=2,
        max_lines=6,
        max_length=QUESTION_LENGTH_MAX,
        autofocus=True,
    )
    with gr.Row(elem_id="controls"):
        lang = gr.Radio(LANGUAGES, value="en", label=label("ask.language"), min_width=250, elem_id="lang")
        generator = gr.Dropdown(
            generators,
            value=generators[0],
            label=label("ask.generator"),
            min_width=180,
            filterable=False,
            elem_id="generator",
        )
    with gr.Row(elem_id="send"):
        remembers = gr.Checkbox(
            value=True, label=label("ask.history"), container=False, min_width=200, elem_id="remembers"
        )
        anew = gr.Button(label("ask.anew"), size="md", min_width=170, elem_id="anew")
        send = gr.Button(label("ask.send"), variant="primary", size="md", min_width=90, elem_id="ask")
    return Chat(log, question, lang, generator, remembers, send, anew)


def _log() -> gr.Chatbot:
    return gr.Chatbot(
        label=label("ask.conversation"),
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


def _panel() -> Panel:
    nothing = part("empty", *NOT_ASKED)
    verdict = text(nothing, elem_id="verdict")
    question = gr.HighlightedText(
        [], label=label("ask.findings"), color_map=RULE_COLOURS, combine_adjacent=True, elem_id="asked"
    )
    with gr.Tabs(elem_id="tabs"):
        with gr.Tab(label("ask.passages")):
            hits = table(COLUMNS, named="ask.hits", elem_id="hits", max_height=340)
            chosen = text(part("empty", *NO_ROW), elem_id="passage")
        with gr.Tab(label("ask.claims")):
            claims = text(nothing, elem_id="claims")
        with gr.Tab(label("ask.patient")):
            patient = text(nothing, elem_id="patient")
        with gr.Tab(label("ask.run")):
            run = text(nothing, elem_id="run")
    return Panel(verdict, question, hits, chosen, claims, patient, run)


def _unchanged() -> Iterator[Any]:
    return (gr.skip() for _ in Evidence._fields)
