"""Pictures on their way to the device and back.

Where that is a GPU, both ways run beside its computing, on streams of their own and through pinned memory, which is the
only kind that it copies without the CPU's help. So whoever begins the next frames before waiting for the last keeps
both busy: three frames are then at work at once, one on its way up, one being painted, one on its way down.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Arriving:
    """Paintings that the device may still be at work on.

    Args:
        pictures: (B, H, W, 3) uint8 RGB, in the computer's memory.
        copied: when they are there; None: they are.
    """

    def __init__(self, pictures: Tensor, copied: torch.cuda.Event | None = None) -> None:
        self._pictures, self._copied = pictures, copied

    def wait(self) -> list[np.ndarray]:
        """The B pictures, (H, W, 3) each; may be called from another thread, and again."""
        if self._copied is not None:
            self._copied.synchronize()
        return list(self._pictures.numpy())


class Transfer:
    """The way to one device and back."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        if device.type == "cuda":
            self._up, self._down = torch.cuda.Stream(device), torch.cuda.Stream(device)

    def upload(self, frames: Sequence[np.ndarray]) -> Tensor:
        """Pictures of one size, (H, W, 3) uint8 -> (B, H, W, 3) on the device, for its current stream."""
        if self.device.type != "cuda":
            return torch.from_numpy(np.stack(frames)).to(self.device)
        pinned = torch.empty((len(frames), *frames[0].shape), dtype=torch.uint8, pin_memory=True)
        np.stack(frames, out=pinned.numpy())
        current = torch.cuda.current_stream(self.device)
        with torch.cuda.stream(self._up):
            there = pinned.to(self.device, non_blocking=True)  # torch keeps the pinned memory until it is copied
        current.wait_stream(self._up)
        there.record_stream(current)  # its memory is not given to others while that stream may read it
        return there

    def download(self, pictures: Tensor) -> Arriving:
        """(B, H, W, 3) uint8 on the device, as its current stream will leave them."""
        if self.device.type != "cuda":
            return Arriving(pictures.contiguous().cpu())
        pictures = pictures.contiguous()
        pinned = torch.empty(pictures.shape, dtype=torch.uint8, pin_memory=True)
        self._down.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self._down):
            pinned.copy_(pictures, non_blocking=True)
            copied = self._down.record_event()
        pictures.record_stream(self._down)
        return Arriving(pinned, copied)
