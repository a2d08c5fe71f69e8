"""Pictures too large to hold: their pixels lie in a file that is mapped, and few of them are in memory at a time.

To the rest of the library they are arrays like any other. Files are decoded, scaled and encoded strip by strip by
libvips. Where there is none (it comes with the package on Linux), or a file is of a rare kind, pictures of any size are
held in memory.
"""

import math
import mmap
import os
import struct
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .errors import PictureError

if TYPE_CHECKING:
    import pyvips

HUGE = 24_000_000  # px from which pictures are mapped
STRIP = 2_100_000  # px worked on at once: a frame of 1920x1080, and hardly more
ON_DISK = Path("/var/tmp")  # where it exists; /tmp is memory on many systems
READ_FORMATS = {"JPEG", "PNG", "TIFF", "WEBP"}
READ_MODES = {"L", "RGB", "RGBA", "CMYK"}
TURNED = range(5, 9)  # EXIF orientations that exchange rows and columns
WRITERS = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif"}


def is_huge(pixels: int) -> bool:
    """Whether a picture of so many pixels is to be mapped."""
    return pixels >= HUGE and hasattr(os, "posix_fallocate") and find_spec("pyvips") is not None


def is_mapped(pixels: np.ndarray) -> bool:
    return getattr(pixels, "_mmap", None) is not None


def release(*arrays: np.ndarray) -> None:
    """Let go of the memory that holds mapped pixels; they are read from the file again when they are wanted."""
    for array in arrays:
        mapping = getattr(array, "_mmap", None)
        if mapping is not None and hasattr(mapping, "madvise"):
            mapping.madvise(mmap.MADV_DONTNEED)


def strips(*arrays: np.ndarray) -> Iterator[slice]:
    """Rows to work on one after the other, so that float copies of a huge picture never exist whole.

    All arrays are (H, W, ...); what is mapped of them is released behind each strip.
    """
    height, width = arrays[0].shape[:2]
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
        release(*arrays)


def empty(shape: tuple[int, ...]) -> np.ndarray:
    """uint8 pixels yet to be written, mapped where they are many and the disk has room for them."""
    if not is_huge(shape[0] * shape[1]):
        return np.empty(shape, np.uint8)
    folder = ON_DISK if "TMPDIR" not in os.environ and ON_DISK.is_dir() else None
    try:
        with tempfile.TemporaryFile(dir=folder) as file:  # it has no name, and goes when the mapping does
            os.posix_fallocate(file.fileno(), 0, math.prod(shape))  # a disk that is full later would kill us
            return np.memmap(file, np.uint8, "r+", shape=shape)
    except OSError:
        return np.empty(shape, np.uint8)


