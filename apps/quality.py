"""`adain eval images`: how good results are, ours or anyone's, over a list of pairs."""

import csv
import functools
import itertools
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from adain.builtin import find_style, is_builtin
from adain.device import choose_device
from adain.errors import OptionError, PictureError, WeightsError
from adain.lpips import Distance, load_lpips
from adain.models import DEFAULT_BACKEND
from adain.perceptual import Perceptual, load_perceptual
from adain.picture import Picture, read_picture
from adain.quality import Artefacts, Honesty, Likeness, Original, artefacts, colour_cast, identity_error
from adain.strength import faded
from adain.style import Style
from adain.stylizer import MULTIPLE, STYLE_SIZE, Stylizer

from .chart import load_pyplot
from .machine import peak_memory
from .plan import result_name
from .progress import progress_bar

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
FINE = (*Likeness._fields[:4], "lpips", "apart")  # measures that want three digits
LABELS = (11, -3), (8, -11), (-9, 5), (-8, -12)  # pt from the points, one for each curve: some nearly meet
Summary = dict[str, dict[str, Any]]  # method -> measure -> figure
NONE = float("nan")  # stands for what cannot be measured, such as the time of a folder's pictures
NOT_MEASURED = Honesty(NONE, NONE)


@dataclass(frozen=True)
class Pair:
    content: Path
    style: Path

    @property
    def name(self) -> str:
        return f"{self.content.stem}_{self.style.stem}"


@dataclass(frozen=True)
class Method:
    """Whose results to measure: a folder of pictures, or a model; at a strength, by which both are faded."""

    folder: Path | None = None
    model: str = ""
    strength: float = 1.0
    dtype: str = "auto"
    backend: str = DEFAULT_BACKEND

    @property
    def source(self) -> str:
        return str(self.folder) if self.folder else ", ".join([self.model, *self.way])

    @property
    def way(self) -> list[str]:
        """How the model is run, as far as that was asked for."""
        return [name for name in (self.dtype, self.backend) if name not in ("auto", DEFAULT_BACKEND)]

    @property
    def name(self) -> str:
        return f"{self.source} at {self.strength:g}"

    def painter(self, load: Callable[..., Stylizer]) -> "Found | ModelPainter":
        return Found(self.folder, self.strength) if self.folder else ModelPainter(self, load)


def run_quality(
    pairs: list[Pair],
    methods: list[Method],
    *,
    size: int,
    judge: str,
    teacher: Path | None,
    device: str,
    csv_path: Path | None,
    plot_path: Path | None,
    as_json: bool,
) -> None:
    """Measure every pair of every method; print the means."""
    if plot_path:
        load_pyplot()  # missing is better said now than after minutes
    chosen = choose_device(device)
    network = load_perceptual(judge, teacher, device=chosen, dtype=torch.float32)
    measures = [*Likeness._fields, *Artefacts._fields, *Honesty._fields]
    measures += ["apart"] if any(method.way for method in methods) else []
    try:
        lpips = load_lpips(chosen)
        measures.insert(len(Likeness._fields), "lpips")
    except WeightsError as error:
        lpips = None
        print(f"without LPIPS: {error}", file=sys.stderr)
    rows = []
    load = functools.cache(functools.partial(Stylizer, device=device))  # one model serves all of its strengths
    painters = {method.name: method.painter(load) for method in methods}
    with progress_bar("measuring", len(pairs) * len(painters)) as advance:
        for pair in pairs:
            for row in measured(pair, painters, size, network, lpips):
                rows.append(row)
                advance()
    rows.sort(key=lambda row: list(painters).index(row["method"]))
    summary = summarise(rows, methods, measures)
    if csv_path:
        with csv_path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    if plot_path:
        plot(summary, methods, plot_path)
    memory = peak_memory()
    if as_json:
        print(json.dumps({"judge": judge, "pairs": len(pairs), "size": size, "peak_mib": memory, "methods": summary}))
    else:
        told = f"; peak memory {memory} MiB" if memory else ""
        print_table(summary, f"{len(pairs)} pairs, {size} px, judge {judge}{told}")


