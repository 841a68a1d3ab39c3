"""Test set: where staff run cases and attacks, see what got better or worse, and write cases of their own."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block

from assistant.bench import Plan
from assistant.checks import CASES
from assistant.console import caseform
from assistant.console.panels import (
    TICK_S,
    Attacks,
    Bar,
    Cases,
    Results,
    build_attacks,
    build_bar,
    build_cases,
    build_results,
)
from assistant.console.tab import QUIET, failure, label, on_load, part, text
from assistant.console.workbench import Filters, Workbench, leaks
from assistant.errors import AssistantError
from assistant.runs import Run
from assistant.settings import StaffRole


class BenchTab:
    """What the events of this tab do; what runs belongs to the server, so a page that is loaded again finds it."""

    name = "testset"
    least = StaffRole.STAFF

    def __init__(self, workbench: Workbench) -> None:
        self._bench = workbench

    def build(self, role: StaffRole) -> None:
        """Put the run that goes on above the pages of cases, results, attacks and the form."""
        reviews = role.includes(StaffRole.CLINICAL_REVIEWER)
        bar = build_bar()
        with gr.Tabs(elem_id="testset") as pages:
            with gr.Tab(label("testset.cases"), id="cases"):
                cases = build_cases(self._bench)
            with gr.Tab(label("testset.results"), id="results"):
                results = build_results(accepts=reviews)
            with gr.Tab(label("testset.attacks"), id="attacks"):
                attacks = build_attacks(accepts=reviews)
            with gr.Tab(label("testset.form"), id="form"):
                self._form(pages, cases)
        self._connect_runs(bar, cases, results, attacks)
        self._connect_results(bar, cases, results)
        if attacks.accept:
            attacks.accept.click(self.accept_attacks, None, [bar.said, attacks.result], **QUIET)
        attacks.leaks.select(self.show_attack_with_text if reviews else self.show_attack, None, attacks.attack, **QUIET)

    def _connect_runs(self, bar: Bar, cases: Cases, results: Results, attacks: Attacks) -> None:
        filters: list[Block] = [cases.category, cases.outcome, cases.only, cases.words]
        shown: list[Block] = [cases.table, results.run, *_told(results), attacks.result, attacks.leaks]
        now: list[Block] = [bar.status, bar.cancel, bar.timer]
        given: list[Block] = [results.run, *filters]
        started: list[Block] = [bar.said, *now]
        on_load(self.look, [*now, *shown])
        bar.timer.tick(self.look_on, given, [*now, *shown], **QUIET)
        cases.run_all.click(self.run_all, None, started, trigger_mode="once", **QUIET)
        cases.run_shown.click(self.run_shown, given, started, trigger_mode="once", **QUIET)
        attacks.start.click(self.attack, attacks.every, started, trigger_mode="once", **QUIET)
        bar.cancel.click(self.cancel, None, now, **QUIET)
        picked = [cases.category.change, cases.outcome.change, cases.only.change, cases.words.change]
        gr.on(picked, self.filter, given, cases.table, trigger_mode="always_last", **QUIET)
        cases.table.select(self.show_case, results.run, [cases.case, cases.edit], **QUIET)

    def _connect_results(self, bar: Bar, cases: Cases, results: Results) -> None:
        given: list[Block] = [results.run, cases.category, cases.outcome, cases.only, cases.words]
        results.run.input(self.choose, given, [cases.table, *_told(results)], **QUIET)
        results.changes.select(self.show_change, results.run, results.case, **QUIET)
        if results.accept:
            results.accept.click(self.accept, results.run, [bar.said, results.run, *_told(results)], **QUIET)

    def _form(self, pages: gr.Tabs, cases: Cases) -> None:
        book = self._bench.casebook
        said = text("", elem_id="form-said")
        fields = caseform.build({case.category for case in book.cases()}, book.rules)
        with gr.Row(elem_classes="actions-row"):
            save = gr.Button(label("testset.save"), variant="primary", size="md", elem_id="save-case")
            anew = gr.Button(label("testset.new"), size="md", elem_id="new-case")
            remove = gr.Button(label("testset.remove"), size="md", elem_id="remove-case")
        working = text(part("testset.working", (), ""), elem_id="working")
        chosen = gr.State("")
        cases.table.select(_chosen, None, chosen, **QUIET)
        cases.edit.click(self.edit, chosen, [pages, said, *fields], **QUIET)
        filters: list[Block] = [cases.category, cases.outcome, cases.only, cases.words]
        changed: list[Block] = [said, working, cases.table]
        save.click(self.save, [*filters, *fields], changed, trigger_mode="once", **QUIET)
        remove.click(self.remove, [*filters, fields.id], changed, **QUIET)
        anew.click(lambda: ("", *caseform.values(None)), None, [said, *fields], **QUIET)
        on_load(lambda: part("testset.working", sorted(book.written()), book.fault), [working])

    def look(self) -> tuple[Any, ...]:
        """Show everything as it is now, for a page that was just loaded."""
        return *self._now(), *self._shown(None, ())

    def look_on(self, run: str | None, *filters: str | None) -> tuple[Any, ...]:
        """Show how far the run is; everything else follows at its end."""
        progress = self._bench.bench.progress
        if progress and progress.is_running:
            return *self._now(), *(gr.skip() for _ in range(8))
        ended = progress.run if progress and progress.set == CASES else run
        return *self._now(), *self._shown(ended, filters)

    def run_all(self, request: gr.Request) -> tuple[Any, ...]:
        """Ask every case."""
        return self._started(lambda: self._bench.plan(self._bench.casebook.cases()), request)

    def run_shown(self, request: gr.Request, run: str | None, *filters: str | None) -> tuple[Any, ...]:
        """Ask the cases that the filters leave."""
        return self._started(
            lambda: self._bench.plan(self._bench.shown(Filters(*filters), self._bench.run(run))), request
        )

    def attack(self, every: int, request: gr.Request) -> tuple[Any, ...]:
        """Try a sample of the attacks."""
        return self._started(lambda: self._bench.plan_attacks(int(every)), request)

    def cancel(self) -> tuple[Any, ...]:
        """End the run that goes on."""
        self._bench.bench.cancel()
        return self._now()

    def filter(self, run: str | None, *filters: str | None) -> list[list[Any]]:
        """Show the cases that the filters leave."""
        return self._bench.rows(Filters(*filters), self._bench.run(run))

    def choose(self, run: str | None, *filters: str | None) -> tuple[Any, ...]:
        """Show another run."""
        chosen = self._bench.run(run)
        return self._bench.rows(Filters(*filters), chosen), *self._of(chosen)

    def accept(self, request: gr.Request, run: str | None) -> tuple[Any, ...]:
        """Take the shown run as the one that later runs are compared with."""
        chosen = self._bench.run(run)
        said = self._accepted(chosen, request)
        return said, self._choice(chosen), *self._of(chosen)

    def accept_attacks(self, request: gr.Request) -> tuple[str, str]:
        """Take the shown run of attacks as the one that later ones are compared with."""
        shown = self._bench.latest("attacks")
        return self._accepted(shown, request), self._bench.attacked(shown)

    def show_case(self, event: gr.SelectData, run: str | None) -> tuple[Any, ...]:
        """Show the case of the selected row, wherever searching and sorting have put it."""
        return self._bench.case(_chosen(event), self._bench.run(run)), gr.Button(interactive=True)

    def show_change(self, event: gr.SelectData, run: str | None) -> str:
        """Show the case of the selected change."""
        return self._bench.case(str(event.row_value[1]), self._bench.run(run))

    def show_attack(self, event: gr.SelectData) -> str:
        """Show what is wrong with the selected attack."""
        return self._bench.attack(_chosen(event), with_text=False)

    def show_attack_with_text(self, event: gr.SelectData) -> str:
        """Show what is wrong with the selected attack, and its own words."""
        return self._bench.attack(_chosen(event), with_text=True)

    def edit(self, id_: str) -> tuple[Any, ...]:
        """Open the form with the selected case."""
        case = next((case for case in self._bench.casebook.cases() if case.id == id_), None)
        return gr.Tabs(selected="form"), "", *caseform.values(case)

    def save(self, *given: Any) -> tuple[Any, ...]:
        """Write the case of the form to the working file, or say what is wrong with it."""
        count = len(Filters._fields)
        try:
            case = self._bench.casebook.save(caseform.written(*given[count:]))
            said = part("testset.said", f"Saved: {case.id} waits in the working file and counts in the next run.")
        except AssistantError as error:
            said = failure("testset_save", error)
        return said, *self._written(given[:count])

    def remove(self, *given: Any) -> tuple[Any, ...]:
        """Take the case of the form out of the working file."""
        *filters, id_ = given
        known = id_ in self._bench.casebook.written()
        if known:
            self._bench.casebook.remove(id_)
        told = f"{id_} is no longer in the working file." if known else "This case is not in the working file."
        return part("testset.said" if known else "failed", told), *self._written(filters)

    def _accepted(self, run: Run | None, request: gr.Request) -> str:
        if run is None:
            return part("failed", "There is no run to accept.")
        try:
            self._bench.runs.accept(run, request.username or "")
        except AssistantError as error:
            return failure("testset_accept", error)
        return part("testset.said", "Accepted: later runs are compared with this one.")

    def _written(self, filters: Sequence[str | None]) -> tuple[Any, ...]:
        book = self._bench.casebook
        return part("testset.working", sorted(book.written()), book.fault), self._bench.rows(
            Filters(*filters), self._bench.run(None)
        )

    def _started(self, plan: Callable[[], Plan], request: gr.Request) -> tuple[Any, ...]:
        """Begin a run, or say why none can begin, and show how far it is."""
        try:
            self._bench.start(plan(), request.username or "")
        except AssistantError as error:
            return failure("testset_start", error), *self._now()
        return "", *self._now()

    def _now(self) -> tuple[Any, ...]:
        progress = self._bench.bench.progress
        going = progress is not None and progress.is_running
        return self._bench.status(), gr.Button(interactive=going), gr.Timer(TICK_S, active=going)

    def _choice(self, chosen: Run | None) -> gr.Dropdown:
        return gr.Dropdown(self._bench.choices(), value=chosen.id if chosen else None)

    def _of(self, chosen: Run | None) -> tuple[Any, ...]:
        """Return what is told of a run, in the order of ``_told``."""
        changes = self._bench.changes(chosen)
        table = gr.Dataframe(changes, visible=bool(changes))
        return self._bench.result(chosen), table, "", self._bench.charts(chosen)

    def _shown(self, run: str | None, filters: Sequence[str | None]) -> tuple[Any, ...]:
        bench = self._bench
        chosen, attacked = bench.run(run), bench.latest("attacks")
        return (
            bench.rows(Filters(*filters), chosen),
            self._choice(chosen),
            *self._of(chosen),
            bench.attacked(attacked),
            leaks(attacked),
        )


def _told(results: Results) -> list[Block]:
    """Return the components that tell of a run."""
    return [results.result, results.changes, results.case, results.charts]


def _chosen(event: gr.SelectData) -> str:
    return str(event.row_value[0])
