"""Training pictures: decoded once, kept as uint8 in the memory of the training device or in a file, cropped there."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from adain.builtin import find_style
from adain.errors import TrainingError
from adain.folders import files_below
from adain.picture import READABLE

from .config import TrainConfig
from .objective import Batch
from .temporal import moved, random_flow

DECODE_AHEAD = 64  # pictures


def find_pictures(folder: Path) -> list[Path]:
    """Every picture below `folder`, in a fixed order; a file stands for itself."""
    if folder.is_file():
        return [folder]
    return files_below(folder, READABLE)


def style_source(config: TrainConfig) -> Path:
    """The folder of artworks, or the one picture for a network of one style.

    Raises:
        TrainingError: a folder, where one picture is wanted.
        StyleError: there is no such picture.
    """
    if not config.one_style:
        return config.style
    if config.style.is_dir():
        raise TrainingError(
            f"got the folder {config.style} for --style; {config.model} learns one style: want one picture, or the "
            "name of a built-in style"
        )
    return find_style(config.style)


def read_rgb(path: Path, side: int) -> np.ndarray | None:
    """(H, W, 3) uint8 RGB with a short side of at most `side` px, or None where the file is no picture."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    scale = side / min(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


class PictureBank:
    """All pictures of a folder; batches of random crops come out, on one device.

    Args:
        folder: read at any depth; files that are no pictures are counted in `broken` and left out.
        device: where crops are made, and where the pixels live unless there is a cache.
        zoom: range of a crop's side as a share of the picture's short side.
        side: pictures are kept with a short side of at most this many px.
        cache: folder for a file with all pixels, made once and read as needed; for sets larger than memory.
        most: at most so many of the pictures, any of them; None: all.

    Raises:
        TrainingError: no picture could be read.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: torch.device,
        zoom: tuple[float, float],
        side: int = 512,
        cache: Path | None = None,
        most: int | None = None,
    ) -> None:
        paths = find_pictures(folder)
        if most is not None and most < len(paths):
            paths = [paths[i] for i in np.random.default_rng(len(paths)).permutation(len(paths))[:most]]
        self.device, self.zoom = device, zoom
        if cache:
            self.pixels = open_cache(paths, side, cache / hash_of(paths, side))
        else:
            self.pixels = [torch.from_numpy(p).to(device) for p in decoded(paths, side)]
        self.broken = len(paths) - len(self.pixels)
        if not self.pixels:
            raise TrainingError(
                f"no readable picture below {folder} ({len(paths)} candidates): want jpg, png, webp ..."
            )

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, count: int, size: int, generator: np.random.Generator) -> Tensor:
        """`count` random crops, flipped half the time: (count, 3, size, size) float32 RGB 0..1."""
        return torch.stack([self._crop(int(i), size, generator) for i in generator.integers(len(self), size=count)])

    def _crop(self, index: int, size: int, generator: np.random.Generator) -> Tensor:
        picture = self.pixels[index]  # (H, W, 3) uint8
        height, width = picture.shape[:2]
        side = max(16, round(min(height, width) * generator.uniform(*self.zoom)))
        side = min(side, height, width)
        y, x = generator.integers(height - side + 1), generator.integers(width - side + 1)
        crop = picture[y : y + side, x : x + side].to(self.device).permute(2, 0, 1)[None].float() / 255
        crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=True, align_corners=False)[0]
        return crop.flip(2) if generator.random() < 0.5 else crop


def decoded(paths: list[Path], side: int) -> Iterator[np.ndarray]:
    """The readable ones among the pictures, in order, decoded in parallel, a few ahead."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(paths), DECODE_AHEAD):
            for picture in pool.map(lambda path: read_rgb(path, side), paths[start : start + DECODE_AHEAD]):
                if picture is not None:
                    yield picture


def hash_of(paths: list[Path], side: int) -> str:
    """A name for this very set of files at this size."""
    facts = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in paths]
    return hashlib.sha256(json.dumps([side, facts]).encode()).hexdigest()[:16]


def open_cache(paths: list[Path], side: int, path: Path) -> list[Tensor]:
    """The pictures as views of one memory-mapped file, which is written first where it is missing.

    `path`.bin holds the pixels one picture after the other; `path`.json their heights and widths, written last, so
    that a file cut short is made anew.
    """
    shapes_path, pixels_path = path.with_suffix(".json"), path.with_suffix(".bin")
    if not shapes_path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shapes = []
        with pixels_path.open("wb") as file:
            for picture in decoded(paths, side):
                file.write(np.ascontiguousarray(picture).data)
                shapes.append(picture.shape[:2])
        shapes_path.write_text(json.dumps(shapes))
    shapes = json.loads(shapes_path.read_text())
    if not shapes:
        return []
    pixels = torch.from_file(str(pixels_path), shared=False, size=pixels_path.stat().st_size, dtype=torch.uint8)
    sizes = [height * width * 3 for height, width in shapes]
    return [p.view(height, width, 3) for p, (height, width) in zip(pixels.split(sizes), shapes)]


