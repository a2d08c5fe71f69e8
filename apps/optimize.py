"""`adain optimize`: one picture, by the original method, with snapshots on the way."""

import json
import sys
import time
from pathlib import Path

import numpy as np

from adain.builtin import find_style
from adain.errors import OptionError
from adain.optimize import OptimizeOptions, OptimizeStep, optimize
from adain.picture import check_absent, format_of, read_picture, write_picture

from .progress import INTERRUPTED, progress_bar


def parse_shares(texts: list[str], option: str) -> dict[str, float]:
    """["relu1_1=0.5", "relu2_1"] -> {"relu1_1": 0.5, "relu2_1": 1.0}."""
    shares = {}
    for text in texts:
        name, _, share = text.partition("=")
        try:
            shares[name] = float(share or 1)
        except ValueError as error:
            raise OptionError(f"got {option} {text!r}; want LAYER or LAYER=SHARE, such as relu3_1=0.5") from error
    return shares


def run_optimize(
    content: Path,
    style: str,
    output: Path,
    options: OptimizeOptions,
    *,
    mask: Path | None,
    snapshot_every: int,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Optimise with a progress bar and return the exit code; Ctrl-C keeps the best picture so far (130)."""
    format_of(output)
    check_absent(output, overwrite=overwrite)
    photo, painting = read_picture(content), read_picture(find_style(style))
    where = None if mask is None else read_picture(mask).rgb.mean(2).astype(np.float32) / 255
    started = time.perf_counter()
    last: OptimizeStep | None = None
    code = 0
    total = options.steps * options.scales
    with progress_bar("optimizing", total) as advance:
        try:
            for last in optimize(photo, painting, options, mask=where):
                advance(description="  ".join(f"{name} {value:.3f}" for name, value in last.terms.items()))
                if snapshot_every and last.step % snapshot_every == 0 and last.step < total:
                    name = f"{output.stem}_{last.step:05d}{output.suffix}"
                    write_picture(last.picture(), output.with_name(name), overwrite=overwrite)
        except KeyboardInterrupt:
            code = INTERRUPTED
            if last is None:
                raise
            print(f"stopped at step {last.step} of {total}; the best picture so far is kept", file=sys.stderr)
    if last:
        write_picture(last.picture(), output, overwrite=overwrite)
        seconds = round(time.perf_counter() - started, 3)
        report = {"output": str(output), "steps": last.step, "seconds": seconds, "losses": last.terms}
        print(json.dumps(report) if as_json else output)
    return code
