"""How a question asks is read off its words."""

import pytest

from assistant.terms import manners


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Who ran it?", {"who"}),
        ("Who should not take it?", set()),
        ("¿Cuántas personas participaron?", {"how many"}),
        ("Where was it done, and why?", {"where", "why"}),
        ("What did they find?", set()),
    ],
)
def test_manners_are_what_a_question_asks_for_beside_its_subject(question: str, asks: set[str]) -> None:
    """Who, how many, where, when, why; a question that asks for none of these has no manner."""
    assert manners(question) == asks
