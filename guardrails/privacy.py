"""Privacy: personal data that a visitor wrote, found without a model, an NLP engine or the network.

Phone numbers are found by ``phonenumbers``; card and bank numbers by their form and the check digits of
``python-stdnum``. What is personal only by the words around it (names, dates of birth, record numbers, addresses) is
found by the patterns below. Public help lines, years, study sizes and names of medicines are left alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from phonenumbers import PhoneNumberMatcher
from stdnum import iban, luhn

from guardrails.verdict import Action, Asked, Rule, Span

HELP_LINES: Final = frozenset(
    {
        "988",
        "911",
        "211",
        "838255",
        "741741",
        "18002221222",
        "18002738255",
        "18006624357",
        "18007997233",
        "18009506264",
        "18003321088",
        "18885119942",
        "18336826325",
    }
)
"""Digits of numbers that everybody may read: crisis lines, Poison Help, SAMHSA, FDA MedWatch."""

_NAME = r"(?:[^\W\d_a-zà-ÿ]['’])?[^\W\d_a-zà-ÿ][^\W\d_]+(?:['’\-][^\W\d_]+)*"
_FULL_NAME = rf"{_NAME}(?:[ \t]+(?:[^\W\d_a-z]\.|(?:de|del|la|van|von|da|di|bin|al)\b|{_NAME})){{0,4}}"
_SENTENCE_START = (
    r"(?i:what|which|who|how|why|when|where|does|do|did|is|are|was|were|can|could|has|have|will|would|should|the|she"
    r"|he|they|my|we|it|there|and|but|so|if|any)\b"
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|ene|abr|ago|dic|enero|febrero|marzo|abril|mayo|junio"
    r"|julio|agosto|septiembre|octubre|noviembre|diciembre|january|february|march|april|june|july|august|september"
    r"|october|november|december)\.?"
)
_DATE = (
    rf"(?:\d{{1,4}}[/.\-]\d{{1,2}}[/.\-]\d{{1,4}}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{2,4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+|de\s+)?{_MONTH},?\s+(?:de\s+|del\s+)?\d{{2,4}}|{_MONTH}\s+\d{{4}})"
)
_STREET = (
    r"(?:street|str|st|avenue|ave?|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|way|terrace|ter|circle"
    r"|cir|highway|hwy|parkway|pkwy|square|sq|trail|trl|loop|alley|plaza|crescent|close|grove|gardens|row|walk|hill"
    r"|path|mews|route|pike|turnpike|crossing|estates?|manor|ridge|view|valley|springs?|station|villages?|heights)\b\.?"
)
_UNIT = r"(?:,?\s*(?:apt|apartment|suite|ste|unit|floor|flat|no|#)\.?\s*#?\s*\w+)?"
_TOWN = (
    r"(?:[,\s]+[^\W\d_]+(?:[ \-][^\W\d_]+){0,3}?(?:[,\s]+[A-Za-z]{2})?[,\s]+(?:\d{5}(?:-\d{4})?"
    r"|[A-Z]{1,2}\d\w?\s?\d[A-Z]{2}))?"
)


_PRODUCT_CODE = re.compile(r"\d{4}-\d{4}-\d{2}|\d{5}-\d{3,4}-\d{1,2}")
"""How the National Drug Code on a medicine's package is written."""
_PUBLISHED = re.compile(
    r"(?:\b(?:ndc|upc|pmid|pmc|nct|doi|isbn|issn|lot|batch|item|model|product)\b(?: (?:code|number|no\.?"
    r"|id|#))*|10\.\d{4,9}/\S*)"
    r"[\s:#]*(?:[\d \-.,/]|and|or|to|mg|mcg|ml|g)*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A form of personal data; the span is its named group ``it``."""

    label: str
    regex: re.Pattern[str]


def _pattern(label: str, regex: str, *, cased: bool = False) -> Pattern:
    return Pattern(label, re.compile(regex, re.NOFLAG if cased else re.IGNORECASE))


PATTERNS: Final = (
    _pattern(
        "PERSON",
        r"(?i:\bmy (?:full |legal |first |last )?name(?:['’]s| is|:)|\bname\s?(?:is|:)|\b(?:i am"
        r"|i['’]m) called|\bcall me"
        r"|\bme llamo|\bmi nombre(?: completo)? es|\bsoy|\bsigned,?|\b(?:kind |best )?regards,"
        r"|\bsincerely,|\bthanks,\s*\n"
        rf"|\bpatient(?: is| named|:)?|\bnamed|\bpaciente)\s+(?P<it>{_FULL_NAME})",
        cased=True,
    ),
    _pattern(
        "PERSON",
        r"\b(?:my (?:full )?name(?:['’]s| is|:)|me llamo|mi nombre es)\s+(?P<it>(?!not\b|on\b|in\b|no\b)[^\W\d_]{2,}"
        r"(?:\s+(?!and\b|y\b|i\b|but\b|pero\b|can\b|what\b|does\b|is\b|my\b|from\b|tengo\b|que\b|do\b"
        r"|how\b)[^\W\d_]{2,}){0,1})",
    ),
    _pattern(
        "PERSON",
        rf"(?i:\bthis is|\byou['’]re speaking (?:to|with)|\bhabla|\bi am|\bi['’]m)\s+(?P<it>{_NAME}"
        rf"(?:\s+{_NAME}){{1,3}})"
        rf"(?=\s*(?:$|[.,!?;]|\n|and\b|from\b|calling\b|speaking\b|here\b|y\b))",
        cased=True,
    ),
    _pattern("PERSON", rf"(?i:\bthis is)\s+(?P<it>{_FULL_NAME})\s+(?:calling|speaking|here|writing)\b", cased=True),
    # "My sister has MS. What helps?" names an illness, and nobody called What.
    _pattern(
        "PERSON",
        rf"\b(?:Mr|Mrs|Ms|Miss|Sr|Sra|Srta|MR|MRS|MS)\.?\s+(?!{_SENTENCE_START})(?P<it>{_FULL_NAME})",
        cased=True,
    ),
    _pattern(
        "PERSON",
        r"(?i:\b(?:my|our|mi) (?:wife|husband|son|daughter|mother|father|mom|dad|sister|brother|partner|friend|fiancée?"
        rf"|esposo|esposa|hijo|hija|madre|padre|hermano|hermana)),?\s+(?P<it>{_FULL_NAME})",
        cased=True,
    ),
    _pattern(
        "DATE_OF_BIRTH",
        r"\b(?:d\.?o\.?b\.?|date of birth|birth ?date|birthday|born(?: on)?|nac[ií](?:do|da)?(?: el)?"
        r"|fecha de nacimiento)"
        rf"\W*(?:is|was|on|es|el|:)?\W*(?P<it>{_DATE})",
    ),
    _pattern(
        "MRN",
        r"\b(?:mrn|(?:medical |health |patient |chart )?record|patient|member|account|policy|chart|case|claim|insurance"
        r"|subscriber|group|confirmation|expediente|póliza|poliza|cuenta)\b(?:\s+(?:id|number|num|no\.?"
        r"|numero|número|de"
        r"|identification))*\s*(?:[:#=]|is|es|nr\.?)*\s*#?\s*(?P<it>"
        r"(?=[\w\-]*\d[\w\-]*\d[\w\-]*\d)[A-Z0-9][A-Z0-9\-]{4,})\b",
    ),
    _pattern(
        "DRIVER_LICENSE",
        r"\b(?:driver['’]?s?['’]? licen[cs]e|licen[cs]e|dl|passport|pasaporte|licencia)\b(?:\s+(?:id|number|num|no\.?|"
        r"numero|número|de conducir))*\s*(?:[:#=]|is|es)*\s*(?P<it>"
        r"(?=[\w\-]*\d[\w\-]*\d[\w\-]*\d)[A-Z0-9][A-Z0-9\-]{4,})\b",
    ),
    _pattern("SSN", r"(?<![\d\-.])(?P<it>\d{3}([\- .])\d{2}\2\d{4})(?![\d\-])"),
    _pattern(
        "SSN", r"\b(?:ssn|social security(?: number| no\.?)?|seguro social)\W*(?:is|es|number)?\W*(?P<it>\d{9}|\d{4})\b"
    ),
    _pattern(
        "PHONE",
        r"(?<![\d\-.])(?P<it>(?:\+?\d{1,3}[\-. ]?)?\(?\d{3}\)?[\-. ]?\d{3}[\-. ]\d{4}(?:\s?(?:x"
        r"|ext\.?)\s?\d{1,6})?)(?![\d\-])",
    ),
    _pattern(
        "PHONE",
        r"(?<![\w\-./])(?P<it>\(?0\d{1,4}\)?[ \-./]?(?:\d{2,4}[ \-./]?){1,3}\d{2,4})(?![\d\-/]|\s?m?c?[gl]\b|\s?%)",
    ),
    _pattern(
        "PHONE", r"(?<![\w\-./])(?P<it>\d{3}[\-. ]\d{4}(?:\s?(?:x|ext\.?)\s?\d{1,6})?)(?![\d\-]|\s?m?c?[gl]\b|\s?%)"
    ),
    _pattern("PHONE", r"(?<![\w\-./$])(?P<it>[2-9]\d{2}[2-9]\d{6})(?![\d\-/.%])"),
    _pattern(
        "PHONE",
        r"(?<![\w\-./$])(?P<it>(?=(?:[() .\-]{0,2}\d){9,12}(?![\d\-/]))\(?\d{2,4}\)?"
        r"(?:[ .\-]{1,2}\d{2,4}){2,5})(?![\d\-/])",
    ),
    _pattern("PHONE", r"(?<!\w)(?P<it>\+\d{1,3}[\d ().\-]{6,16}\d)(?![\d\-])"),
    # Whatever so many digits are, no answer needs them. Years and dates are shorter or have another form.
    _pattern(
        "NUMBER",
        r"(?<![\w.,/$€£%\-])(?P<it>(?!(?:19|20)\d\d\b)(?!\d{4}-\d\d-\d\d\b)"
        r"(?:\+|\(\+?)?\d(?:[ ().\-]{0,2}\d){6,17}(?:\s?(?:x|ext\.?)\s?\d{1,6})?)(?![\w%/\-]|[.,]\d|\s?m?c?[gl]\b)",
    ),
    _pattern(
        "PHONE",
        r"\b(?:phone|call|text|cell|mobile|reach me|number|fax|tel|whatsapp|tel[eé]fono|celular|n[uú]mero|ll[aá]m\w*)\b"
        r"[^\d\n]{0,30}(?P<it>\(?\d[\d ().\-]{5,18}\d(?:\s?(?:x|ext\.?)\s?\d{1,6})?)(?![\d\-])",
    ),
    _pattern(
        "EMAIL",
        r"(?P<it>[\w.+\-]+\s?(?:@|[\[(]at[\])]| at )\s?[\w\-]+\s?(?:\.|[\[(]dot[\])]| dot )\s?(?:com|org"
        r"|net|edu|gov|io|es|mx|co|us)\b)",
    ),
    _pattern("EMAIL", r"(?P<it>[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+)"),
    _pattern("CREDIT_CARD", r"(?<![\d\-.])(?P<it>(?:\d{4}[\- ]){3}\d{3,4}|3[47]\d{2}[\- ]\d{6}[\- ]\d{5})(?![\d\-])"),
    _pattern(
        "CREDIT_CARD",
        r"\b(?:card|visa|mastercard|amex|american express|discover|credit|debit|tarjeta)\b[^\d\n]{0,40}"
        r"(?P<it>\d[\d \-]{10,20}\d)\b",
    ),
    _pattern(
        "ADDRESS",
        rf"(?<![\w.])(?P<it>\d{{1,6}}[A-Za-z]?(?:\s+[NSEW]\.?)?(?:\s+[A-Z0-9][\w.'’\-]*){{1,4}}?\s+"
        rf"(?i:{_STREET}{_UNIT}){_TOWN})",
        cased=True,
    ),
    _pattern("ADDRESS", rf"(?P<it>\bp\.?\s?o\.?\s?box\s+\d+{_TOWN})"),
    _pattern(
        "ADDRESS",
        rf"(?P<it>\b[^\W\d_]+(?:stra(?:ß|ss)e|str\.|gade|vej|gatan|v[äa]gen|weg|gasse|laan|straat|plein"
        rf"|utca|katu|tie|ve[iy]en|gata)\s+\d{{1,5}}\w?\b{_TOWN})",
    ),
    _pattern(
        "ADDRESS",
        rf"(?P<it>\b\d{{1,5}},?\s+(?:rue|via|chemin|all[ée]e|impasse|quai|boulevard|avenue|place|rua"
        rf"|calle|avenida)\s+[^\d,.?!\n]{{2,40}}{_TOWN})",
    ),
    _pattern(
        "ADDRESS",
        r"(?P<it>\b(?:rua|rue|via|viale|piazza|strada|stra[dđ]a|ulica|ul\.|ulitsa"
        r"|corso)\s+[^\d,.?!\n]{2,40}?,?\s+\d{1,5}\b)",
    ),
    _pattern(
        "ADDRESS",
        r"(?P<it>\b(?:calle|avenida|av\.|carrera|paseo|colonia)\s+[\wáéíóúñ.\s]{2,40}?\s+(?:#|n[oº.]*\s*)?\d{1,6}\b)",
    ),
    _pattern(
        "ADDRESS",
        r"\b(?:i live (?:at|on)|address(?:['’]s| is|:| to| from)?|(?:located|living|reside|residing) at"
        r"|vivo en|mi direcci[oó]n es|(?:ship|send|mail|deliver)(?: it)? to)\s+(?P<it>\d[^?!\n]{4,80}?)"
        r"(?=[.?!;\n]|$| and | y )",
    ),
    _pattern("ADDRESS", r"\b(?P<it>[A-Z][a-z]+(?: [A-Z][a-z]+)*,\s*[A-Z]{2}\s+\d{5}(?:-\d{4})?)\b", cased=True),
)


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


_LETTER = "[AC-HJKMNP-RT-Y]"
_ANY = "[0-9AC-HJKMNP-RT-Y]"
CANDIDATES: Final = (
    ("CREDIT_CARD", re.compile(r"(?<![\w\-.])\d(?:[ \-]?\d){12,18}(?![\w\-])"), luhn.is_valid),
    ("IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b"), iban.is_valid),
    (
        "IP",
        re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)(?![\w:])"),
        _is_ip,
    ),
    # The Medicare number's form, as its issuer publishes it: letters and digits alternate, six letters never occur.
    (
        "MRN",
        re.compile(rf"\b[1-9]{_LETTER}{_ANY}\d-?{_LETTER}{_ANY}\d-?{_LETTER}{{2}}\d{{2}}\b"),
        bool,
    ),
)
"""Labels, forms, and the check digit or grammar that tells a real number from one that only looks like it."""
REGIONS: Final = ("US", "CA", "MX", "GB", "DE", "IN", "IL", "BR")
"""Where a number without a country code may be from: the clinic's country first."""