def measured(
    pair: Pair, painters: "dict[str, Found | ModelPainter]", size: int, judge: Perceptual, lpips: Distance | None
) -> Iterator[dict[str, Any]]:
    """A row of figures for each method; the judge looks at photo and style once for all of them."""
    content, style = (square(read_picture(path), size).rgb for path in (pair.content, pair.style))
    original = Original(content, style, judge)
    for name, painter in painters.items():
        result = painter.result(pair, content, style)
        yield {
            "method": name,
            "pair": pair.name,
            **original.likeness(result.output)._asdict(),
            **({"lpips": lpips(result.output, content)} if lpips else {}),
            **artefacts(result.output, content)._asdict(),
            **result.honesty._asdict(),
            "milliseconds": result.milliseconds,
            "apart": result.apart,
        }


@dataclass(frozen=True)
class Result:
    """One pair, painted."""

    output: np.ndarray  # (H, W, 3) uint8 RGB, of the photo's size
    milliseconds: float = NONE
    honesty: Honesty = NOT_MEASURED
    apart: float = NONE  # of 255, mean, from what torch paints in float32


class Found:
    """The results in a folder, faded, asked for as those of a `ModelPainter` are."""

    def __init__(self, folder: Path, strength: float) -> None:
        self.folder, self.strength = folder, strength

    def result(self, pair: Pair, content: np.ndarray, style: np.ndarray) -> Result:
        output = square(read_picture(find_result(self.folder, pair)), content.shape[0]).rgb
        return Result(faded(output, content, self.strength))


class ModelPainter:
    """A model at a strength, with what it adds of its own, which is measured once for each photo and style."""

    def __init__(self, method: Method, load: Callable[..., Stylizer]) -> None:
        self.stylizer = load(method.model, dtype=method.dtype, backend=method.backend)
        self.exact = load(method.model, dtype="float32") if method.way else None
        self.strength = method.strength
        self._casts: dict[Path, float] = {}
        self._identities: dict[Path, float] = {}

    def result(self, pair: Pair, content: np.ndarray, style: np.ndarray) -> Result:
        output, milliseconds = self.timed(content, style, pair.style)
        apart = self.apart(content, style, pair.style, output)
        return Result(output, milliseconds, self.honesty(pair, content, style), apart)

    def timed(self, content: np.ndarray, style: np.ndarray, path: Path) -> tuple[np.ndarray, float]:
        """The painting, and the milliseconds it took with the style already encoded."""
        encoded = self._encoded(self.stylizer, style, path)
        started = time.perf_counter()
        output = self.stylizer.stylize(content, encoded, strength=self.strength)
        return output, (time.perf_counter() - started) * 1000

    def apart(self, content: np.ndarray, style: np.ndarray, path: Path, output: np.ndarray) -> float:
        """How far a painting is from the one of torch in float32, 0..255, mean; measured where a way was asked for."""
        if not self.exact:
            return NONE
        wanted = self.exact.stylize(content, self._encoded(self.exact, style, path), strength=self.strength)
        return float(np.abs(output.astype(np.int16) - wanted).mean())

    @staticmethod
    def _encoded(stylizer: Stylizer, style: np.ndarray, path: Path) -> Style:
        known = stylizer.only_style is not None or is_builtin(path)  # by its file, not as a picture
        return stylizer.encode_style(path if known else style, size=min(STYLE_SIZE, len(style)))

    def honesty(self, pair: Pair, content: np.ndarray, style: np.ndarray) -> Honesty:
        if self.stylizer.only_style:
            return NOT_MEASURED  # it can be asked for nothing but its style
        if pair.style not in self._casts:
            self._casts[pair.style] = colour_cast(self._paint, style)
        if pair.content not in self._identities:
            self._identities[pair.content] = identity_error(self._paint, content)
        return Honesty(self._casts[pair.style], self._identities[pair.content])

    def _paint(self, content: np.ndarray, style: np.ndarray) -> np.ndarray:
        encoded = self.stylizer.encode_style(style, size=STYLE_SIZE)
        return self.stylizer.stylize(content, encoded, strength=self.strength)


