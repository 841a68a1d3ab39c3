"""Revision: what git knows of this project, where it is a repository."""

import shutil
import subprocess
from pathlib import Path

from assistant.errors import AssistantError


class Repository:
    """The git repository of the project, if there is one: an installed package has none."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._git = shutil.which("git") if (project / ".git").exists() else None

    @property
    def is_there(self) -> bool:
        """Tell whether git can be asked."""
        return self._git is not None

    @property
    def commit(self) -> str:
        """Return the commit that is checked out, marked where files differ from it; nothing without a repository."""
        if not self.is_there:
            return ""
        try:
            return self.run("describe", "--always", "--dirty", "--abbrev=12").strip()
        except AssistantError:
            return ""

    def run(self, *arguments: str) -> str:
        """Return what a git command prints.

        Raises:
            AssistantError: there is no repository, or git refuses.
        """
        if self._git is None:
            raise AssistantError("there is no git repository here", hint="Compare with a folder instead.")
        run = subprocess.run(  # noqa: S603 - git itself, with arguments that the caller checked
            [self._git, "-C", str(self._project), *arguments], capture_output=True, text=True, check=False
        )
        if run.returncode:
            raise AssistantError("git does not know this revision", hint="Give a tag, a branch or a commit.")
        return run.stdout
