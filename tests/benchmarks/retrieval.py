"""How well the product's search finds, on any folder in BEIR form: `python tests/benchmarks/retrieval.py DIR`.

DIR holds `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`. BM25 alone, the vectors alone and both together are measured
side by side in one run, through the code that answers patients (`assistant.search`). Intervals are 95 % bootstrap
intervals over the queries. A plot is written with `--plot OUT.png`.
"""

import csv
import json
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from assistant.embeddings import load_embeddings
from assistant.factory import load_search

Ranking = Sequence[str]
Relevant = Mapping[str, int]

RESAMPLES: Final = 2000
MEASURES: Final[dict[str, Callable[[Ranking, Relevant], float]]] = {
    "nDCG@10": lambda ranking, relevant: ndcg(ranking[:10], relevant, 10),
    "recall@10": lambda ranking, relevant: recall(ranking[:10], relevant),
    "recall@100": lambda ranking, relevant: recall(ranking[:100], relevant),
    "MRR": lambda ranking, relevant: reciprocal_rank(ranking, relevant),  # noqa: PLW0108 - named below
}


class Run(NamedTuple):
    """What one way of searching found for every query."""

    name: str
    scores: dict[str, NDArray[np.float64]]
    """By measure, one value a query."""
    ms: float
    """Median time of a query in milliseconds."""


def ndcg(ranking: Ranking, relevant: Relevant, depth: int) -> float:
    """Return the normalised discounted cumulative gain of a ranking (Järvelin and Kekäläinen, 2002)."""
    gained = sum(relevant.get(id_, 0) / np.log2(rank + 2) for rank, id_ in enumerate(ranking))
    ideal = sorted(relevant.values(), reverse=True)[:depth]
    return float(gained / sum(gain / np.log2(rank + 2) for rank, gain in enumerate(ideal)))


def recall(ranking: Ranking, relevant: Relevant) -> float:
    """Return the share of the relevant documents that a ranking holds."""
    return len(set(ranking) & relevant.keys()) / len(relevant)


def reciprocal_rank(ranking: Ranking, relevant: Relevant) -> float:
    """Return one over the rank of the first relevant document; zero when there is none."""
    return next((1 / rank for rank, id_ in enumerate(ranking, 1) if id_ in relevant), 0.0)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean."""
    rng = np.random.default_rng(7)
    means = rng.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def read_folder(folder: Path) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, int]]]:
    """Return documents by id (title and text), queries by id, and the relevant documents of each query."""
    documents = {
        str(row["_id"]): f"{row.get('title', '')}. {row['text']}".strip(". ") for row in _rows(folder / "corpus.jsonl")
    }
    queries = {str(row["_id"]): str(row["text"]) for row in _rows(folder / "queries.jsonl")}
    relevant: dict[str, dict[str, int]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8") as file:
        for query, document, grade in csv.reader(file, delimiter="\t"):
            if query in queries and grade.isdigit() and int(grade) > 0:
                relevant.setdefault(query, {})[document] = int(grade)
    return documents, queries, relevant


def _rows(path: Path) -> Iterable[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def run(
    name: str, search: Callable[[str], Iterable[str]], queries: Mapping[str, str], relevant: Mapping[str, Relevant]
) -> Run:
    """Return what a way of searching finds for the queries that have relevant documents."""
    rankings, taken = {}, []
    for id_ in relevant:
        started = time.perf_counter()
        rankings[id_] = list(search(queries[id_]))
        taken.append((time.perf_counter() - started) * 1000)
    scores = {
        measure: np.array([score(rankings[id_], relevant[id_]) for id_ in relevant])
        for measure, score in MEASURES.items()
    }
    return Run(name, scores, float(np.median(taken)))


def plot(runs: Sequence[Run], path: Path) -> None:
    """Write a bar chart of all measures with their intervals."""
    import matplotlib as mpl  # noqa: PLC0415 - only where a plot is asked for

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    width = 0.8 / len(runs)
    for at, one in enumerate(runs):
        means = [float(one.scores[measure].mean()) for measure in MEASURES]
        bounds = [interval(one.scores[measure]) for measure in MEASURES]
        errors = np.array([[mean - low, high - mean] for mean, (low, high) in zip(means, bounds, strict=True)]).T
        axes.bar(np.arange(len(MEASURES)) + at * width, means, width, yerr=errors, capsize=3, label=one.name)
    axes.set_xticks(np.arange(len(MEASURES)) + 0.4 - width / 2, list(MEASURES))
    axes.set_ylim(0, 1)
    axes.legend()
    figure.savefig(path, dpi=150)


def main(
    folder: Path,
    target: Annotated[Path | None, typer.Option("--plot", metavar="OUT.png")] = None,
    kept: Annotated[Path | None, typer.Option("--index", help="Keep the vectors here for the next run.")] = None,
) -> None:
    """Print the measures of each way of searching, with intervals, and how much the hybrid gains."""
    documents, queries, relevant = read_folder(folder)
    embeddings = load_embeddings()
    with tempfile.TemporaryDirectory() as temporary:
        search = load_search(kept or Path(temporary), documents, embeddings)
        runs = [
            run("BM25", search.lexical, queries, relevant),
            run("dense", search.dense, queries, relevant),
            run("hybrid", search.search, queries, relevant),
        ]
    table = Table("", *MEASURES, "ms", title=f"{len(documents):,} documents, {len(relevant):,} queries")
    for one in runs:
        cells = []
        for measure in MEASURES:
            low, high = interval(one.scores[measure])
            cells.append(f"{one.scores[measure].mean():.4f} ({low:.3f}-{high:.3f})")
        table.add_row(one.name, *cells, f"{one.ms:.1f}")
    console = Console(width=140)
    console.print(table)
    *alone, hybrid = (one.scores["nDCG@10"] for one in runs)
    best = max(alone, key=lambda scores: scores.mean())
    low, high = interval(hybrid - best)
    console.print(
        f"nDCG@10, hybrid over the better of the two: {(hybrid - best).mean():+.4f} ({low:+.3f} to {high:+.3f})"
    )
    if target:
        plot(runs, target)


if __name__ == "__main__":
    typer.run(main)
