"""Uncovered: what a question names and no source speaks of."""

import re
from collections.abc import Collection, Sequence

from assistant.query import Query
from assistant.terms import BESIDE, STOP_WORDS
from corpus.spelling import Speller, Weight
from corpus.text import stem, unaccented, words
from corpus.vocabulary import Vocabulary

MOST_NAMED = 3
"""How many things that no source speaks of are named to the visitor."""


class Uncovered:
    """Finds what is asked for in vain, so that it is named instead of being passed over for what is near it."""

    def __init__(self, vocabulary: Vocabulary, speller: Speller) -> None:
        self._vocabulary = vocabulary
        self._speller = speller

    def named_in(self, query: Query, known: Collection[str], least: Weight = Weight.LIGHT) -> tuple[str, ...]:
        """Return the things of some weight that a query names and ``known`` does not, words side by side as one."""
        if absent := self._vocabulary.absent_in(query.text):
            return absent[:MOST_NAMED]
        meant = self._vocabulary.without_idioms(query.text)
        left, asked = {*words(self._vocabulary.without_names(meant))}, frozenset(words(query.asked))
        runs: dict[str, Weight] = {}
        run: list[str] = []
        for word in words(query.text):
            counts = self._counts(word, query, asked, least)
            if counts and unaccented(word) in left and stem(unaccented(word), query.lang) not in known:
                weight = max(runs.pop(" ".join(run), Weight.COMMON), self._speller.weight(word, query.lang))
                run.append(word)
                runs[" ".join(run)] = weight
            else:
                run = []
        heaviest = sorted(runs, key=lambda run: -runs[run])[:MOST_NAMED]
        return tuple(run for run in runs if run in heaviest)

    def _counts(self, word: str, query: Query, asked: Collection[str], least: Weight) -> bool:
        """Tell whether a word says enough of what a query is about to be missed; ``asked`` are its question's own."""
        if word in STOP_WORDS or not word.isalpha():
            return False
        stands_before = bool(query.asked) and word not in asked
        # What is told beside a subject of ours, or by the way, is not what the question is about.
        is_aside = query.conditions or query.works or word in self._vocabulary.aside[query.lang]
        if stands_before and query.is_after_told and is_aside:
            return False
        if self._speller.weight(word, query.lang) < (Weight.LISTED if stands_before or query.in_story else least):
            return False
        # What is no word at all is a slip of the hand where everything else is near.
        return least < Weight.HEAVY or self._speller.is_word(word)

    def subject_of(self, query: Query) -> list[str]:
        """Return the words of a query that say what it is about."""
        asked = [word for word in words(query.text) if word.isalpha() and word not in STOP_WORDS]
        return [word for word in asked if self._speller.weight(word, query.lang) > Weight.COMMON]

    def rest_of(self, text: str, missing: Sequence[str]) -> str:
        """Return a text without what is missing, where each of it stands beside a subject of ours; else nothing."""
        for name in missing:
            beside = re.search(BESIDE.format(re.escape(name)), text, re.IGNORECASE)
            other = (beside["before"] or beside["after"]).lower() if beside else ""
            # The other is one of our names, or stands in one that the text holds.
            is_ours = other not in words(self._vocabulary.without_names(text))
            if beside is None or other in STOP_WORDS or not is_ours:
                return ""
            text = f"{text[: beside.start()]}{other}{text[beside.end() :]}"
        return text if missing else ""
