"""Conversations are remembered while they run, and then gone."""

import pytest

from assistant.answer import Answer, Outcome
from assistant.conversations import InMemoryConversations, Turn


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time it was set to."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Return a clock at zero."""
    return Clock()


@pytest.fixture
def conversations(clock: Clock) -> InMemoryConversations:
    """Return a store that forgets after a minute."""
    return InMemoryConversations(idle_s=60, clock_s=clock)


def answer_to(turn: Turn) -> Answer:
    """Return an answer to a turn."""
    return Answer(
        id=turn.id,
        session=turn.session,
        question=turn.question,
        lang="en",
        outcome=Outcome.COURTESY,
        ms=1,
        fingerprint=None,
        generator="none",
    )


def test_turns_are_kept_in_order_with_their_answers(conversations: InMemoryConversations) -> None:
    """A conversation holds its questions in order, and the answers that came."""
    first = conversations.open(None, "one")
    conversations.close(first, answer_to(first))
    second = conversations.open(first.session, "two")
    assert second.session == first.session
    assert [turn.question for turn in conversations.turns(first.session)] == ["one", "two"]
    assert [turn.answer is None for turn in conversations.turns(first.session)] == [False, True]


def test_a_session_is_known_while_it_runs(conversations: InMemoryConversations, clock: Clock) -> None:
    """A conversation begins under the id that the edge derived, and is known until it is over."""
    assert not conversations.knows("f" * 32)
    assert conversations.open("f" * 32, "hello").session == "f" * 32
    assert conversations.knows("f" * 32)
    clock.now_s = 61
    assert not conversations.knows("f" * 32)


def test_idle_conversations_are_forgotten(conversations: InMemoryConversations, clock: Clock) -> None:
    """After the idle time nothing of a conversation is left; a question in between keeps it."""
    session = conversations.open(None, "one").session
    clock.now_s = 59
    conversations.open(session, "two")
    clock.now_s = 118
    assert len(conversations.turns(session)) == 2
    clock.now_s = 120
    assert conversations.turns(session) == ()


def test_idle_conversations_can_be_forgotten_without_a_question(
    conversations: InMemoryConversations, clock: Clock
) -> None:
    """A server that nobody asks can forget on time."""
    session = conversations.open(None, "one").session
    clock.now_s = 61
    conversations.forget_idle()
    clock.now_s = 0
    assert conversations.turns(session) == ()


def test_forgetting_is_final(conversations: InMemoryConversations) -> None:
    """A forgotten conversation stays forgotten when an answer to it arrives late."""
    turn = conversations.open(None, "one")
    conversations.forget(turn.session)
    conversations.close(turn, answer_to(turn))
    assert conversations.turns(turn.session) == ()


def test_memory_is_bounded(conversations: InMemoryConversations, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one endless conversation nor many of them fill the memory; the longest idle goes first."""
    monkeypatch.setattr(InMemoryConversations, "MOST_TURNS", 3)
    monkeypatch.setattr(InMemoryConversations, "MOST_CONVERSATIONS", 2)
    first = conversations.open(None, "0").session
    for number in range(5):
        conversations.open(first, str(number))
    assert [turn.question for turn in conversations.turns(first)] == ["2", "3", "4"]
    second = conversations.open(None, "a").session
    conversations.open(first, "b")
    conversations.open(None, "c")
    assert conversations.turns(second) == ()
    assert conversations.turns(first) != ()
