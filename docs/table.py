"""The field's table, measured here: python docs/table.py [--quick] [--resume], which is what `make table` runs.

Gatys, `johnson`, `vgg` and `fast` paint the sample photos in one style, one after the other, each in a process of its
own. SSIM and GMD are of the smaller size, time and memory of both. What was measured is kept in --run; --resume takes
it from there. Johnson's network, which must be trained for its style, is trained first (or given with --johnson).
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import torch
from adain.apps.bench import cpu_name
from adain.apps.quality import square
from adain.apps.sheet import Cell, grid
from PIL import Image
from table_paint import CLOCKS, GATYS, STYLE

from adain.builtin import find_style
from adain.models import fingerprint
from adain.perceptual import load_perceptual
from adain.picture import read_picture
from adain.quality import likeness

HERE = Path(__file__).parent
PHOTOS = sorted((HERE / "samples").glob("*.jpg"))
STRENGTHS = {"johnson": (1.0, 0.9, 0.8), "fast": (1.0, 0.9, 0.8, 0.7, 0.6), "vgg": (1.0, 0.6)}
TRAINING = ("--batch", 2, "--crop", 128, "--picture-side", 320, "--style-loss", "gram", "--style-weight", 1,
            "--temporal-weight", 0, "--optimizer", "adam", "--ema", 0.98, "--warmup", 30,
            "--save-every", 100)  # fmt: skip


class Row(NamedTuple):
    """A line of the table; smaller is better in all columns but the first."""

    name: str
    ssim: float
    gmd: float
    small_s: float
    large_s: float
    memory_mb: float  # at the larger size


class Measured(NamedTuple):
    row: Row
    small_mb: float


PUBLISHED = (  # as the issue quotes them: another machine, other images, another judge
    Row("Gatys, published", 0.58, 0.67, 55, 320, 2300),
    Row("Johnson, published", 0.61, 0.59, 5, 30, 1500),
    Row("that paper's own, published", 0.65, 0.48, 30, 150, 2100),
)


def main() -> None:
    options = parse()
    options.run.mkdir(parents=True, exist_ok=True)
    kept = options.run / "measured.json"
    known = json.loads(kept.read_text()) if options.resume and kept.exists() else {}
    johnson = options.johnson or train_johnson(options)
    methods = methods_of(options, johnson)
    folders = {}
    for name, (small, large) in methods.items():
        folders[name] = options.run / name.strip("`").replace("`", "").replace(", ", "-").replace(" ", "-")
        for method, size, photos in ((small, options.sizes[0], PHOTOS), (large, options.sizes[1], PHOTOS[:1])):
            if (key := key_of(method, size, options)) not in known:
                known[key] = paint(options.clock, method, size, folders[name] / str(size), photos)
                kept.write_text(json.dumps(known, indent=1))
    measured = []
    for name, (small, large) in methods.items():
        ssim, gmd = quality(folders[name] / str(options.sizes[0]), options.sizes[0])
        few, many = (known[key_of(m, s, options)] for m, s in zip((small, large), options.sizes))
        seconds = [statistics.median(k["milliseconds"].values()) / 1000 for k in (few, many)]
        row = Row(name, ssim, gmd, *seconds, many["peak_mib"])
        measured.append(Measured(row, few["peak_mib"]))
    text = markdown(measured, options, johnson, next(iter(known.values()))["imported_mib"])
    options.out.write_text(text)
    sheet(folders, options.sizes[0]).save(options.run / "sheet.png")
    print(text)
    print(f"written to {options.out}; the pictures are in {options.run / 'sheet.png'}", file=sys.stderr)


def methods_of(options: Any, johnson: Path) -> dict[str, tuple[str, str]]:
    """What to call each row -> how table_paint.py paints it at the smaller and at the larger size."""
    full, part = (f"{GATYS}@{count}/{options.steps}" for count in (options.steps, options.large_steps))
    methods = {f"Gatys, {options.steps} steps": (full, part)}
    for model, strengths in STRENGTHS.items():
        file = f"johnson:{johnson}" if model == "johnson" else model
        methods |= {f"`{model}` at {strength:g}": (f"{file}@{strength:g}",) * 2 for strength in strengths}
    return methods


def parse() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "table.md")
    parser.add_argument("--run", type=Path, default=Path("runs/table"), help="where pictures and figures are kept")
    parser.add_argument("--resume", action="store_true", help="take from --run what was measured before")
    parser.add_argument("--sizes", type=int, nargs=2, default=(256, 1024), help="px")
    parser.add_argument("--steps", type=int, default=200, help="of Gatys at the smaller size")
    parser.add_argument("--large-steps", type=int, default=20, help="of Gatys at the larger; the time is scaled up")
    parser.add_argument("--johnson", type=Path, help="weights of a per-style network for " + STYLE)
    parser.add_argument("--johnson-steps", type=int, default=1500, help="of training, where there are no weights")
    parser.add_argument("--content", type=Path, default=HERE / "samples", help="photos to train it on")
    parser.add_argument("--quick", action="store_true", help="few steps, smaller pictures: to see that it works")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu: the processes' own time, of one thread")
    parser.add_argument("--note", default="", help="what else there is to say, such as 'machine not idle'")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.steps, options.large_steps, options.johnson_steps = (128, 256), 20, 5, 20
    return options


def train_johnson(options: Any) -> Path:
    """The weights of Johnson's network, trained unless a run of as many steps is there already."""
    run = options.run / f"johnson-{options.content.name}-{options.johnson_steps}"
    weights = run / "johnson.safetensors"
    if not weights.exists():
        command = ["train", "--model", "johnson", "--style", STYLE, "--content", options.content, "--run", run,
                   "--steps", options.johnson_steps, *TRAINING]  # fmt: skip
        adain(*command, *(["--resume"] if run.exists() else []))
        adain("export-weights", run / "last.pt", "--folder", run, "--name", "johnson")
    return weights