def recolour(images: Tensor, share: float, generator: np.random.Generator) -> Tensor:
    """Turn the palette of a `share` of the images: channels permuted, contrast and brightness changed.

    A few hundred paintings have few palettes; this teaches the style encoder colour from as many as we like.
    """
    out = images.clone()
    for i in range(len(images)):
        if generator.random() < share:
            order = torch.from_numpy(generator.permutation(3)).to(images.device)
            gain = torch.from_numpy(generator.uniform(0.6, 1.4, (3, 1, 1))).to(images)
            offset = torch.from_numpy(generator.uniform(-0.15, 0.15, (3, 1, 1))).to(images)
            out[i] = ((images[i][order] - 0.5) * gain + 0.5 + offset).clamp(0, 1)
    return out


def colour_view(share: float, generator: np.random.Generator) -> Tensor:
    """(3, 4): a colour matrix and an offset, which in a `share` of cases change anything.

    They are the symmetries of the colour cube: channels exchanged, and some inverted. A network under training finds
    colours for which the perceptual network's answers are right and its strokes are not; it cannot for all of these.
    """
    view = torch.eye(3, 4)
    if generator.random() < share:
        signs = torch.from_numpy(generator.choice([-1.0, 1.0], 3)).float()
        view[:, :3] = torch.diag(signs)[torch.from_numpy(generator.permutation(3))]
        view[:, 3] = (1 - view[:, :3].sum(1)) / 2
    return view


def make_batch(photos: PictureBank, artworks: PictureBank, config: TrainConfig, drawing: int, rank: int = 0) -> Batch:
    """The pictures of a drawing, which serve `config.pairings` steps; always the same for the same number and rank."""
    generator = np.random.default_rng((config.seed, drawing, rank))
    content = photos.batch(config.batch, config.crop, generator)
    style = artworks.batch(config.batch, config.style_crop, generator)
    for i in np.flatnonzero(generator.random(config.batch) < config.photos_as_styles):
        style[i] = photos.batch(1, config.style_crop, generator)[0]
    style = recolour(style, config.recolour, generator)
    later, flow = a_moment_later(content, config, generator)
    view = colour_view(config.colour_views, generator).to(content.device)
    content, style, later = (x.contiguous(memory_format=torch.channels_last) for x in (content, style, later))
    return Batch(content, style, later, flow, view, turn=0)


def a_moment_later(content: Tensor, config: TrainConfig, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    """The first half of the photos, moved and noised, and how they moved: see `Batch`."""
    first = content[: config.batch // 2 or 1]
    flow = random_flow(len(first), config.crop, config.crop, generator).to(content.device)
    return moved(first, flow, generator), flow


def batches(
    photos: PictureBank, artworks: PictureBank, config: TrainConfig, first: int, rank: int = 0
) -> Iterator[Batch]:
    """The batches from step `first` to the last, each drawing made in a thread while the one before is learned from.

    On a GPU it is made beside the training, on a stream of its own.
    """
    stream = torch.cuda.Stream(photos.device) if photos.device.type == "cuda" else None

    def draw(drawing: int) -> Batch:
        with torch.cuda.stream(stream) if stream else nullcontext():
            return make_batch(photos, artworks, config, drawing, rank)

    with ThreadPoolExecutor(1) as ahead:
        pending = ahead.submit(draw, first // config.pairings)
        for step in range(first, config.steps):
            drawing, turn = divmod(step, config.pairings)
            if turn == 0 or step == first:
                batch = pending.result()
                if stream:
                    hand_over(batch, stream)
                if (drawing + 1) * config.pairings < config.steps:
                    pending = ahead.submit(draw, drawing + 1)
            yield batch._replace(turn=turn)


def hand_over(batch: Batch, stream: torch.cuda.Stream) -> None:
    """From the stream that a batch is made on to the current one."""
    current = torch.cuda.current_stream(stream.device)
    current.wait_stream(stream)
    for part in batch.tensors:
        part.record_stream(current)  # its memory is not given to others while that stream may read it
