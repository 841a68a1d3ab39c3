"""Ink: what of a PDF page can be seen."""

from typing import Any

from pypdf.generic import ArrayObject, TextStringObject

_COLOURS = (b"g", b"rg", b"k", b"sc", b"scn")
_INKS = 4
_NEARLY_NONE = 0.03
_UNSEEN_MODES = (3, 7)
"""PDF text rendering modes that paint nothing."""
_SHOWS = (b"Tj", b"TJ", b"'", b'"')


class Ink:
    """Follows how a PDF page paints its text, and empties what nobody can see before it is read."""

    def __init__(self) -> None:
        self.hidden = 0
        self._mode, self._is_white, self._size = 0, False, 12.0
        self._saved: list[tuple[int, bool, float]] = []

    def __call__(self, operator: bytes, operands: list[Any], page_matrix: list[float], matrix: list[float]) -> None:
        """Note what one operator changes, and empty the text that an invisible one would show."""
        if operator == b"q":
            self._saved.append((self._mode, self._is_white, self._size))
        elif operator == b"Q" and self._saved:
            self._mode, self._is_white, self._size = self._saved.pop()
        elif operator == b"Tr":
            self._mode = int(operands[0])
        elif operator == b"Tf":
            self._size = float(operands[1])
        elif operator in _COLOURS:
            self._is_white = _is_white(operator, operands)
        elif operator in _SHOWS and self._is_unseen(page_matrix, matrix):
            self.hidden += 1
            operands[-1] = ArrayObject() if operator == b"TJ" else TextStringObject("")

    def _is_unseen(self, page_matrix: list[float], matrix: list[float]) -> bool:
        scale = max(map(abs, page_matrix[:4])) * max(map(abs, matrix[:4]))
        return self._mode in _UNSEEN_MODES or self._is_white or abs(self._size) * scale < 1


def _is_white(operator: bytes, operands: list[Any]) -> bool:
    amounts = [float(amount) for amount in operands if isinstance(amount, int | float)]
    # Four amounts are inks, of which white paper has none; else they are light.
    is_ink = operator == b"k" or len(amounts) == _INKS
    return bool(amounts) and (max(amounts) <= _NEARLY_NONE if is_ink else min(amounts) >= 1 - _NEARLY_NONE)
