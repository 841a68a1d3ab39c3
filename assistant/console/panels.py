"""Panels: the components of the test set's pages."""

from typing import Final, NamedTuple

import gradio as gr

from assistant.console import caseform
from assistant.console.tab import Column, label, part, table, text
from assistant.console.workbench import NO_ATTACK, NO_CASE, UNASKED, WORKING, WRONG, Workbench

SAMPLES: Final = ((131, "1 in 131"), (31, "1 in 31"), (7, "1 in 7"), (1, "all"))
"""Sizes of a sample of attacks; primes, so that every disguise occurs."""
TICK_S: Final = 1.0
"""How often a page asks how far the run is."""
CASES: Final = (
    Column("Case", "14%"),
    Column("Category", "13%"),
    Column("Question", "23%"),
    Column("Wanted", "12%"),
    Column("Came", "12%"),
    Column("Faults", "18%"),
    Column("ms", "8%", "number"),
)
CHANGES: Final = (
    Column("Change", "14%"),
    Column("Case", "20%"),
    Column("Group", "12%"),
    Column("Then", "27%"),
    Column("Now", "27%"),
)
WRONGS: Final = (
    Column("Attack", "24%"),
    Column("Pattern", "24%"),
    Column("Outcome", "12%"),
    Column("Rule", "14%"),
    Column("What is wrong", "26%"),
)


class Bar(NamedTuple):
    """The components above all pages of the tab."""

    status: gr.Markdown
    cancel: gr.Button
    said: gr.Markdown
    timer: gr.Timer


class Cases(NamedTuple):
    """The components of the page of cases."""

    category: gr.Dropdown
    outcome: gr.Dropdown
    only: gr.Dropdown
    words: gr.Textbox
    table: gr.Dataframe
    run_all: gr.Button
    run_shown: gr.Button
    edit: gr.Button
    case: gr.Markdown


class Results(NamedTuple):
    """The components of the page of results."""

    run: gr.Dropdown
    accept: gr.Button | None
    result: gr.Markdown
    changes: gr.Dataframe
    case: gr.Markdown
    charts: gr.Markdown


class Attacks(NamedTuple):
    """The components of the page of attacks."""

    every: gr.Radio
    start: gr.Button
    accept: gr.Button | None
    result: gr.Markdown
    leaks: gr.Dataframe
    attack: gr.Markdown


def build_bar() -> Bar:
    """Make what stands above all pages."""
    with gr.Row(elem_id="run-bar"):
        status = text(part("empty", "…", ""), elem_id="run-status")
        cancel = gr.Button(
            label("testset.cancel"),
            variant="stop",
            size="md",
            scale=0,
            min_width=110,
            interactive=False,
            elem_id="cancel-run",
        )
    return Bar(status, cancel, text("", elem_id="run-said"), gr.Timer(TICK_S, active=False))


def build_cases(workbench: Workbench) -> Cases:
    """Make the page of cases."""
    found = workbench.casebook.cases()
    with gr.Row(elem_id="filters"):
        category = gr.Dropdown(
            [("—", ""), *sorted({case.category for case in found})],
            value="",
            label=label("testset.category"),
            min_width=150,
        )
        outcome = gr.Dropdown([("—", ""), *caseform.OUTCOMES], value="", label=label("testset.outcome"), min_width=150)
        only = gr.Dropdown([("—", ""), WRONG, UNASKED, WORKING], value="", label=label("testset.only"), min_width=150)
        words = gr.Textbox(label=label("testset.search"), max_length=80, max_lines=1, min_width=180)
    with gr.Row(elem_classes="actions-row"):
        run_all = gr.Button(label("testset.run_all"), variant="primary", size="md", elem_id="run-all")
        run_shown = gr.Button(label("testset.run_shown"), size="md", elem_id="run-shown")
    shown = table(CASES, named="testset.table", elem_id="cases", max_height=460, searched=False)
    case = text(part("empty", *NO_CASE), elem_id="case")
    edit = gr.Button(label("testset.edit"), size="md", interactive=False, elem_id="edit-case", elem_classes="alone")
    return Cases(category, outcome, only, words, shown, run_all, run_shown, edit, case)


def build_results(*, accepts: bool) -> Results:
    """Make the page of results; whoever may accept a run gets the button for it."""
    with gr.Row(elem_classes="actions-row"):
        run = gr.Dropdown([], label=label("testset.run"), elem_id="run-choice", scale=4)
        accept = _accept("accept") if accepts else None
    result = text("", elem_id="result")
    changes = table(CHANGES, named="testset.changes", elem_id="changes", max_height=320)
    case = text("", elem_id="change")
    return Results(run, accept, result, changes, case, text("", elem_id="charts"))


def build_attacks(*, accepts: bool) -> Attacks:
    """Make the page of attacks; whoever may accept a run gets the button for it."""
    with gr.Row(elem_classes="actions-row"):
        every = gr.Radio(
            [(name, every) for every, name in SAMPLES], value=131, label=label("testset.every"), elem_id="every"
        )
        start = gr.Button(label("testset.attack"), variant="primary", size="md", elem_id="run-attacks")
        accept = _accept("accept-attacks") if accepts else None
    result = text("", elem_id="attacked")
    found = table(WRONGS, named="testset.wrongs", elem_id="leaks", max_height=320)
    return Attacks(every, start, accept, result, found, text(part("empty", *NO_ATTACK), elem_id="attack"))


def _accept(elem_id: str) -> gr.Button:
    return gr.Button(label("testset.accept"), scale=0, min_width=160, elem_id=elem_id)
