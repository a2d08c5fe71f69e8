"""Which device and number format to compute with."""

from typing import Any

import torch

from .errors import DeviceError

DEVICES = ("auto", "cuda", "mps", "cpu")


def choose_device(name: str = "auto") -> torch.device:
    """Turn a name into a device that works here; "auto" takes CUDA, then Apple's MPS, then the CPU.

    Args:
        name: "auto", "cpu", "mps", "cuda" or "cuda:N".

    Raises:
        DeviceError: there is no such device on this machine.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    here = ["cpu", *(["mps"] if mps else []), *(f"cuda:{i}" for i in range(torch.cuda.device_count() if cuda else 0))]
    if name in here or (name == "cuda" and cuda):
        return torch.device(name)
    raise DeviceError(f"device {name!r} is not on this machine, which has {', '.join(here)}: choose one, or 'auto'")


def choose_training_dtype(device: torch.device) -> torch.dtype:
    """The number format of convolutions while training: bfloat16 where the hardware computes in it."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if device.type == "cpu" and cpu_has_bfloat16() else torch.float32


def cpu_has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware (AVX-512 BF16 or AMX); emulated, it is slower than float32.

    Torch 2.4 cannot tell; `torch.cpu.get_capabilities`, which is public, is in the newest only.
    """
    tell = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(supported() for supported in tell if supported)


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Turn a name into the number format of the convolutions.

    "auto" takes bfloat16 where `choose_training_dtype` does, else float32 (float16 on a GPU without bfloat16).

    Raises:
        DeviceError: unknown name, or float16 on a CPU, where it is emulated and far slower than float32.
    """
    if name == "auto":
        dtype = choose_training_dtype(device)
        return torch.float16 if device.type == "cuda" and dtype == torch.float32 else dtype
    formats = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if name not in formats or (name == "float16" and device.type == "cpu"):
        raise DeviceError(f"number format {name!r} cannot be had on {device}; want auto, float32 or bfloat16")
    return formats[name]


def import_openvino() -> Any:
    """The package, or a DeviceError that says how to get it."""
    try:
        import openvino
    except ImportError as error:
        raise DeviceError("OpenVINO is missing: pip install 'adain-style[openvino]'") from error
    return openvino
