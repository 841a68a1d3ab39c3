"""Variants: questions answered by other configurations of the assistant, for staff to compare.

Another generator or depth answers in this process, from the same parts. Another corpus or other rules (the reviewed
files of an earlier version, or of a folder) answer in a process of their own: they can neither reach patients nor mix
with what patients get. Only data is taken from elsewhere, and it is read by the present program; no foreign code runs.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import structlog

from assistant.answer import Answer
from assistant.errors import AssistantError
from assistant.pipeline import Assistant
from assistant.revision import Repository
from corpus.evidence import Value, digest

PRESENT: Final = "present"
"""The corpus and the rules that patients are answered with."""
REVIEWED: Final[Mapping[str, tuple[str, ...]]] = {
    "corpus": (
        "article",
        "claims",
        "sources",
        "summaries",
        "references.toml",
        "references.lock.json",
        "vocabulary.toml",
        "uncovered.toml",
    ),
    "guardrails": ("lexicon", "messages.toml", "classifier.json"),
}
"""The reviewed files of each package: all that is taken from elsewhere."""
MOST_KEPT: Final = 4
"""How many other corpora and rules are kept, each with its index."""
LONGEST_S: Final = 15 * 60
MOST_REVISIONS: Final = 20
POLITELY: Final = ("nice", "-n", "10") if shutil.which("nice") else ()
"""Patients' questions go first."""
_REVISION = re.compile(r"[0-9A-Za-z][\w./~^-]{0,79}")

log = structlog.get_logger(__name__)


class Configuration(Value):
    """What a question is answered with."""

    generator: str
    depth: int = 0
    """From how many of the best passages; zero leaves none out."""
    corpus: str = PRESENT
    rules: str = PRESENT
    """``present``, ``git:`` and a revision, or ``folder:`` and the name of a folder beside the kept ones."""

    @property
    def is_here(self) -> bool:
        """Tell whether this process can answer."""
        return self.corpus == self.rules == PRESENT