def square(picture: Picture, size: int) -> Picture:
    """The middle of the picture, size x size px: so that results of every tool can be compared."""
    height, width = picture.rgb.shape[:2]
    scale = size / min(height, width)
    picture = picture.resized(max(size, round(width * scale)), max(size, round(height * scale)))
    height, width = picture.rgb.shape[:2]
    y, x = (height - size) // 2, (width - size) // 2
    return Picture(np.ascontiguousarray(picture.rgb[y : y + size, x : x + size]))


def find_result(folder: Path, pair: Pair) -> Path:
    """The result of a pair: CONTENT_STYLE.png, or as `adain image` names it."""
    names = (pair.name, result_name(pair.content, pair.style.stem, ""))
    for name in names:
        for suffix in SUFFIXES:
            if (path := folder / f"{name}{suffix}").is_file():
                return path
    raise PictureError(f"no result for {pair.name} in {folder}; want {names[0]}.png (or .jpg), or {names[1]}.png")


def read_pairs(path: Path) -> list[Pair]:
    """Pairs from a CSV with the columns content and style; paths are relative to the file.

    Raises:
        OptionError: a line without a readable pair, by its number.
    """
    pairs = []
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            content, style = row.get("content"), row.get("style")
            if not content or not style:
                raise OptionError(f"{path}, line {number}: want a content and a style (header: content,style)")
            inside = path.parent / style
            pairs.append(Pair(path.parent / content, inside if inside.exists() else find_style(style)))
    if not pairs:
        raise OptionError(f"{path} holds no pairs; want the header content,style and a line for each")
    return pairs


def all_pairs(contents: list[str], styles: list[str]) -> list[Pair]:
    return [Pair(Path(content), find_style(style)) for content in contents for style in styles]


def check_size(size: int) -> None:
    if size < 64 or size % MULTIPLE:
        raise OptionError(f"got size {size}; want a multiple of {MULTIPLE} px from 64 up")


def summarise(rows: list[dict], methods: list[Method], measures: list[str]) -> Summary:
    """Method -> measure -> mean over the pairs, None where there is none; of times the median, which a slow run at the
    start does not move."""
    summary: Summary = {}
    for method in methods:
        mine = [row for row in rows if row["method"] == method.name]
        means = {name: statistics.fmean(row[name] for row in mine) for name in measures}
        means["milliseconds"] = statistics.median(row["milliseconds"] for row in mine)
        summary[method.name] = {name: None if math.isnan(value) else value for name, value in means.items()}
    return summary


def print_table(summary: Summary, title: str) -> None:
    columns = list(next(iter(summary.values())))
    table = Table("", *columns, title=title, title_justify="left")
    for name, values in summary.items():
        table.add_row(name, *(_figure(column, values[column]) for column in columns))
    Console(width=180).print(table)


def _figure(column: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if column in FINE else f"{value:.1f}"


def plot(summary: Summary, methods: list[Method], path: Path) -> None:
    """Style against SSIM: a line over the strengths of each model and folder."""
    pyplot = load_pyplot()
    figure, axes = pyplot.subplots(figsize=(7, 5), layout="constrained")
    for name, place in zip(dict.fromkeys(m.source for m in methods), itertools.cycle(LABELS)):
        mine = sorted((m for m in methods if m.source == name), key=lambda m: m.strength)
        points = [(summary[m.name]["style"], summary[m.name]["ssim"]) for m in mine]
        (line,) = axes.plot(*zip(*points), marker="o", label=name)
        if len(mine) > 1:
            for method, point in zip(mine, points):
                axes.annotate(
                    f"{method.strength:g}", point, color=line.get_color(),
                    xytext=place, textcoords="offset points", ha="center", fontsize=8,
                )  # fmt: skip
    axes.set(xlabel="style loss (left is better)", ylabel="SSIM to the photo (up is better)")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
