"""Casebook: the shipped cases together with those that staff added or changed, which wait in a working file for review.

A case that staff wrote replaces a shipped one of the same id for their runs. Nothing is changed in what is shipped: the
working file is downloaded, reviewed like any other content, and moved to ``assistant/cases`` by people.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit
from pydantic import ValidationError

from assistant.errors import AssistantError
from assistant.evaluation import Case, faults, read_cases, shipped_cases
from corpus.evidence import Passage
from corpus.files import write_whole
from guardrails.policy import default_policy
from guardrails.privacy import find_personal_data
from guardrails.verdict import Asked

NAME: Final = "cases.toml"
WRITTEN_BY: Final = "staff of the clinic; not reviewed"
MOST: Final = 500
"""Cases of the working file."""
_HEAD: Final = (
    "Cases that staff added or changed. They count in the console's runs; review them before they are shipped."
)


class Casebook:
    """The cases that the console asks."""

    def __init__(self, folder: Path, passages: Iterable[Passage]) -> None:
        """Keep the place of the working file, and what a case may want to be cited."""
        self._file = folder / NAME
        self._passages = [passage.id for passage in passages]
        self.rules = {rule.name for rule in default_policy().question_rules}
        self._shipped = {case.id: case for case in shipped_cases()}
        self._lock = threading.Lock()

    def cases(self) -> tuple[Case, ...]:
        """Return all cases, the working file's in the place of the shipped ones that they replace."""
        return tuple((self._shipped | self.written()).values())

    def written(self) -> dict[str, Case]:
        """Return the cases of the working file by id; none where somebody damaged it, see ``fault``."""
        try:
            return self._read()
        except AssistantError:
            return {}

    @property
    def fault(self) -> str:
        """Return why the working file cannot be read; nothing where it can."""
        try:
            self._read()
        except AssistantError as error:
            return str(error)
        return ""

    def is_shipped(self, id_: str) -> bool:
        """Tell whether a case of this id is shipped."""
        return id_ in self._shipped

    def text(self) -> str:
        """Return the working file as TOML; it says so where it is empty."""
        return self._file.read_text(encoding="utf-8") if self._file.is_file() else f"# {_HEAD}\n# It is empty.\n"

    def save(self, fields: Mapping[str, Any]) -> Case:
        """Write a case to the working file and return it as it was read back.

        Raises:
            AssistantError: what is wrong with it; nothing was written then.
        """
        try:
            case = Case.model_validate(fields)
        except ValidationError as error:
            raise AssistantError("; ".join(faults(error)).replace("_", " "), hint="Mend these fields.") from None
        if wrong := list(self._wrong_with(case)):
            raise AssistantError("; ".join(wrong), hint="Mend these fields.")
        with self._lock:
            known = self._read() | {case.id: case}
            if len(known) > MOST:
                raise AssistantError(f"the working file is full: {MOST} cases", hint="Have them reviewed and shipped.")
            return self._write(known)[case.id]

    def remove(self, id_: str) -> None:
        """Take a case out of the working file; a shipped one of the same id counts again."""
        with self._lock:
            known = self._read()
            known.pop(id_, None)
            if known:
                self._write(known)
            else:
                self._file.unlink(missing_ok=True)

    def _read(self) -> dict[str, Case]:
        if not self._file.is_file():
            return {}
        return {case.id: case for case in read_cases(self._file.read_text(encoding="utf-8"), NAME).case}

    def _write(self, cases: Mapping[str, Case]) -> dict[str, Case]:
        """Write the working file, read by the loader of all case files before it takes the old one's place."""
        text = to_toml(cases.values())
        read = {case.id: case for case in read_cases(text, NAME).case}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._file, text)
        return read

    def _wrong_with(self, case: Case) -> Iterator[str]:
        """Yield what no loader can see: passages and rules that do not exist, and personal data."""
        for wanted in (*case.must_cite, *case.any_cite, *case.may_cite):
            if not any(id_.startswith(wanted) for id_ in self._passages):
                yield f"no passage that patients can see begins with {wanted}"
        if case.rule and case.rule not in self.rules:
            yield f"there is no rule {case.rule}"
        for text in (case.question, *case.history, case.grounds):
            if labels := sorted({span.label for span in find_personal_data(Asked(text=text))}):
                yield f"personal data ({', '.join(labels)}): write the case without it"


def to_toml(cases: Iterable[Case]) -> str:
    """Return a file of cases as TOML."""
    file = tomlkit.document()
    file.add(tomlkit.comment(_HEAD))
    file["part"] = "tune"
    file["written_by"] = WRITTEN_BY
    tables = tomlkit.aot()
    for case in cases:
        table = tomlkit.table()
        table.update(case.model_dump(mode="json", exclude_defaults=True))
        tables.append(table)
    file["case"] = tables
    return tomlkit.dumps(file)