def adain(*arguments: object) -> None:
    code = "from adain.apps.cli import main; main()"
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, stdout=sys.stderr)


def key_of(method: str, size: int, options: Any) -> str:
    """Names a measurement, so that one with other weights is not taken for it."""
    model = method.rpartition("@")[0]
    return f"{options.clock} {method} {size} {'' if model == GATYS else fingerprint(model)}"


def paint(clock: str, method: str, size: int, out: Path, photos: list[Path]) -> dict[str, Any]:
    out.mkdir(parents=True, exist_ok=True)
    print(f"{method} at {size} px", file=sys.stderr, flush=True)
    command = [sys.executable, HERE / "table_paint.py", clock, method, size, out, *photos]
    done = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def quality(folder: Path, size: int) -> tuple[float, float]:
    """Mean SSIM and GMD of a method's paintings."""
    judge = load_perceptual("vgg16", None, device=torch.device("cpu"), dtype=torch.float32)
    style = square(read_picture(find_style(STYLE)), size).rgb
    found = []
    for photo in PHOTOS:
        painted = read_picture(folder / f"{photo.stem}_{STYLE}.png").rgb
        found.append(likeness(painted, square(read_picture(photo), size).rgb, style, judge))
    return statistics.fmean(f.ssim for f in found), statistics.fmean(f.gram for f in found)


def markdown(measured: list[Measured], options: Any, johnson: Path, imported: int) -> str:
    small, large = options.sizes
    lines = [
        f"| | SSIM ↑ | GMD ↓ | s at {small}x{small} | s at {large}x{large} | MB at {small} | MB at {large} |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(m.row, f"{m.small_mb:.0f}") for m in measured] + [_line(row, "") for row in PUBLISHED]
    scaled = f"{options.large_steps} steps were run and their time scaled to {options.steps}"
    own = f"{options.johnson_steps} steps of two 128 px crops on {len(PHOTOS)} photos, the very ones it is tested on,"
    trained = f"given ({johnson.name})" if options.johnson else f"trained for {own} which flatters it"
    if not options.johnson and options.content != HERE / "samples":
        trained = f"trained for {options.johnson_steps} steps of two 128 px crops on photos of its own"
    clock = "" if options.clock == "wall" else " Times are those of the processor, of one thread: the machine was busy."
    runs = "what had not changed as an earlier run measured it" if options.resume else "all methods in this one run"
    threads = torch.get_num_threads()
    return "\n".join(
        [
            "# The field's table",
            "",
            f"Made by `make table` on {datetime.date.today()}: {cpu_name()}, {threads} of {os.cpu_count()} cores, "
            f"{platform.system()}, torch {torch.__version__}, no GPU." + f" {options.note}." * bool(options.note),
            "",
            *lines,
            "",
            f"{len(PHOTOS)} photos (docs/samples) in {STYLE}, {runs}; SSIM and GMD at {small} px. "
            f"Judge: the VGG-16 that Gatys, `johnson`, `vgg` and `fast` all use for their losses. Gatys at {large} px: "
            f"{scaled}. `johnson`: {trained}. Networks: style encoded before, median of five runs. Memory: peak of a "
            f"process of its own, {imported} MB of it python and torch. Published rows: another machine, other images, "
            "another judge." + clock,
            "",
            *better(measured),
            "",
        ]
    )


def _line(row: Row, small_mb: str) -> str:
    seconds = " | ".join(f"{s:.3f}" if s < 1 else f"{s:.1f}" for s in (row.small_s, row.large_s))
    return f"| {row.name} | {row.ssim:.3f} | {row.gmd:.3f} | {seconds} | {small_mb} | {row.memory_mb:.0f} |"


def better(measured: list[Measured]) -> list[str]:
    """For each of the others, which of ours is better in every column."""
    ours = [m.row for m in measured if m.row.name.startswith("`")]
    others = [m.row for m in measured if not m.row.name.startswith("`")] + list(PUBLISHED)
    lines = []
    for other in others:
        found = [r.name for r in ours if r.ssim > other.ssim and all(a < b for a, b in zip(r[2:], other[2:]))]
        lines.append(f"- Better than {other.name} in every column: {', '.join(found) or 'none'}.")
    return lines


def sheet(folders: dict[str, Path], size: int) -> Image.Image:
    """Photos along the top, and every method's paintings below."""
    columns = [photo.stem for photo in PHOTOS]
    cells = [Cell(Image.fromarray(square(read_picture(photo), size).rgb), "photo") for photo in PHOTOS]
    for name, folder in folders.items():
        cells += [Cell(Image.open(folder / str(size) / f"{photo}_{STYLE}.png"), name) for photo in columns]
    return grid(cells, len(columns), (size, size), caption=20)


if __name__ == "__main__":
    main()
