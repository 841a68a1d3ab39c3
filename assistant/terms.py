"""Terms: the words of a question that carry its meaning, and the manner in which it asks."""

import re

from corpus.text import Lang, stem, unaccented, words

_MANNERS = {
    "who": re.compile(
        r"\b(?:who(?! (?:should|must|can|may|might|cannot|can't|is it))|authors?|qui[eé]n(?:es)?)\b", re.IGNORECASE
    ),
    "how many": re.compile(r"\b(?:how (?:many|big|large)|sizes?|number of|cu[aá]nt[oa]s)\b", re.IGNORECASE),
    "where": re.compile(r"\b(?:where|what country|d[oó]nde)\b", re.IGNORECASE),
    "when": re.compile(
        r"\b(?:when was|what year|how long|cu[aá]ndo fue|qu[eé] a[nñ]o|cu[aá]nto (?:tiempo|dur))", re.IGNORECASE
    ),
    "measured": re.compile(
        r"\b(?:(?<!main )measure[ds]?|measuring|outcomes?|endpoints?|medi(?:do|da|r|eron)s?|mid(?:e|i[oó]|ieron))\b",
        re.IGNORECASE,
    ),
    "should": re.compile(
        r"\b(?:(?:should|ought) (?:i|we|he|she|they|my|somebody|someone)|right for|candidate|worth|would you|fit for"
        r"|debo|deber[ií]a|me conviene|me recomienda|vale la pena)\b",
        re.IGNORECASE,
    ),
    "why": re.compile(r"\b(?:why|how come|por qu[eé])\b", re.IGNORECASE),
}
"""How a question asks for something that another one on the same subject does not."""
_WORD = r"[\w'’]+"
_AND = r"\s*(?:(?:,|/|&|\b(?:and|or|plus|y|e|o|u)\b)\s*)+(?:(?:for|with|in|on|para|con|en|the|el|la|los|las)\s+)*"
BESIDE = rf"(?P<before>{_WORD}){_AND}{{0}}\b|\b{{0}}{_AND}(?P<after>{_WORD})"
"""How a thing is named beside another."""
# The medicine's own name is among them: every statement is about it.
STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being but by can could did do does doing
    don't down for from get got had has have having he help helps her here him his how i i'm if in into is it it's its
    just know like may me might me more most much my no not of off on once one only or other our out over please really
    she should show so some such tell than thank thanks that the their them then there these they this those through
    to too up us use used using want was we were what what's when where which while who why will with without work
    works would you your explain give take taking ldn naltrexone low dose low-dose
    hey hi hello ok okay sorry oye oiga mire
    al algo como con cual cuando de del el ella en es esa ese eso esta este esto hay la las le lo los me mi muy no o
    para pero por puede puedo que se si sin sirve sobre son su sus tiene un una usted y ya naltrexona
    dosis bajas""".split()
)


def phrases(*alternatives: str) -> re.Pattern[str]:
    """Return the pattern of any of these phrases as whole words, in capitals or not."""
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


def terms(text: str, lang: Lang = "en") -> list[str]:
    """Return the stems of a text's words that carry meaning, in order."""
    return [stem(word, lang) for word in words(unaccented(text)) if word not in STOP_WORDS]


def manners(question: str) -> frozenset[str]:
    """Return in which manners a question asks: who, how many, where, when, what was measured, why, whether to."""
    return frozenset(manner for manner, pattern in _MANNERS.items() if pattern.search(question))
