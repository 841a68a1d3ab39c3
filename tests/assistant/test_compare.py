"""Staff compare two configurations and see what differs."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.answer import Answer, Outcome
from assistant.console.compare import CompareTab, Pair, configuration, difference, rows
from assistant.errors import AssistantError
from assistant.factory import Parts, variant
from assistant.settings import Settings, StaffSettings
from assistant.variants import MOST_KEPT, Configuration, Variants

PROGRAM = """
import json, pathlib, sys
here = pathlib.Path(__file__).parent.parent
words = (here / "guardrails" / "lexicon" / "words.toml").read_text()
source = (here / "corpus" / "sources" / "work.md").read_text()
for line in pathlib.Path(sys.argv[2]).read_text().splitlines():
    print(json.dumps({"text": json.loads(line)["text"], "words": words, "source": source, "argv": sys.argv}))
if "broken" in words:
    sys.exit(1)
"""
"""A program that stands in for ours: it says which files it was given."""
XSS = "<img src=x onerror=alert(1)>"


def wire(text: str, outcome: str = "answered", rule: str | None = None) -> dict[str, Any]:
    """Return an answer as patients get it."""
    answer = Answer(
        id="1",
        session="2",
        question="q",
        lang="en",
        outcome=Outcome(outcome),
        rule=rule,
        message=text,
        ms=1.5,
        fingerprint=None,
        generator="extractive",
    )
    return answer.to_wire()


class Fake:
    """Variants that answer from a table, the configuration's depth being its key."""

    def __init__(self, said: dict[int, list[dict[str, Any]] | Exception]) -> None:
        self._said = said
        self.asked: list[tuple[Configuration, Sequence[str]]] = []

    def origins(self) -> list[tuple[str, str]]:
        """Offer nothing."""
        return []

    def run(self, chosen: Configuration, questions: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Say what the table has, or fail as it says."""
        self.asked.append((chosen, questions))
        said = self._said[chosen.depth]
        if isinstance(said, Exception):
            raise said
        yield from said


def tab(said: dict[int, list[dict[str, Any]] | Exception]) -> CompareTab:
    """Return the tab over a table."""
    return CompareTab(Fake(said), ["extractive"])  # type: ignore[arg-type]


def test_what_differs_is_marked_word_by_word() -> None:
    """Both texts come out whole, and only what the other has not is marked."""
    left, right = difference("Pain fell in women.", "Pain rose in women.")
    assert " ".join(text for text, _ in left) == "Pain fell in women."
    assert [text for text, is_own in left if is_own] == ["fell"]
    assert [text for text, is_own in right if is_own] == ["rose"]


@pytest.mark.parametrize(
    ("a", "b", "change"),
    [
        (wire("x"), wire("x"), "same"),
        (wire("x"), wire("y"), "other words"),
        (wire("x"), wire("x", "declined", "dosing_request"), "verdict flips"),
        (wire("x", "declined", "off_topic"), wire("x", "declined", "dosing_request"), "verdict flips"),
    ],
)
def test_a_flip_is_told_from_other_words(a: dict[str, Any], b: dict[str, Any], change: str) -> None:
    """Another outcome or another rule is a flip; other words alone are not."""
    pair = Pair(question="q", a=a, b=b)
    assert pair.change == change
    assert rows([pair])[0][1] == change


def test_a_list_is_compared_with_progress() -> None:
    """Each pair appears as it is there, and the end lists the flips."""
    two = tab({0: [wire("x"), wire("y")], 1: [wire("x"), wire("z", "declined", "dosing_request")]})
    *steps, last = two.compare("one\n\n two \n", "extractive", 0, "extractive", 1)
    assert ["0 of 2" in steps[0][1], "1 of 2" in steps[1][1], "2 of 2" in steps[2][1]] == [True] * 3
    assert [len(step[0]) for step in steps] == [0, 1, 2]
    assert "declined (dosing_request)" in last[1]
    assert [row[1] for row in last[2]] == ["same", "verdict flips"]
    chosen = SimpleNamespace(row_value=["2"])
    assert "<mark>z</mark>" in two.look_up(last[0], chosen)  # type: ignore[arg-type]
    assert "No question selected" in two.look_up((), chosen)  # type: ignore[arg-type]


def test_a_single_question_is_shown_at_once() -> None:
    """With one question there is nothing to select."""
    *_, last = tab({0: [wire("x")], 1: [wire("y")]}).compare("one", "extractive", 0, "extractive", 1)
    assert "<mark>x</mark>" in last[3]


def test_nothing_to_compare_is_said() -> None:
    """Blank input asks nobody."""
    (only,) = tab({}).compare("  \n ", "extractive", 0, "extractive", 1)
    assert "Nothing compared yet" in only[1]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (AssistantError("no such version", hint="Choose."), "no such version. Choose."),
        (OSError("/secret"), "did not work"),
    ],
)
def test_what_breaks_is_a_sentence(error: Exception, sentence: str, caplog: pytest.LogCaptureFixture) -> None:
    """A configuration that cannot answer is told in words, without path or trace."""
    *_, last = tab({0: [wire("x")], 1: error}).compare("one", "extractive", 0, "extractive", 1)
    assert sentence in last[1]
    assert "/secret" not in str(last) + caplog.text


def test_hostile_text_is_inert() -> None:
    """Questions and answers come out as text."""
    *_, last = tab({0: [wire(XSS)], 1: [wire("y", "declined", "off_topic")]}).compare(
        XSS, "extractive", 0, "extractive", 1
    )
    assert "<img" not in last[1] + last[3]


def test_staff_choose_generator_and_depth_only() -> None:
    """A side without corpus and rules is that of patients; a bare revision is one of git."""
    assert configuration("extractive", 3.0).is_here
    assert configuration("extractive", 0, "v1.0", "folder:stricter") == Configuration(
        generator="extractive", corpus="git:v1.0", rules="folder:stricter"
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a history: its rules and its corpus were once others."""
    root = tmp_path / "project"
    for name in ("assistant", "corpus/sources", "guardrails/lexicon", "guardrails/__pycache__"):
        (root / name).mkdir(parents=True)
    (root / "assistant" / "__init__.py").touch()
    (root / "assistant" / "__main__.py").write_text(PROGRAM)
    (root / "guardrails" / "code.py").write_text("# old code")
    git(root, "init", "--quiet")
    for state in ("old", "new"):
        (root / "guardrails" / "lexicon" / "words.toml").write_text(f"{state} words")
        (root / "guardrails" / "code.py").write_text(f"# {state} code")
        (root / "corpus" / "sources" / "work.md").write_text(f"{state} source")
        git(root, "add", ".")
        git(root, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-m", f"{state} state")
    return root


def git(root: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)  # noqa: S603, S607 - a test's own


def variants_of(project: Path, tmp_path: Path) -> Variants:
    """Return variants of a project that has no assistant of its own."""

    def nobody(*_: Any) -> Any:
        raise AssertionError

    return Variants(nobody, project, tmp_path / "data")


def test_other_rules_answer_in_a_process_of_their_own(project: Path, tmp_path: Path) -> None:
    """An earlier revision lends its reviewed files, and neither its code nor the rest of the corpus."""
    variants = variants_of(project, tmp_path)
    chosen = Configuration(generator="extractive", depth=3, rules="git:HEAD~1")
    one, two = variants.run(chosen, ["a", "b"])
    assert (one["text"], two["text"]) == ("a", "b")
    assert (one["words"], one["source"]) == ("old words", "new source")
    assert one["argv"][-2:] == ["--depth", "3"]
    (tree,) = (tmp_path / "data" / "variants" / "kept").iterdir()
    assert (tree / "guardrails" / "code.py").read_text() == "# new code"
    assert not (tree / "guardrails" / "__pycache__").exists()
    assert not (tree / "asked.jsonl").exists(), "questions are not kept"


def test_another_corpus_comes_from_a_folder(project: Path, tmp_path: Path) -> None:
    """A folder beside the kept variants lends its corpus; what it does not have stays as it is."""
    folder = tmp_path / "data" / "variants" / "candidate" / "corpus" / "sources"
    folder.mkdir(parents=True)
    (folder / "work.md").write_text("candidate source")
    (folder.parent / "evil.py").write_text("raise SystemExit(3)")
    variants = variants_of(project, tmp_path)
    assert ("Folder candidate", "folder:candidate") in variants.origins()
    (answer,) = variants.run(Configuration(generator="extractive", corpus="folder:candidate"), ["a"])
    assert (answer["words"], answer["source"]) == ("new words", "candidate source")
    (tree,) = (tmp_path / "data" / "variants" / "kept").iterdir()
    assert not (tree / "corpus" / "evil.py").exists()


@pytest.mark.parametrize(
    "rules", ["git:--output=/etc/x", "git:nowhere", "git:a b", "folder:../../../etc", "folder:kept", "folder:none"]
)
def test_no_other_place_can_be_named(project: Path, tmp_path: Path, rules: str) -> None:
    """What is no revision of this repository and no folder on offer is refused before anything is laid out."""
    with pytest.raises(AssistantError):
        next(variants_of(project, tmp_path).run(Configuration(generator="extractive", rules=rules), ["a"]))


def test_rules_that_do_not_fit_are_an_error(project: Path, tmp_path: Path) -> None:
    """A version that the present program cannot read is said to be that."""
    (project / "guardrails" / "lexicon" / "words.toml").write_text("broken words")
    git(project, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-am", "broken")
    with pytest.raises(AssistantError, match="cannot be used"):
        list(variants_of(project, tmp_path).run(Configuration(generator="extractive", rules="git:HEAD"), ["a"]))


def test_a_comparison_that_is_stopped_ends_its_process(project: Path, tmp_path: Path) -> None:
    """Closing the stream stops the other process and removes the questions."""
    running = variants_of(project, tmp_path).run(Configuration(generator="extractive", rules="git:HEAD"), ["a", "b"])
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert not list((tmp_path / "data").rglob("asked.jsonl"))


def test_only_so_many_variants_are_kept(project: Path, tmp_path: Path) -> None:
    """The oldest makes room."""
    for n in range(MOST_KEPT + 2):
        (project / "guardrails" / "lexicon" / "words.toml").write_text(f"words {n}")
        git(project, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "-am", f"{n}")
        list(variants_of(project, tmp_path).run(Configuration(generator="extractive", rules="git:HEAD"), ["a"]))
    assert len(list((tmp_path / "data" / "variants" / "kept").iterdir())) == MOST_KEPT


def test_without_a_repository_there_are_no_revisions(tmp_path: Path) -> None:
    """An installed package offers the present files alone."""
    assert variants_of(tmp_path, tmp_path).origins() == [("Present", "present")]


def test_depth_and_generator_vary_within_the_process(parts: Parts, settings: Settings) -> None:
    """A depth of one leaves one passage and its balance; a generator that is not on offer is refused."""
    assert variant(parts, settings, "extractive") is parts.assistant
    *_, deep = parts.assistant.ask("What are the side effects?", history=())
    *_, shallow = variant(parts, settings, "extractive", 1).ask("What are the side effects?", history=())
    assert isinstance(deep, Answer)
    assert isinstance(shallow, Answer)
    ranked = [hit for hit in shallow.trace.hits if hit.score > 0]
    assert len(ranked) == 1 < len([hit for hit in deep.trace.hits if hit.score > 0])
    with pytest.raises(AssistantError, match="not on offer"):
        variant(parts, settings, "openai:anything")
    offering = settings.model_copy(update={"staff": StaffSettings(generators=("nobody:nothing",))})
    with pytest.raises(AssistantError, match="cannot be set up"):
        variant(parts, offering, "nobody:nothing")
