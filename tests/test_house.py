"""The house keeps its own rules: sizes, layers, a light command line, no foreign guardrails."""

import ast
import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("assistant", "corpus", "guardrails")
MOST_LINES = 300
MOST_FUNCTION_LINES = 40


def modules() -> Iterator[Path]:
    """Yield every module of the product."""
    yield ROOT / "app.py"
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_sizes_stay_readable(path: Path) -> None:
    """No file and no function grows beyond what fits in one head."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MOST_FUNCTION_LINES, node.name


def test_help_is_light() -> None:
    """``--help`` pays for neither torch nor Chroma nor Gradio."""
    code = (
        "import sys; from assistant.cli import app\ntry: app(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    loaded = set(run.stdout.split())
    assert "typer" in loaded
    assert not loaded & {"torch", "chromadb", "gradio", "sentence_transformers", "fastapi", "presidio_analyzer"}


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("corpus/text.py", "import guardrails.verdict", "never back"),
        ("guardrails/dosing.py", "import guardrails.crisis", "Rules never import each other"),
        ("assistant/server.py", "import chromadb", "retrieval frameworks"),
        ("assistant/pipeline.py", "import gradio", "Gradio lives in the console"),
        ("assistant/pipeline.py", "import fastapi", "FastAPI lives at the edge"),
        ("assistant/pipeline.py", "import assistant.index", "Nothing below the factory"),
    ],
)
def test_broken_contracts_fail(tmp_path: Path, module: str, line: str, contract: str) -> None:
    """Each import contract is really kept: an import that breaks it turns the check red and names it."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("app.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path / file)
    broken = tmp_path / module
    broken.write_text(f"{broken.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert run.returncode == 1, run.stdout
    assert any(contract in said and "BROKEN" in said for said in run.stdout.splitlines()), run.stdout


def test_guardrails_is_ours() -> None:
    """guardrails-ai, which takes the same import name, is not in this environment."""
    assert "guardrails-ai" not in {found.metadata["Name"].lower() for found in importlib.metadata.distributions()}


def test_nothing_names_the_measuring_material() -> None:
    """No module and no test reads the material that only measures."""
    folder = "../" + "shared"
    for path in (*modules(), *(ROOT / "tests").rglob("*.py")):
        assert folder not in path.read_text(encoding="utf-8"), path
