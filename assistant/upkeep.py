"""Upkeep: what those who keep the corpus do from the console: verify, draft, check the files, mend the index."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.errors import AssistantError
from assistant.settings import Settings
from corpus.bibliography import Sought
from corpus.checks import Screen
from corpus.errors import RegistryUnavailableError
from corpus.intake import (
    DRAFTS,
    Desk,
    Draft,
    draft_from_file,
    draft_from_record,
    fetch_record,
    find_duplicate,
    save_draft,
    taken_ids,
)
from corpus.library import LOCK, Library
from corpus.lock import Lock, load_lock
from corpus.registries import open_registries
from corpus.verification import Checked, Compared, Terms, compare_offline, verify, works_of

MOST_BYTES = 2 * 1024**2
"""How large a document may be that a draft is made from."""
TYPES = (".md", ".html", ".docx", ".pdf")


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The corpus that is served, and what may be done to it while it is."""

    settings: Settings
    library: Library
    corpus: Path
    screens: Mapping[str, Screen]
    reload: Callable[[], Library]
    """Reads the files again, every check passed, as a start would."""
    reindex: Callable[[Library], None]
    """Makes sure that the index of a library is whole, building what is not."""

    @property
    def lock(self) -> Lock:
        """What the registries said, as the file has it now."""
        return load_lock(self.corpus / LOCK)

    def compared(self) -> Mapping[str, Compared]:
        """Return by id how far the lock speaks of each work as it is cited now; nobody is asked."""
        return {one.id: one for one in compare_offline(self.library, self.lock)}

    def verify(self, progress: Callable[[Sequence[str]], Iterable[str]]) -> tuple[Checked, ...]:
        """Ask the registries about every work and keep what they say; patients get it at the next start.

        Raises:
            RegistryUnavailableError: nobody answers; nothing was written.
        """
        self._reach_registries()
        with open_registries(self.settings.registries) as registries:
            terms = Terms(force=True)
            return verify(self.library, self.corpus / LOCK, registries, terms, progress=progress)

    def draft_from_file(self, path: Path) -> Draft:
        """Return the kept draft of a new source with the sentences of a document as candidates."""
        if path.suffix.lower() not in TYPES:
            raise AssistantError("this is no document to make a draft from", hint=f"Use one of {', '.join(TYPES)}.")
        if path.stat().st_size > MOST_BYTES:
            raise AssistantError("this document is too large", hint=f"At the most {MOST_BYTES // 1024**2} MB.")
        return self._kept(draft_from_file(path, self._desk()))

    def draft_from_number(self, number: str) -> Draft:
        """Return the kept draft of the work with a DOI or PMID, its record as the registries have it."""
        number = number.strip().removeprefix("https://doi.org/")
        work = Sought(pmid=number) if number.isdigit() else Sought(doi=number)
        return self._kept(draft_of_record(work, self.corpus, self._desk(), self.settings))

    def drafts(self) -> Iterator[tuple[str, str]]:
        """Yield the id and the text of each kept draft."""
        for path in sorted((self.settings.data_dir / DRAFTS).glob("*.md"), key=lambda path: path.stem):
            yield path.stem, path.read_text(encoding="utf-8")

    def mend(self) -> Iterator[str]:
        """Read the files again and mend the index, saying in words what is done; patients are answered meanwhile."""
        yield "Checking every file of the corpus"
        library = self.reload()
        yield f"Building what is missing of the index over {len(library.patient_passages())} passages"
        self.reindex(library)
        if library.fingerprint == self.library.fingerprint:
            yield f"The index is whole: {len(library.patient_passages())} passages, as patients get them."
        else:
            yield "The files have changed since the start. Their index is ready; patients get them after a restart."

    def _desk(self) -> Desk:
        taken = taken_ids(self.corpus) | taken_ids(self.settings.data_dir)
        return Desk(self.screens, datetime.now(tz=UTC).date(), taken)

    def _kept(self, draft: Draft) -> Draft:
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        save_draft(draft, self.settings.data_dir)
        return draft

    def _reach_registries(self) -> None:
        """Ask everybody once about one work, before anything is written."""
        once = self.settings.registries.model_copy(update={"attempts": 1})
        work = next((work for work in works_of(self.library).values() if work.doi), None)
        if work is None:
            return
        with open_registries(once) as registries:
            silent = 0
            for registry in registries:
                try:
                    registry.find(work)
                except RegistryUnavailableError:
                    silent += 1
            if silent == len(registries):
                raise RegistryUnavailableError("nobody answers")


def draft_of_record(work: Sought, corpus: Path, desk: Desk, settings: Settings) -> Draft:
    """Return the draft of the work with a DOI or PMID, its record as the registries have it.

    Raises:
        AssistantError: no registry knows it, or it is there already.
    """
    with open_registries(settings.registries) as registries:
        record = fetch_record(work, registries)
    if record is None:
        raise AssistantError("no registry knows this work", hint="Compare the number with the work itself.")
    if there := find_duplicate(record, corpus):
        raise AssistantError(f"this work is there already: {there}", hint="Edit that file instead.")
    return draft_from_record(record, desk)
