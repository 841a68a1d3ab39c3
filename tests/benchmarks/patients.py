"""How long patients wait while a run goes on: `python tests/benchmarks/patients.py`.

The application serves in this process, as it always does, and the same questions are asked over HTTP in turn: some
with nothing beside them, then some during a run of the shipped cases, then alone again, and so on, so that whatever
else this machine does weighs on both alike. The ratio of the medians is told; it may be two at the most.
"""

import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
import uvicorn

from assistant.attendance import Attendance, Attended
from assistant.console.assembly import load_workbench
from assistant.console.workbench import Workbench
from assistant.factory import assemble
from assistant.logs import set_up_logging
from assistant.server import Edge, create_app
from assistant.settings import Settings

MOST: Final = 2.0
THINKING_S: Final = 0.2
"""What a patient does between two questions."""
QUESTIONS: Final = (
    "Does LDN help with depression?",
    "What are the side effects?",
    "Is it approved by the FDA?",
    "Can I take it with tramadol?",
    "How is it thought to work?",
    "Does it help with fibromyalgia pain?",
)


def served(folder: Path) -> tuple[str, Workbench]:
    """Return the address of the application, which serves in a thread, and the workbench beside it."""
    settings = Settings(_env_file=None, data_dir=folder)
    parts = assemble(settings)
    parts.retriever.warm()
    app = create_app(
        Edge(parts.assistant, parts.conversations, parts.library, parts.retriever, parts.replies, settings.clinic)
    )
    attendance = Attendance()
    app.add_middleware(Attended, attendance=attendance)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    return f"http://127.0.0.1:{port}", load_workbench(parts, settings, attendance)


def waits_ms(client: httpx.Client) -> list[float]:
    """Return how long each question waited for its whole answer."""
    found = []
    for question in QUESTIONS:
        began_s = time.perf_counter()
        client.post("/v1/chat", json={"message": question, "consent": True}).raise_for_status()
        found.append((time.perf_counter() - began_s) * 1000)
        time.sleep(THINKING_S)
    return found


def measure(rounds: int, folder: Path) -> tuple[list[float], list[float], int]:
    """Return the waits alone and during runs, and how many cases were asked meanwhile."""
    address, workbench = served(folder)
    alone: list[float] = []
    during: list[float] = []
    asked = 0
    with httpx.Client(base_url=address, timeout=120) as client:
        waits_ms(client)
        for _ in range(rounds):
            alone += waits_ms(client)
            workbench.start(workbench.plan(workbench.casebook.cases()), "benchmark")
            during += waits_ms(client)
            workbench.bench.cancel()
            workbench.bench.wait()
            progress = workbench.bench.progress
            asked += progress.done if progress else 0
    return alone, during, asked


def main(rounds: Annotated[int, typer.Option(min=1)] = 8) -> None:
    """Print the waits alone and during runs, and exit with 1 where the ratio is too large."""
    set_up_logging("error")
    with tempfile.TemporaryDirectory() as folder:
        alone, during, asked = measure(rounds, Path(folder))
    for name, waits in (("alone", alone), ("during a run", during)):
        median, p95 = statistics.median(waits), statistics.quantiles(waits, n=20)[-1]
        print(f"{name:13} {len(waits)} questions: median {median:.0f} ms, 95th percentile {p95:.0f} ms")
    ratio = statistics.median(during) / statistics.median(alone)
    print(f"ratio of the medians {ratio:.2f} (at the most {MOST}); {asked} cases were asked meanwhile")
    raise typer.Exit(ratio > MOST)


if __name__ == "__main__":
    typer.run(main)
