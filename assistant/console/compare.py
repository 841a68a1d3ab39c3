"""Compare: the same questions through two configurations, side by side, and which verdicts flip."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block

from assistant.console.tab import QUIET, Column, failure, label, part, table, text, within
from assistant.settings import StaffRole
from assistant.variants import PRESENT, Configuration, Variants
from corpus.evidence import Value

MOST_QUESTIONS = 100
LONGEST_QUESTION = 1000
LONGEST_S = 30 * 60
COLUMNS = (
    Column("#", "6%", "number"),
    Column("Change", "14%"),
    Column("Question", "44%"),
    Column("A", "18%"),
    Column("B", "18%"),
)
NOT_COMPARED = ("Nothing compared yet", "Choose two configurations, write one question a line, and compare.")
STOPPED = ("Stopped", "What was compared so far is in the list.")
ONE_AT_A_TIME: dict[str, Any] = {"trigger_mode": "once", "concurrency_limit": 1, "concurrency_id": "compare"}
"""Patients' questions go first."""
NO_ROW = ("No question selected", "Select a row to see both answers side by side.")


class Pair(Value):
    """One question and what both configurations answered, each as patients would get it."""

    question: str
    a: dict[str, Any]
    b: dict[str, Any]

    @property
    def change(self) -> str:
        """Return in words what differs: the verdict, the words, or nothing."""
        if verdict(self.a) != verdict(self.b):
            return "verdict flips"
        return "same" if self.a["text"] == self.b["text"] else "other words"


class Side(NamedTuple):
    """The components that choose one configuration."""

    generator: gr.Dropdown
    depth: gr.Slider
    corpus: gr.Dropdown | None
    rules: gr.Dropdown | None

    @property
    def inputs(self) -> list[Block]:
        """Return the components that there are."""
        return [component for component in self if component is not None]


class CompareTab:
    """What the events of this tab do. Reviewers may also compare with other corpora and rules."""

    name = "compare"
    least = StaffRole.STAFF

    def __init__(self, variants: Variants, generators: Sequence[str]) -> None:
        self._variants = variants
        self._generators = generators

    def build(self, role: StaffRole) -> None:
        """Put both configurations side by side, the questions below, then the list and the selected pair."""
        may_change_all = role.includes(StaffRole.CLINICAL_REVIEWER)
        origins = self._variants.origins() if may_change_all else []
        kept = gr.State((), time_to_live=LONGEST_S)
        text(part("compare.lead", may_change_all), elem_id="compare-lead")
        with gr.Row(elem_id="sides"):
            sides = [self._side(name, origins) for name in ("A", "B")]
        questions = gr.Textbox(
            label=label("compare.questions"),
            placeholder=label("compare.example"),
            lines=4,
            max_lines=12,
            max_length=MOST_QUESTIONS * LONGEST_QUESTION,
            elem_id="compare-questions",
        )
        with gr.Row(elem_id="compare-actions"):
            stop = gr.Button(label("compare.stop"), size="md", min_width=100, elem_id="compare-stop")
            start = gr.Button(label("compare.start"), variant="primary", min_width=120, elem_id="compare-start")
        summary = text(part("empty", *NOT_COMPARED), elem_id="compare-summary")
        pairs = table(COLUMNS, named="compare.list", elem_id="pairs")
        pair = text(part("empty", *NO_ROW), elem_id="compare-pair")
        inputs = [questions, *(component for side in sides for component in side.inputs)]
        running = start.click(self.compare, inputs, [kept, summary, pairs, pair], **ONE_AT_A_TIME, **QUIET)
        stop.click(lambda: part("empty", *STOPPED), None, summary, cancels=[running], **QUIET)
        pairs.select(self.look_up, kept, pair, **QUIET)

    def _side(self, name: str, origins: Sequence[tuple[str, str]]) -> Side:
        with gr.Column(min_width=320, elem_classes="side"):
            text(part("compare.side", name), elem_id=f"side-{name}")
            generator = gr.Dropdown(
                self._generators, value=self._generators[0], label=label("ask.generator"), filterable=False
            )
            depth = gr.Slider(
                0, 20, value=0, step=1, label=label("compare.depth"), info=label("compare.depth_info"), buttons=[]
            )
            if not origins:
                return Side(generator, depth, None, None)
            corpus, rules = (
                gr.Dropdown(
                    origins,
                    value=PRESENT,
                    label=label(f"compare.{what}"),
                    allow_custom_value=True,
                    elem_id=f"{what}-{name}",
                )
                for what in ("corpus", "rules")
            )
        return Side(generator, depth, corpus, rules)

    def compare(self, listed: str, *chosen: Any) -> Iterator[tuple[Any, ...]]:
        """Ask each question of both configurations, and bring the list up to date with each answer."""
        questions = [line.strip()[:LONGEST_QUESTION] for line in listed.splitlines() if line.strip()][:MOST_QUESTIONS]
        if not questions:
            yield (), part("empty", *NOT_COMPARED), [], part("empty", *NO_ROW)
            return
        half = len(chosen) // 2
        pairs: tuple[Pair, ...] = ()
        try:
            a, b = (configuration(*side) for side in (chosen[:half], chosen[half:]))
            yield (), part("compare.progress", 0, len(questions)), [], part("empty", *NO_ROW)
            both = zip(questions, self._variants.run(a, questions), self._variants.run(b, questions), strict=True)
            for question, one, other in within(LONGEST_S, both):
                pairs = (*pairs, Pair(question=question, a=one, b=other))
                yield pairs, part("compare.progress", len(pairs), len(questions)), rows(pairs), gr.skip()
        except Exception as error:  # noqa: BLE001 - staff get a sentence, never a trace, whatever broke
            yield pairs, failure("compare", error), rows(pairs), gr.skip()
            return
        yield pairs, part("compare.summary", pairs), rows(pairs), shown(pairs[0]) if len(pairs) == 1 else gr.skip()

    def look_up(self, kept: Sequence[Pair], event: gr.SelectData) -> str:
        """Show both answers to the question of the selected row."""
        place = int(event.row_value[0] or 0)
        return shown(kept[place - 1]) if 0 < place <= len(kept) else part("empty", *NO_ROW)


def configuration(generator: str, depth: float, corpus: str = PRESENT, rules: str = PRESENT) -> Configuration:
    """Return the configuration that the components of a side choose; a bare revision is one of git."""

    def named(origin: str) -> str:
        return origin if origin == PRESENT or ":" in origin else f"git:{origin}"

    return Configuration(generator=generator, depth=int(depth), corpus=named(corpus), rules=named(rules))


def rows(pairs: Sequence[Pair]) -> list[list[Any]]:
    """Return the pairs as rows of the list, in the order of the questions."""
    return [
        [n, pair.change, pair.question, *(" · ".join(verdict(side)) for side in (pair.a, pair.b))]
        for n, pair in enumerate(pairs, start=1)
    ]


def verdict(answer: dict[str, Any]) -> tuple[str, ...]:
    """Return what was decided on a question: the outcome, and the rule if one decided."""
    return tuple(filter(None, (answer["outcome"], answer["rule"])))


def shown(pair: Pair) -> str:
    """Return both answers side by side, with what only one of them says marked."""
    return part("compare.pair", pair, difference(pair.a["text"], pair.b["text"]))


def difference(a: str, b: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Return both texts in stretches, each with whether only this one has it, word by word."""
    one, other = a.split(), b.split()
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        for side, stretch in ((left, one[a0:a1]), (right, other[b0:b1])):
            if stretch:
                side.append((" ".join(stretch), tag != "equal"))
    return left, right
