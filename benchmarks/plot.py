"""The growth curves as a picture, log-log."""

import statistics
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib import pyplot, ticker

from benchmarks.competitor_run import Result

Runs = dict[tuple[str, int], list[Result]]
MARKS = "osD^v<>"


def draw(runs: Runs, picture: Path) -> None:
    """CPU per ping and memory against targets; a cross marks where a peer collapsed."""
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 9})
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    titles = ("CPU per ping, µs", "resident memory, MiB")
    names = list(dict.fromkeys(name for name, _ in runs))
    for axis, title, kind in zip(axes, titles, ("cpu", "memory"), strict=True):
        for mark, name in zip(MARKS, names, strict=False):
            points = _points(runs, name, kind)
            good = [(size, value) for size, value, bad in points if not bad]
            bad = [(size, value) for size, value, bad in points if bad]
            if points:
                (drawn,) = axis.plot(*_columns(good), marker=mark, markersize=4, label=name)
                axis.plot(*_columns(good[-1:] + bad), linestyle=":", color=drawn.get_color())
                axis.plot(*_columns(bad), linestyle="", marker="x", markersize=9, color=drawn.get_color())
        axis.set(xscale="log", yscale="log", title=title, xlabel="targets, 1 ping/s each")
        for scale in (axis.xaxis, axis.yaxis):
            scale.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
            scale.set_major_formatter("{x:,g}")
            scale.set_minor_formatter(ticker.NullFormatter())
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    figure.savefig(picture, metadata={"Date": None})
    pyplot.close(figure)
    lines = picture.read_text().splitlines()
    picture.write_text("\n".join(line.rstrip() for line in lines) + "\n")


def _points(runs: Runs, name: str, kind: str) -> list[tuple[int, float, bool]]:
    """Size, median, whether it collapsed there."""
    points = []
    for (peer, size), results in sorted(runs.items(), key=lambda item: item[0][1]):
        values = [
            result.cpu_us if kind == "cpu" else (result.memory or 0.0) * size / 1024
            for result in results
            if result.cpu_us and (kind == "cpu" or result.memory is not None)
        ]
        if peer == name and values:
            points.append((size, statistics.median(values), all(r.collapsed for r in results[-2:])))
    return points


def _columns(points: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [size for size, _ in points], [value for _, value in points]