class Variants:
    """Answers questions as any configuration would."""

    def __init__(
        self, vary: Callable[[str, int], Assistant], project: Path, data: Path, folder: Path | None = None
    ) -> None:
        """``vary`` returns an assistant with a generator and a depth; ``project`` holds the packages."""
        self._vary = vary
        self._project = project
        self._kept = data / "variants" / "kept"
        self._folder = folder or data / "variants"
        self._repository = Repository(project)

    def origins(self) -> list[tuple[str, str]]:
        """Return what a corpus or rules can be taken from, each with words for it, the present ones first."""
        folders = sorted(path.name for path in self._folder.glob("[!.]*/") if path != self._kept and path.is_dir())
        return [
            ("Present", PRESENT),
            *((f"Folder {name}", f"folder:{name}") for name in folders),
            *self._revisions(),
        ]

    def run(self, configuration: Configuration, questions: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the answer to each question, as patients get it, each asked as the first of a visitor.

        Raises:
            AssistantError: the configuration cannot answer.
        """
        if configuration.is_here:
            assistant = self._vary(configuration.generator, configuration.depth)
            for question in questions:
                *_, answer = assistant.ask(question, history=())
                assert isinstance(answer, Answer)  # noqa: S101 - the stream always ends with it
                yield answer.to_wire()
        else:
            yield from self._run_elsewhere(configuration, questions)

    def _run_elsewhere(self, configuration: Configuration, questions: Sequence[str]) -> Iterator[dict[str, Any]]:
        tree = self._lay_out(configuration)
        rows = "".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(questions))
        asked = tree / "asked.jsonl"
        asked.write_text(rows, encoding="utf-8")
        environ = os.environ | {
            "PYTHONPATH": str(tree),
            "ASSISTANT_DATA_DIR": str(tree / "data"),
            "ASSISTANT_GENERATOR__MODEL": configuration.generator,
        }
        # -P: the working folder, whose .env is read, must not lend its packages.
        command = [*POLITELY, sys.executable, "-P", "-m", "assistant", "batch", str(asked), "/dev/stdout"]
        command += ["--depth", str(configuration.depth)]
        with subprocess.Popen(  # noqa: S603 - our own program, with no argument that anybody typed
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
        ) as process:
            watch = threading.Timer(LONGEST_S, process.kill)
            watch.start()
            try:
                assert process.stdout is not None  # noqa: S101 - it was asked for
                yield from map(json.loads, process.stdout)
                code = process.wait()
            finally:
                watch.cancel()
                process.kill()
                asked.unlink(missing_ok=True)
        if code:
            log.error("variant_failed", code=code, corpus=configuration.corpus, rules=configuration.rules)
            raise AssistantError(
                "the chosen corpus or rules cannot be used by this version of the program, or took too long",
                hint="Choose a later revision, or run `clinic-assistant corpus check` on that corpus.",
            )

    def _lay_out(self, configuration: Configuration) -> Path:
        """Return a folder with the three packages, their reviewed files taken from where the configuration says."""
        chosen = {"corpus": configuration.corpus, "guardrails": configuration.rules}
        origins = {package: self._identity(origin, package) for package, origin in chosen.items()}
        tree = self._kept / digest(*origins.values(), str(self._project))[:16]
        if not (tree / "assistant").exists():
            shutil.rmtree(tree, ignore_errors=True)
            tree.mkdir(parents=True)
            for package, origin in chosen.items():
                if origin == PRESENT:
                    (tree / package).symlink_to(self._project / package)
                else:
                    shutil.copytree(
                        self._project / package, tree / package, ignore=shutil.ignore_patterns("__pycache__")
                    )
                    self._overlay(origin, package, tree / package)
            # An index is named by what it was made of: where that is the same, it need not be built again.
            with contextlib.suppress(OSError):
                shutil.copytree(self._kept.parent.parent / "index", tree / "data" / "index")
            # Last: it marks the folder as whole.
            (tree / "assistant").symlink_to(self._project / "assistant")
        os.utime(tree)
        for old in sorted(self._kept.iterdir(), key=lambda path: path.stat().st_mtime)[:-MOST_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return tree

    def _identity(self, origin: str, package: str) -> str:
        """Return what tells one origin from another: the commit, or all words of the folder's files."""
        kind, _, name = origin.partition(":")
        if origin == PRESENT:
            return origin
        if kind == "git":
            return self._commit(name)
        files = sorted(path for path in self._named(name, package).rglob("*") if path.is_file())
        return digest(*(part for path in files for part in (str(path), path.read_text("utf-8", errors="replace"))))

    def _overlay(self, origin: str, package: str, target: Path) -> None:
        kind, _, name = origin.partition(":")
        if kind == "git":
            self._extract(self._commit(name), package, target)
            return
        source = self._named(name, package)
        for item in REVIEWED[package]:
            if (source / item).is_dir():
                shutil.rmtree(target / item, ignore_errors=True)
                shutil.copytree(source / item, target / item)
            elif (source / item).is_file():
                shutil.copy(source / item, target / item)

    def _named(self, name: str, package: str) -> Path:
        """Return the folder of a package in a folder of that name, and of no other place."""
        known = {value for _, value in self.origins()}
        if f"folder:{name}" not in known or not (self._folder / name / package).is_dir():
            raise AssistantError(
                f"there is no folder {name} with {package} in it", hint=f"Put it into {self._folder.name}/."
            )
        return self._folder / name / package

    def _extract(self, commit: str, package: str, target: Path) -> None:
        listed = self._repository.run("ls-tree", "--name-only", commit, f"{package}/").split()
        items = [item for item in listed if Path(item).name in REVIEWED[package]]
        for item in REVIEWED[package]:
            shutil.rmtree(target / item, ignore_errors=True)
            with contextlib.suppress(OSError):
                (target / item).unlink()
        archive = target.parent / "archive.tar"
        self._repository.run("archive", "--format=tar", f"--output={archive}", commit, "--", *items)
        with tarfile.open(archive) as tar:
            tar.extractall(target.parent, filter="data")
        archive.unlink()

    def _commit(self, revision: str) -> str:
        """Return the commit of a revision that somebody typed or chose."""
        if not _REVISION.fullmatch(revision):
            raise AssistantError("this is no revision", hint="Give a tag, a branch or the number of a commit.")
        return self._repository.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()

    def _revisions(self) -> Iterator[tuple[str, str]]:
        if not self._repository.is_there:
            return
        form = f"-{MOST_REVISIONS}", "--format=%h %cs %s"
        for line in self._repository.run("log", *form, "--", "corpus", "guardrails").splitlines():
            number, _, words = line.partition(" ")
            yield f"{number} {words[:70]}", f"git:{number}"
