"""Mask pictures: which of their pixels belong to which label.

A mask tells its labels apart in one of four ways:
    black and white, or soft: white (or any name, if it is the only one) and "black" or "rest"; grey is part of both;
    colours: labels are colour names or codes ("red", "#00ff00"); each pixel belongs to the nearest;
    class numbers: labels are whole numbers, the grey values of the classes;
    a mask for each label: soft, white where the label is.
"rest" is whatever no other label covers.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ImageColor

from .errors import OptionError
from .picture import Picture, read_picture

REST = "rest"
GREYISH = 12  # levels that R, G and B of a grey mask may differ by: JPEG
NEAR = 96.0  # RGB distance up to which a pixel belongs to a colour where there is a "rest" to take it otherwise
STRAY = 0.005  # share of a mask that may belong to no label
EDGES = 0.05  # the same among colours, whose smoothed edges are of neither
SHOWN = 4  # colours that an error message lists

Masks = dict[str, np.ndarray]  # label -> (H, W) uint8, 255 where it has its full weight; they sum to 255


def read_masks(files: Sequence[tuple[str | None, str | Path]], labels: Sequence[str]) -> Masks:
    """Read the masks of these labels.

    Args:
        files: one mask picture, (None, path); or one for each label but "rest", (label, path).
        labels: what the styles are for.

    Raises:
        PictureError: a file cannot be read.
        OptionError: a label has no pixel, pixels have no label, or labels and masks do not fit together.
    """
    if len(set(labels)) != len(labels):
        raise OptionError(f"got labels {', '.join(labels)}; want each once")
    if all(label is None for label, _ in files):
        if len(files) != 1:
            raise OptionError(f"got {len(files)} masks without labels; want one, or LABEL=MASK for each")
        path = files[0][1]
        masks = split_mask(_mask_colours(read_picture(path)), labels, str(path))
    else:
        masks = _soft_masks(files, labels)
    for label, mask in masks.items():
        if not mask.any():
            raise OptionError(
                f"{_names(files)}: no pixel belongs to {label!r}; correct the mask, or leave the label out"
            )
    return masks


def split_mask(mask: np.ndarray, labels: Sequence[str], name: str = "the mask") -> Masks:
    """Tell the labels of one (H, W, 3) uint8 RGB mask apart; errors as in `read_masks`."""
    grey = np.ptp(mask, axis=2).max() <= GREYISH
    free = [label for label in labels if label != REST and not _tells_apart(label, grey=bool(grey))]
    if grey and set(labels) <= {"white", "black", REST, *free[:1]} and not (free and "white" in labels):
        return _split_soft(mask[..., 0], labels, free, name)
    if free:
        raise OptionError(
            f"{name}: label {free[0]!r} is no colour, and with {len(labels)} labels one mask tells only colours apart "
            f"(this one has {_palette(mask)}); name labels by colour, or give each a mask of its own (LABEL=MASK)"
        )
    return _split_colours(mask, labels, name)


def _split_soft(mask: np.ndarray, labels: Sequence[str], free: list[str], name: str) -> Masks:
    if len(labels) > 2:
        raise OptionError(f"{name}: got labels {', '.join(labels)}; a black and white mask tells two apart")
    white = next((label for label in labels if label == "white" or label in free), None)
    black = next((label for label in labels if label in ("black", REST) and label != white), None)
    if white is None and {"black", REST} <= set(labels):
        white, black = REST, "black"
    halves = {white: mask, black: 255 - mask}
    missing = halves.pop(None, None)
    if missing is not None and missing.mean() > 255 * STRAY:
        side = "white" if white is None else "black"
        raise OptionError(
            f"{name}: its {side} part ({missing.mean() / 255:.0%}) has no style; add --style {REST}=PICTURE, "
            f"or {REST}=keep for the photo itself"
        )
    return {label: halves[label] for label in labels}


def _split_colours(mask: np.ndarray, labels: Sequence[str], name: str) -> Masks:
    named = [label for label in labels if label != REST]
    if not named:
        raise OptionError(f"{name}: {REST!r} is what other labels leave; name at least one other")
    exact = any(label.isdigit() for label in named)
    near = 1.0 if exact else NEAR
    nearest = np.zeros(mask.shape[:2], np.uint8)
    best = np.full(mask.shape[:2], np.inf, np.float32)
    for i, label in enumerate(named):
        colour = np.array(_colour(label), np.float32)
        distance = np.sqrt(sum((mask[..., c] - colour[c]) ** 2 for c in range(3)))
        closer = distance < best
        nearest[closer], best[closer] = i, distance[closer]
    stray = best > near
    if REST in labels:
        nearest[stray] = len(named)
    elif stray.mean() > EDGES:
        raise OptionError(
            f"{name}: {stray.mean():.1%} of it belongs to no label (it has {_palette(mask)}); name them, "
            f"or add --style {REST}=PICTURE"
        )
    found = {label: np.where(nearest == i, 255, 0).astype(np.uint8) for i, label in enumerate([*named, REST])}
    empty = [label for label in labels if not found[label].any()]
    if empty:
        raise OptionError(f"{name}: no pixel belongs to {empty[0]!r}; it has {_palette(mask)}")
    return {label: found[label] for label in labels}


def _soft_masks(files: Sequence[tuple[str | None, str | Path]], labels: Sequence[str]) -> Masks:
    paths = {label or "": path for label, path in files}
    want = [label for label in labels if label != REST]
    if set(paths) != set(want) or len(paths) != len(files):
        raise OptionError(
            f"got masks for {', '.join(label or 'no label' for label, _ in files)} and styles for {', '.join(labels)}; "
            f"want one mask for each label but {REST!r}"
        )
    greys = {label: _mask_colours(read_picture(paths[label]))[..., :3].mean(2) for label in want}
    if len({grey.shape for grey in greys.values()}) > 1:
        sizes = ", ".join(f"{label} {g.shape[1]}x{g.shape[0]}" for label, g in greys.items())
        raise OptionError(f"got masks of several sizes ({sizes}); want one size for all")
    total = sum(greys.values())
    if REST in labels:
        greys[REST] = np.maximum(255 - total, 0)
        total = np.maximum(total, 255)
    elif (total < 128).mean() > STRAY:
        bare = (total < 128).mean()
        raise OptionError(
            f"{_names(files)}: {bare:.1%} of the picture belongs to no label; add --style {REST}=PICTURE, "
            f"or {REST}=keep for the photo itself"
        )
    total = np.maximum(total, 1)
    return {label: np.rint(255 * greys[label] / total).astype(np.uint8) for label in labels}


def _mask_colours(picture: Picture) -> np.ndarray:
    """The mask's colours; of a picture of one colour and a varied alpha, as cut-outs are, the alpha as grey."""
    rgb, alpha = picture
    if alpha is not None and np.ptp(alpha) and not np.ptp(rgb[alpha > 0], axis=0).any():
        return np.repeat(alpha[..., None], 3, 2)
    return rgb


def _colour(label: str) -> tuple[int, ...] | None:
    if label.isdigit():
        return (min(int(label), 255),) * 3
    try:
        return ImageColor.getrgb(label)[:3]
    except ValueError:
        return None


def _tells_apart(label: str, *, grey: bool) -> bool:
    """Whether the label is a colour that a mask can have; in a grey mask "tan" is but a name."""
    colour = _colour(label)
    return colour is not None and (not grey or np.ptp(colour) <= GREYISH)


def _palette(mask: np.ndarray) -> str:
    """The commonest colours, for a message: "#ff0000 (52%), #0000ff (48%)"."""
    step = max(1, mask.shape[0] * mask.shape[1] // 250_000)
    colours, counts = np.unique(mask.reshape(-1, 3)[::step], axis=0, return_counts=True)
    order = np.argsort(-counts)[:SHOWN]
    shown = (f"#{''.join(f'{c:02x}' for c in colours[i])} ({counts[i] / counts.sum():.0%})" for i in order)
    return ", ".join(shown) + (", …" if len(colours) > SHOWN else "")


def _names(files: Sequence[tuple[str | None, str | Path]]) -> str:
    return ", ".join(str(path) for _, path in files)
