"""Samples: answers as patients read them, for the owner to read."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from assistant.answer import Answer, Outcome
from assistant.evaluation import Case, answer_to
from assistant.pipeline import Assistant

ENGLISH, SPANISH = 36, 14
"""How many samples of each language."""
_HEAD = """# Fifty answers

What patients read today, word for word: made by `clinic-assistant samples assistant/cases/answers-tune.toml` and kept
true by a test. Numbers in brackets are citations; the sources stand below each answer.
"""


def write_samples(assistant: Assistant, cases: Sequence[Case]) -> str:
    """Return a Markdown page of answers to cases, one category after the other in turn."""
    pages = [_HEAD]
    for lang, count in (("en", ENGLISH), ("es", SPANISH)):
        chosen = [case for case in _in_turn(cases) if case.lang == lang][:count]
        pages += [_page(case, answer_to(assistant, case)) for case in chosen]
    return "\n".join(pages)


def _in_turn(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield the first case of each category, then the second of each, and so on."""
    by_category: dict[str, list[Case]] = {}
    for case in cases:
        by_category.setdefault(case.category, []).append(case)
    for row in zip_longest(*by_category.values()):
        yield from filter(None, row)


def _page(case: Case, answer: Answer) -> str:
    said = [f"*{message}*" for message in case.history]
    mark = "- " if answer.is_list else ""
    claims = [f"{mark}{claim.text} {_numbers([c.n for c in claim.citations])}" for claim in answer.claims]
    card = [f"> **{answer.card.title}** {answer.card.text}"] if answer.card else []
    message = [] if answer.card and answer.outcome is Outcome.ESCALATED else [answer.message]
    parts = ["\n".join(claims) if mark else " ".join(claims), *message, *card]
    sources = "\n".join(f"[{c.n}] {c.byline}, {c.kind}: “{c.quote}”  " for c in answer.citations)
    asked = "\n\n".join([*said, f"**{case.question}**"])
    return "\n\n".join(["---", asked, *filter(None, parts), *filter(None, [sources])]) + "\n"


def _numbers(numbers: Sequence[int]) -> str:
    return "".join(f"[{n}]" for n in numbers)
