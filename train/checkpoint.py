"""Checkpoints: everything needed to go on, written whole or not at all."""

import os
import pickle
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from adain.errors import TrainingError
from adain.models import sha256_of

from .config import TrainConfig
from .data import style_source
from .objective import Objective

EARLIER = {"optimizer": "adam", "encoder_rate": 0.0, "learn": "all"}  # of checkpoints made before these were settings


class TrainingState:
    """What changes during a run.

    Attributes:
        config: the settings of the run.
        artwork: sha256 of the style's picture, where the network learns only that; else "".
        objective: the network under training and the balance of its losses.
        average: the averaged network, which is the one exported.
        optimizer: over the network's trainable parameters.
        step: steps done.
        seconds: how long they took.
        rate_factor: what rollbacks made of the learning rate.
        rollbacks: how many there were.
    """

    def __init__(
        self, config: TrainConfig, objective: Objective, average: nn.Module, optimizer: torch.optim.Optimizer
    ) -> None:
        self.config = config
        self.artwork = sha256_of(style_source(config)) if config.one_style else ""
        self.objective, self.average, self.optimizer = objective, average, optimizer
        self.step = 0
        self.seconds = 0.0
        self.rate_factor = 1.0
        self.rollbacks = 0

    @property
    def trainable(self) -> list[nn.Parameter]:
        return [p for p in self.objective.net.parameters() if p.requires_grad]

    def save(self) -> Path:
        """Write `last.pt` in the run's folder through a temporary file; the one before stays as `previous.pt`."""
        path, part, previous = (self.config.run / name for name in ("last.pt", "last.pt.part", "previous.pt"))
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "rate_factor": self.rate_factor,
            "rollbacks": self.rollbacks,
            "config": {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self.config).items()},
            "artwork": self.artwork,
            "net": self.objective.net.state_dict(),
            "average": self.average.state_dict(),
            "style_factor": self.objective.style_factor,
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, part)
        if path.exists():
            os.replace(path, previous)
        os.replace(part, path)
        return path

    def load(self) -> bool:
        """Go back to the newest checkpoint of the run that is whole; False where there is none.

        Raises:
            TrainingError: it was made with another optimizer, to learn other weights, or with another rate for vgg's
                encoder.
        """
        for path in (self.config.run / "last.pt", self.config.run / "previous.pt"):
            try:
                state = torch.load(path, map_location="cpu", weights_only=True)
            except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
                continue  # missing or cut short: the one before will do
            self._check_made_alike(path, state["config"])
            self.objective.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.objective.style_factor.fill_(state["style_factor"])
            self.step, self.rate_factor, self.rollbacks = state["step"], state["rate_factor"], state["rollbacks"]
            self.seconds = state.get("seconds", 0.0)  # checkpoints made before had none
            return True
        return False

    def _check_made_alike(self, path: Path, made_with: dict) -> None:
        """What the optimizer keeps fits only the optimizer and the parameters that it was made with."""
        for setting in ("optimizer", "learn", *["encoder_rate"] * (self.config.model == "vgg")):
            if (before := made_with.get(setting, EARLIER[setting])) != getattr(self.config, setting):
                option = f"--{setting.replace('_', '-')} {before}"
                raise TrainingError(f"{path} was made with {option}: go on with that, or --start-from the file anew")
