"""Switch: one flag that turns the assistant into a sign that leads to people (requirement A-23)."""

from pathlib import Path


class Switch:
    """Whether questions are answered at all: a file in the data folder, so that every process sees it at once.

    Red flags are answered in both positions.
    """

    NAME = "switched-off"

    def __init__(self, folder: Path) -> None:
        self._file = folder / self.NAME

    @property
    def is_off(self) -> bool:
        """Tell whether somebody has switched the assistant off; what can't be read counts as off."""
        try:
            return self._file.is_file()
        except OSError:
            return True

    def turn_off(self) -> None:
        """Answer red flags alone, from the next question on and beyond a restart."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.touch()

    def turn_on(self) -> None:
        """Answer questions again."""
        self._file.unlink(missing_ok=True)
