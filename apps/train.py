"""`adain train` and `adain export-weights`: the command line over the training package."""

import os
import sys
from pathlib import Path

from adain.train.config import TrainConfig
from rich.console import Console

from .progress import progress_bar


def run_training(config: TrainConfig, *, resume: bool) -> None:
    """Train with a progress bar; Ctrl-C saves a checkpoint first (exit 130)."""
    from adain.train.train import train

    chief = os.environ.get("RANK", "0") == "0"  # the others of a torchrun group keep quiet
    console = Console(stderr=True, quiet=not chief)
    limit = f", {config.minutes:g} minutes at most" * bool(config.minutes)
    console.print(
        f"training {config.model} for {config.steps} steps{limit}; checkpoints and log.csv go to {config.run}"
    )
    with progress_bar("training", config.steps, disable=not chief) as advance:
        done = 0

        def progress(step: int, total: int, terms: dict[str, float]) -> None:
            nonlocal done
            advance(step - done, total=total, description="  ".join(f"{k} {v:.3f}" for k, v in terms.items()))
            done = step

        try:
            path = train(config, resume=resume, progress=progress, notice=console.print)
        except KeyboardInterrupt:
            print(f"stopped; the checkpoint is in {config.run}: go on with --resume", file=sys.stderr)
            raise
    if chief:
        print(path)


def run_export(checkpoint: Path, folder: Path, name: str, trained_on: str, *, overwrite: bool) -> None:
    from adain.train.export import export_weights

    print(export_weights(checkpoint, folder, name=name, trained_on=trained_on, overwrite=overwrite))