def read_mapped(path: Path) -> tuple[np.ndarray, np.ndarray | None] | None:
    """Decode a huge file: its pixels, (H, W, 3) and (H, W) for the alpha there may be; None: read it another way.

    Raises:
        PictureError: the file is damaged or cut short.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of large pictures
        try:
            with Image.open(path) as header:
                if not is_huge(header.width * header.height):
                    return None
                if header.format not in READ_FORMATS or header.mode not in READ_MODES:
                    return None
                turned = header.getexif().get(0x0112) in TURNED
        except (OSError, Image.DecompressionBombError, SyntaxError, ValueError):
            return None
    import pyvips

    try:
        # libvips turns a picture that is read from top to bottom only if it keeps it, which it does on disk.
        image = pyvips.Image.new_from_file(str(path), access="random" if turned else "sequential", fail_on="truncated")
        image = _to_srgb(image.autorot())
        pixels = _stored(image)
        if not image.hasalpha():
            return pixels, None
        rgb, alpha = empty((*pixels.shape[:2], 3)), empty(pixels.shape[:2])
        for rows in strips(pixels, rgb, alpha):
            rgb[rows], alpha[rows] = pixels[rows, :, :3], pixels[rows, :, 3]
        return rgb, alpha
    except pyvips.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise PictureError(f"{path}: damaged or cut short ({reason}); get a whole copy of the file") from error


def _to_srgb(image: "pyvips.Image") -> "pyvips.Image":
    import pyvips

    if image.get_typeof("icc-profile-data"):
        try:
            return image.icc_transform("srgb", embedded=True, intent="perceptual")
        except pyvips.Error:
            pass  # viewers show such files without the profile too
    return image.colourspace("srgb")


def write_mapped(rgb: np.ndarray, alpha: np.ndarray | None, descriptor: int, format: str, quality: int) -> None:
    """Encode pixels into an open file; `format` is one of WRITERS.

    Raises:
        OSError: the file cannot be written.
    """
    import pyvips

    options: dict[str, dict[str, object]] = {
        "JPEG": {"Q": quality, "subsample_mode": "off"},
        "PNG": {},
        "TIFF": {"compression": "lzw"},
    }
    with ExitStack() as streams:
        image = streams.enter_context(_streamed(rgb))
        if alpha is not None:
            image = image.bandjoin(streams.enter_context(_streamed(alpha)))
            if format == "JPEG":
                image = image.flatten(background=[255, 255, 255])
        try:
            target = pyvips.Target.new_to_descriptor(descriptor)
            image.write_to_target(target, WRITERS[format], **options[format])
        except pyvips.Error as error:
            raise OSError(str(error).strip()) from error


def resize_mapped(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """(H, W, 3) or (H, W) uint8 at another size, streamed through: smaller by Lanczos, larger by bicubic."""
    import pyvips

    x, y = width / pixels.shape[1], height / pixels.shape[0]
    with _streamed(pixels) as stream:
        image = stream
        if x < 1 or y < 1:
            image = image.resize(min(x, 1), vscale=min(y, 1), kernel="lanczos3")
        x, y = max(x, 1), max(y, 1)
        if x > 1 or y > 1:  # libvips' own enlarging moves the picture by half a pixel
            image = image.affine(
                [x, 0, 0, y], odx=(x - 1) / 2, ody=(y - 1) / 2, oarea=[0, 0, width, height], extend="copy",
                interpolate=pyvips.Interpolate.new("bicubic"),
            )  # fmt: skip
        return _stored(image)


@contextmanager
def _streamed(pixels: np.ndarray) -> "Iterator[pyvips.Image]":
    """The pixels as an image that libvips reads from top to bottom, once."""
    import pyvips

    if not is_mapped(pixels):
        height, width, bands = (*pixels.shape, 1)[:3]
        plain = pyvips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, bands, "uchar")
        yield plain.copy(interpretation="srgb" if bands == 3 else "b-w")
        return
    chunks, left = _png(pixels), memoryview(b"")

    def read(size: int) -> memoryview:
        nonlocal left
        left = left or memoryview(next(chunks, b""))
        part, left = left[:size], left[size:]
        return part

    source = pyvips.SourceCustom()
    source.on_read(read)
    yield pyvips.Image.pngload_source(source, access="sequential")
    del source  # libvips does not keep what it reads from


def _png(pixels: np.ndarray) -> Iterator[bytes]:
    """The pixels as a PNG file without compression, strip by strip: the plainest format that libvips takes as a stream.

    libvips reads arrays and raw files too, but keeps all of them mapped until it is done.
    """
    height, width = pixels.shape[:2]
    row = math.prod(pixels.shape[1:])
    colours = 2 if pixels.ndim == 3 else 0  # RGB or grey

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))

    yield b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))
    stored = zlib.compressobj(0)
    for rows in strips(pixels):
        lines = np.zeros((rows.stop - rows.start, 1 + row), np.uint8)  # each begins with the number of its filter: none
        lines[:, 1:] = pixels[rows].reshape(-1, row)
        yield chunk(b"IDAT", stored.compress(lines.data))
    yield chunk(b"IDAT", stored.flush()) + chunk(b"IEND", b"")


def _stored(image: "pyvips.Image") -> np.ndarray:
    """The pixels of an image, fetched from top to bottom: (H, W) for one band, else (H, W, bands)."""
    import pyvips

    image = image.cast("uchar")
    bands = () if image.bands == 1 else (image.bands,)
    out = empty((image.height, image.width, *bands))
    region = pyvips.Region.new(image)
    for rows in strips(out):
        count = rows.stop - rows.start
        fetched = np.frombuffer(region.fetch(0, rows.start, image.width, count), np.uint8)
        out[rows] = fetched.reshape(count, image.width, *bands)
    return out