def find_personal_data(asked: Asked) -> Iterator[Span]:
    """Yield the stretches of a question that may tell who somebody is or how to reach them."""
    text = asked.text
    for label, start, end in (*_by_words(text), *_by_form(text), *_phones(text)):
        if not _is_public(text, start, end):
            yield Span(start=start, end=end, label=label)


PERSONAL_DATA = Rule("personal_data", Action.REDACT, find_personal_data)


def _by_words(text: str) -> Iterator[tuple[str, int, int]]:
    for pattern in PATTERNS:
        for match in pattern.regex.finditer(text):
            yield pattern.label, *match.span("it")


def _by_form(text: str) -> Iterator[tuple[str, int, int]]:
    for label, form, is_valid in CANDIDATES:
        for match in form.finditer(text):
            if is_valid(match[0]):
                yield label, *match.span()


def _phones(text: str) -> Iterator[tuple[str, int, int]]:
    for region in REGIONS:
        for match in PhoneNumberMatcher(text, region):
            yield "PHONE", match.start, match.end


def _is_public(text: str, start: int, end: int) -> bool:
    """Tell whether digits are a help line's, or those of a published work or product."""
    found = text[start:end].strip()
    digits = re.sub(r"\D", "", found)
    is_code = _PRODUCT_CODE.fullmatch(found) is not None or _PUBLISHED.search(text[:start]) is not None
    return digits in HELP_LINES or f"1{digits}" in HELP_LINES or is_code
