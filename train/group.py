"""Several processes, a GPU each, as torchrun starts them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor


@contextmanager
def process_group() -> Iterator[None]:
    """Join the other processes where torchrun started several, and leave them at the end."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def own_device() -> str:
    """The GPU that torchrun means for this process."""
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"


def agreed(number: float, device: torch.device) -> float:
    """The mean over the processes, so that all decide alike; makes a GPU wait where there are several."""
    if not dist.is_initialized():
        return number
    return float(mean_over_processes(torch.tensor(number, device=device)))


def mean_over_processes(value: Tensor) -> Tensor:
    if dist.is_initialized():
        dist.all_reduce(value)
        value = value / dist.get_world_size()
    return value
