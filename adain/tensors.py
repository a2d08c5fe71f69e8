"""Files of named tensors: weights, and saved styles."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from torch import Tensor


def write_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    """Write contiguous tensors of the CPU as safetensors, whole or not at all, over what stands there.

    Not by `save_file` of safetensors, which makes files that nobody but their owner may read.
    """
    part = path.with_name(path.name + ".part")
    part.write_bytes(safetensors.torch.save(dict(tensors), dict(metadata)))
    part.replace(path)
