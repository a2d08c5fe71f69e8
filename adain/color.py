"""Whose colours a painting has: those of the style, or, in one of four ways, those of the photo."""

import cv2
import numpy as np

from .errors import OptionError
from .mapped import strips

COLOR_MODES = ("style", "content", "lab", "histogram", "coral")
SAMPLE = 250_000  # px from which covariances are measured
RIDGE = 1e-4  # variance added to every channel (of 0..1), so that a grey picture has an inverse


def transfer_color(
    painted: np.ndarray, content: np.ndarray, mode: str, strength: float = 1.0, *, out: np.ndarray | None = None
) -> np.ndarray:
    """Give a painting the colours of its photo.

    Modes:
        "style": the painting as it is. So is "coral", whose work is done on the style picture: see `match_color`.
        "content": brightness (luma) from the painting, chroma (YCbCr) from the photo: Gatys et al., "Preserving Color
            in Neural Artistic Style Transfer", 2016, section 3.2.
        "lab": the same in CIELAB, lightness from the painting and a, b from the photo: hues shift less, costs more.
        "histogram": the painting's own arrangement of colours, recoloured so that the histograms of L, a and b are
            those of the photo.

    Args:
        painted, content: (H, W, 3) uint8 RGB, of one size.
        mode: one of COLOR_MODES.
        strength: 0 leaves the painting, 1 is the full effect.
        out: where to put the result; may be `painted`. None: a new array.

    Returns:
        (H, W, 3) uint8 RGB: `out`, or `painted` itself where nothing is to be done.

    Raises:
        OptionError: unknown mode, strength outside 0..1, or pictures of two sizes.
    """
    check_color(mode, strength)
    if painted.shape != content.shape:
        raise OptionError(f"got a painting of shape {painted.shape} and a photo of {content.shape}; want the same")
    if mode in ("style", "coral") or strength == 0:
        return painted
    luts = _lab_luts(painted, content) if mode == "histogram" else None
    out = np.empty_like(painted) if out is None else out
    for strip in strips(painted, content, out):
        ours, theirs = np.ascontiguousarray(painted[strip]), np.ascontiguousarray(content[strip])
        if luts is not None:
            result = cv2.cvtColor(cv2.LUT(cv2.cvtColor(ours, cv2.COLOR_RGB2LAB), luts), cv2.COLOR_LAB2RGB)
        elif mode == "lab":
            result = _lightness_onto(ours, theirs)
        else:
            result = _luma_onto(ours, theirs)
        out[strip] = result if strength == 1 else cv2.addWeighted(result, strength, ours, 1 - strength, 0)
    return out


def match_color(style: np.ndarray, content: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Recolour a style picture so that mean and covariance of its RGB are the photo's; the mode "coral".

    CORAL (Sun, Feng and Saenko, AAAI 2016) on colours: whiten with the style's covariance, colour with the photo's.

    Args:
        style, content: (h, w, 3) and (H, W, 3) uint8 RGB, of any sizes.
        strength: 0 leaves the style, 1 is the full effect.

    Returns:
        (h, w, 3) uint8 RGB.

    Raises:
        OptionError: strength outside 0..1.
    """
    check_color("coral", strength)
    (mean, spread), (wanted, wanted_spread) = _moments(style), _moments(content)
    turn = _matrix_power(wanted_spread, 0.5) @ _matrix_power(spread, -0.5)
    turn = (1 - strength) * np.eye(3) + strength * turn
    moved = (1 - strength) * mean + strength * wanted
    result = (style.astype(np.float32) / 255 - mean.astype(np.float32)) @ turn.T.astype(np.float32)
    return np.clip(np.rint((result + moved.astype(np.float32)) * 255), 0, 255).astype(np.uint8)


def check_color(mode: str, strength: float) -> None:
    """Raise OptionError for a mode or strength that there is not."""
    if mode not in COLOR_MODES:
        raise OptionError(f"got color {mode!r}; want one of {', '.join(COLOR_MODES)}")
    if not 0 <= strength <= 1:  # NaN fails this too
        raise OptionError(f"got color strength {strength}; want 0 (the style's colours) to 1 (full effect)")


def _luma_onto(painted: np.ndarray, content: np.ndarray) -> np.ndarray:
    """Chroma is what R, G and B differ by: moving all three by the same step changes luma alone."""
    step = cv2.subtract(
        cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY), cv2.cvtColor(content, cv2.COLOR_RGB2GRAY), dtype=cv2.CV_16S
    )
    return cv2.add(content, cv2.merge([step, step, step]), dtype=cv2.CV_8U)  # saturates


def _lightness_onto(painted: np.ndarray, content: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(content.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.cvtColor(painted.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]
    return np.clip(np.rint(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255), 0, 255).astype(np.uint8)


def _lab_luts(painted: np.ndarray, content: np.ndarray) -> np.ndarray:
    """(1, 256, 3) uint8: for L, a and b, the table that turns the painting's histogram into the photo's."""
    ours, theirs = (_lab_histograms(picture).cumsum(1) for picture in (painted, content))
    levels = np.arange(256)
    tables = []
    for own, wanted in zip(ours, theirs):
        middle = own - np.diff(own, prepend=0) / 2  # a level's own mass counts half: ties do not push up
        tables.append(np.interp(middle / own[-1], wanted / wanted[-1], levels))
    return np.rint(np.stack(tables, 1)).astype(np.uint8)[None]


def _lab_histograms(picture: np.ndarray) -> np.ndarray:
    """(3, 256) counts of 8-bit L, a and b."""
    counts = np.zeros((3, 256))
    for strip in strips(picture):
        lab = cv2.cvtColor(np.ascontiguousarray(picture[strip]), cv2.COLOR_RGB2LAB)
        counts += [np.bincount(lab[..., channel].ravel(), minlength=256) for channel in range(3)]
    return counts


def _moments(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (3,) and covariance (3, 3) of RGB 0..1, from evenly spread pixels."""
    pixels = picture.reshape(-1, 3)
    pixels = pixels[:: max(1, len(pixels) // SAMPLE)] / 255.0
    mean = pixels.mean(0)
    centred = pixels - mean
    return mean, centred.T @ centred / len(pixels) + RIDGE * np.eye(3)


def _matrix_power(matrix: np.ndarray, power: float) -> np.ndarray:
    """Of a symmetric positive matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**power) @ vectors.T
