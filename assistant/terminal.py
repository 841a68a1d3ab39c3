"""Terminal: what the commands share when they speak to a person."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from assistant.errors import AssistantError
from corpus.errors import CorpusError, RegistryUnavailableError

TRY_LATER = 3
"""Exit code where nothing is wrong here, but somebody else did not answer."""

out = Console()
err = Console(stderr=True)


@contextmanager
def reported() -> Iterator[None]:
    """Turn what a person can mend into words and an exit code; nobody needs a trace for it."""
    try:
        yield
    except AssistantError as error:
        _say(f"{error}\n{error.hint}")
        raise typer.Exit(1) from None
    except RegistryUnavailableError as error:
        _say(f"{error}\nAsk again later; nothing is lost.")
        raise typer.Exit(TRY_LATER) from None
    except (CorpusError, OSError) as error:
        _say(str(error))
        raise typer.Exit(1) from None


def _say(text: str) -> None:
    err.print(text, style="red", highlight=False, soft_wrap=True, markup=False)
