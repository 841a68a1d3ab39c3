"""Sources: what answers are made from, how far each is verified, and what keeps it so."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import gradio as gr

from assistant.console import ledger
from assistant.console.tab import QUIET, failure, label, on_load, part, table, text
from assistant.settings import StaffRole
from assistant.upkeep import TYPES, Upkeep

ARTICLE: Final = "ldn-mental-health"
NO_ROW = ("No source selected", "Select a row to read where a source comes from and what it says.")
BUSY: Final[dict[str, Any]] = {"api_visibility": "private", "concurrency_limit": 1, "concurrency_id": "upkeep"}
"""For events that take their time: one after the other, each with its progress."""


class SourcesTab:
    """What the events of this tab do. Reviewers may also ask the registries, draft sources and mend the index."""

    name = "sources"
    least = StaffRole.STAFF

    def __init__(self, upkeep: Upkeep, diagnose: Callable[[], Sequence[Any]]) -> None:
        """``diagnose`` returns what the doctor says of the corpus."""
        self._upkeep = upkeep
        self._diagnose = diagnose

    def build(self, role: StaffRole) -> None:
        """Put ledger, article, references and the doctor in tabs of their own, then what keeps them true."""
        with gr.Tabs(elem_id="sources-parts"):
            with gr.Tab(label("sources.ledger")):
                self._build_ledger()
            with gr.Tab(label("sources.article")):
                text(self.article(), elem_id="article")
            with gr.Tab(label("sources.references")):
                text(self.references(), elem_id="references")
            with gr.Tab(label("sources.doctor")):
                self._build_doctor()
            if role.includes(StaffRole.CLINICAL_REVIEWER):
                with gr.Tab(label("sources.upkeep")):
                    self._build_upkeep()
                with gr.Tab(label("sources.drafts")):
                    self._build_drafts()

    def _build_ledger(self) -> None:
        figures = text("", elem_id="ledger-figures")
        rows = table(ledger.COLUMNS, named="sources.ledger_table", elem_id="ledger", max_height=460)
        record = text(part("empty", *NO_ROW), elem_id="record")
        rows.select(self.look_up, None, record, **QUIET)
        on_load(self.ledger, [figures, rows])

    def _build_doctor(self) -> None:
        ask = gr.Button(label("sources.examine"), size="md", min_width=140, elem_id="examine")
        said = text(part("empty", "Not examined yet", "The doctor looks at corpus, index and texts."), elem_id="doctor")
        ask.click(self.doctor, None, said, show_progress="full", **BUSY)

    def _build_upkeep(self) -> None:
        text(part("sources.verify_lead"), elem_id="verify-lead")
        verify = gr.Button(label("sources.verify"), size="md", min_width=160, elem_id="verify")
        verified = text("", elem_id="verified")
        verify.click(self.verify, None, verified, show_progress="full", trigger_mode="once", **BUSY)
        text(part("sources.index_lead"), elem_id="index-lead")
        mend = gr.Button(label("sources.reindex"), size="md", min_width=160, elem_id="reindex")
        mended = text("", elem_id="reindexed")
        mend.click(self.mend, None, mended, show_progress="hidden", trigger_mode="once", **BUSY)

    def _build_drafts(self) -> None:
        text(part("sources.drafts_lead", TYPES), elem_id="drafts-lead")
        with gr.Row(elem_id="draft-actions"):
            upload = gr.UploadButton(
                str(label("sources.upload")),
                file_types=list(TYPES),
                size="md",
                min_width=200,
                scale=0,
                elem_id="upload",
            )
            number = gr.Textbox(
                label=label("sources.number"), placeholder="10.1000/example", max_length=200, elem_id="number"
            )
            fetch = gr.Button(label("sources.fetch"), size="md", min_width=200, scale=0, elem_id="fetch")
        said = text("", elem_id="draft-said")
        chosen = gr.Dropdown([], label=label("sources.kept"), elem_id="drafts")
        shown = gr.Code(
            language="markdown",
            label=label("sources.draft"),
            interactive=False,
            visible=False,
            lines=6,
            max_lines=24,
            wrap_lines=True,
            buttons=["copy", "download"],
            elem_id="draft",
        )
        outputs = [said, chosen, shown]
        upload.upload(self.draft_upload, upload, outputs, show_progress="minimal", **BUSY)
        fetch.click(self.draft_number, number, outputs, show_progress="minimal", **BUSY)
        chosen.input(self.show_draft, chosen, shown, **QUIET)
        on_load(self.list_drafts, [chosen])

    def ledger(self) -> tuple[str, list[list[Any]]]:
        """Return the figures and the rows of the ledger as they are today."""
        library, compared, today = self._upkeep.library, self._upkeep.compared(), _today()
        figures = part("sources.figures", ledger.counts(library, compared, today))
        return figures, ledger.rows(library, compared, today)

    def look_up(self, event: gr.SelectData) -> str:
        """Return the record of the source of the selected row."""
        found = self._upkeep.library.sources.get(str(event.row_value[0]))
        if found is None:
            return part("empty", *NO_ROW)
        entry = self._upkeep.lock.entries.get(found.id)
        return part("sources.record", found, entry, self._upkeep.library.withdrawn.get(found.id, ""))

    def article(self) -> str:
        """Return the clinic's article, each sentence with what the audit says of it."""
        library = self._upkeep.library
        headings, standings = ledger.article(library, ARTICLE)
        return part("sources.article", library.source(ARTICLE), headings, standings, ledger.meaning)

    def references(self) -> str:
        """Return what became of each reference that the article claimed."""
        return part("sources.references", self._upkeep.library.references, self._upkeep.compared())

    def doctor(self) -> str:
        """Return what the doctor says of the corpus."""
        try:
            return part("page.doctor", self._diagnose())
        except Exception as error:  # noqa: BLE001 - staff get a sentence, never a trace, whatever broke
            return failure("doctor", error)

    def verify(self, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008 - Gradio's way to ask for it
        """Ask the registries about every work and return what they say."""

        def watched(ids: Sequence[str]) -> Iterable[str]:
            for n, id_ in enumerate(ids):
                progress((n, len(ids)), desc=f"Asking about {id_}", unit="works")
                yield id_

        try:
            progress(0, desc="Looking whether the registries answer")
            return part("sources.verified", self._upkeep.verify(watched))
        except Exception as error:  # noqa: BLE001 - as above
            return failure("verify", error)

    def mend(self) -> Iterator[str]:
        """Mend the index, and say step by step what is done."""
        done: list[str] = []
        try:
            for step in self._upkeep.mend():
                done.append(step)
                yield part("sources.steps", done, is_over=False)
        except Exception as error:  # noqa: BLE001 - as above
            yield failure("reindex", error)
            return
        yield part("sources.steps", done, is_over=True)

    def draft_upload(self, path: str) -> tuple[Any, ...]:
        """Make a draft of an uploaded document, and forget the document."""
        file = Path(path)
        try:
            return self._drafted(self._upkeep.draft_from_file(file))
        except Exception as error:  # noqa: BLE001 - as above
            return failure("draft", error), gr.skip(), gr.skip()
        finally:
            file.unlink(missing_ok=True)

    def draft_number(self, number: str) -> tuple[Any, ...]:
        """Make a draft of the work with a DOI or PMID."""
        if not number.strip():
            return part("empty", "No number given", "Write a DOI or a PubMed number."), gr.skip(), gr.skip()
        try:
            return self._drafted(self._upkeep.draft_from_number(number))
        except Exception as error:  # noqa: BLE001 - as above
            return failure("draft", error), gr.skip(), gr.skip()

    def list_drafts(self) -> Any:
        """Return the list of kept drafts."""
        return gr.update(choices=[id_ for id_, _ in self._upkeep.drafts()])

    def show_draft(self, id_: str) -> Any:
        """Show the text of a kept draft."""
        return gr.update(value=dict(self._upkeep.drafts()).get(id_, ""), visible=True)

    def _drafted(self, draft: Any) -> tuple[Any, ...]:
        choices = [id_ for id_, _ in self._upkeep.drafts()]
        return part("sources.drafted", draft.id), gr.update(choices=choices, value=draft.id), self.show_draft(draft.id)


def _today() -> date:
    return datetime.now(tz=UTC).date()
