"""Case form: the fields in which staff write a case."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import gradio as gr

from assistant.answer import Outcome
from assistant.console.tab import label
from assistant.evaluation import Case

OUTCOMES: Final = [(outcome.value.replace("_", " "), outcome.value) for outcome in Outcome]
LINES: Final = ("history", "must_cite", "any_cite", "may_cite", "must_not_say", "must_name")
"""The fields that hold one thing a line."""
LONGEST: Final = 2000


class Fields(NamedTuple):
    """The components of the form, each named as the field of a case that it holds."""

    id: gr.Textbox
    category: gr.Dropdown
    lang: gr.Radio
    question: gr.Textbox
    history: gr.Textbox
    outcome: gr.CheckboxGroup
    rule: gr.Dropdown
    must_cite: gr.Textbox
    any_cite: gr.Textbox
    may_cite: gr.Textbox
    must_not_say: gr.Textbox
    must_name: gr.Textbox
    grounds: gr.Textbox


def build(categories: Iterable[str], rules: Iterable[str]) -> Fields:
    """Make the components."""
    with gr.Row():
        id_ = _line("id", "testset.form.id", info=label("testset.form.id_info"))
        category = gr.Dropdown(
            sorted(categories), value=None, label=label("testset.category"), allow_custom_value=True, min_width=180
        )
        lang = gr.Radio(
            [("English", "en"), ("Español", "es")], value="en", label=label("testset.form.lang"), min_width=190
        )
    question = _text("question", "testset.form.question", lines=2)
    history = _text("history", "testset.form.history", info=label("testset.form.history_info"))
    with gr.Row():
        outcome = gr.CheckboxGroup(OUTCOMES, label=label("testset.form.outcome"), scale=3, elem_id="case-outcome")
        rule = gr.Dropdown(
            [("—", ""), *((rule, rule) for rule in sorted(rules))], value="", label=label("testset.form.rule"), scale=1
        )
    with gr.Row():
        must_cite = _text("must_cite", "testset.form.must_cite")
        any_cite = _text("any_cite", "testset.form.any_cite")
        may_cite = _text("may_cite", "testset.form.may_cite")
    with gr.Row():
        must_not_say = _text("must_not_say", "testset.form.must_not_say")
        must_name = _text("must_name", "testset.form.must_name")
    grounds = _text("grounds", "testset.form.grounds", lines=2)
    return Fields(
        id_,
        category,
        lang,
        question,
        history,
        outcome,
        rule,
        must_cite,
        any_cite,
        may_cite,
        must_not_say,
        must_name,
        grounds,
    )


def values(case: Case | None) -> tuple[Any, ...]:
    """Return what stands in the fields for a case, or for a new one."""
    if case is None:
        empty: dict[str, Any] = {"lang": "en", "outcome": [], "category": None}
        return tuple(empty.get(name, "") for name in Fields._fields)
    held = case.model_dump(mode="json") | {name: "\n".join(getattr(case, name)) for name in LINES}
    return tuple(held[name] or "" for name in Fields._fields)


def written(*given: Any) -> dict[str, Any]:
    """Return the fields of a case as they stand in the form, ready to be checked."""
    fields = dict(zip(Fields._fields, given, strict=True))
    for name in LINES:
        # Spaces count: “ mg” is not said where “mg” alone might be.
        fields[name] = tuple(line for line in str(fields[name] or "").splitlines() if line.strip())
    for name in ("id", "category", "question", "grounds"):
        fields[name] = str(fields[name] or "")[:LONGEST]
    return fields | {"rule": fields["rule"] or None, "outcome": tuple(fields["outcome"] or ())}


def _line(name: str, key: str, **options: Any) -> gr.Textbox:
    return gr.Textbox(label=label(key), max_length=80, max_lines=1, elem_id=f"case-{name}", min_width=220, **options)


def _text(name: str, key: str, *, lines: int = 2, **options: Any) -> gr.Textbox:
    return gr.Textbox(
        label=label(key), lines=lines, max_lines=6, max_length=LONGEST, elem_id=f"case-{name}", min_width=180, **options
    )
