"""Reader: the questions of a message in order, each standing alone."""

from collections.abc import Sequence
from functools import cache

from assistant.asking import STORY_WORDS, questions_in
from assistant.follow_up import FollowUps
from assistant.query import MOST_WORDS, Parser, Query
from corpus.evidence import Source
from corpus.spelling import Speller
from corpus.text import Lang
from corpus.vocabulary import Vocabulary

MOST_QUESTIONS = 4
"""How many questions of one message are answered."""


class Reader:
    """Reads messages of visitors."""

    def __init__(self, vocabulary: Vocabulary, sources: Sequence[Source], speller: Speller) -> None:
        self._parser = Parser(vocabulary, sources, speller)
        self._follow_ups = FollowUps(vocabulary, self._parser)

    def read(self, message: str, before: Sequence[str] = (), lang: Lang = "en", whole: str = "") -> tuple[Query, ...]:
        """Return the questions of a message in order, each standing alone.

        ``before`` are the earlier messages of the same visitor, oldest first: a follow-up takes what it leaves out from
        the question before it, be that in an earlier message or in the same one. ``whole`` is the message with the
        parts that are not to be answered: they may say what the others are about.
        """
        earlier = self.read(before[-1], before[-3:-1], lang) if before else ()
        context = earlier[-1] if earlier else None
        parse = cache(lambda sentence: self._parser.parse(sentence, lang))  # however many questions follow what is told
        story, in_story = parse(whole or message), len(message.split()) > STORY_WORDS
        parts = questions_in(message)
        asked = {part for part, _ in parts}
        queries: list[Query] = []
        for part, said in parts:
            told = [(parse(sentence), sentence not in asked) for sentence in reversed(said)]
            named = next(((query, is_told) for query, is_told in told if self._parser.names(query)), None)
            before_it, is_told = named or (context or next((query for query, _ in told), None), False)
            query = self._follow_ups.complete(parse(part), before_it, story, is_told=is_told)
            query = query.model_copy(update={"in_story": in_story})
            queries += [query] if query not in queries else []
            context = query
        first = queries[:MOST_QUESTIONS]
        return tuple(query.model_copy(update={"room": MOST_WORDS // len(first)}) for query in first)
