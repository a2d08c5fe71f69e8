"""Reading and writing pictures: the one place where files become sRGB arrays and back."""

import io
import os
import struct
import tempfile
import threading
import warnings
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import pi_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from . import mapped
from .errors import PictureError

pi_heif.register_heif_opener()  # the photos of an iPhone

JPEG_QUALITY, AVIF_QUALITY = 95, 85
FORMATS = {  # that can be written
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".avif": "AVIF",
}
READABLE = (*FORMATS, ".jfif", ".heic", ".heif")  # what counts as a picture in a folder
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"}  # of files with still pictures
OPAQUE = 255
WITHOUT_ALPHA = {"JPEG", "BMP"}
SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": JPEG_QUALITY, "subsampling": 0},  # 4:4:4: brush strokes are coloured edges
    "WEBP": {"quality": JPEG_QUALITY},
    "TIFF": {"compression": "tiff_lzw"},
    "AVIF": {"quality": AVIF_QUALITY, "subsampling": "4:4:4"},
}
UMASK_LOCK = threading.Lock()
# What Pillow's decoders raise on damaged data.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, struct.error)


class Picture(NamedTuple):
    """A decoded picture, upright, in sRGB."""

    rgb: np.ndarray  # (H, W, 3) uint8
    alpha: np.ndarray | None = None  # (H, W) uint8, 255 = opaque; None where the file has none

    def resized(self, width: int, height: int) -> "Picture":
        if mapped.is_huge(max(self.rgb.size // 3, width * height)):
            alpha = None if self.alpha is None else mapped.resize_mapped(self.alpha, width, height)
            return Picture(mapped.resize_mapped(self.rgb, width, height), alpha)
        size = (width, height)
        rgb = _to_array(Image.fromarray(self.rgb).resize(size, Image.Resampling.LANCZOS))
        if self.alpha is None:
            return Picture(rgb)
        return Picture(rgb, np.array(Image.fromarray(self.alpha).resize(size, Image.Resampling.LANCZOS)))

    def rgba(self) -> np.ndarray:
        """(H, W, 4) uint8, opaque where there is no alpha."""
        alpha = np.full(self.rgb.shape[:2], OPAQUE, np.uint8) if self.alpha is None else self.alpha
        return np.dstack([self.rgb, alpha])

    def on_white(self) -> np.ndarray:
        """What it looks like on white paper: (H, W, 3) uint8."""
        if self.alpha is None:
            return self.rgb
        image = Image.fromarray(self.rgba())
        return np.array(Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB"))


def scale_to(width: int, height: int, long_side: int | None) -> tuple[int, int]:
    """Width and height scaled up or down to that long side, each at least 1; as they are for None."""
    scale = 1 if long_side is None else long_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def read_picture(source: str | Path | bytes) -> Picture:
    """Decode a picture file, or the bytes of one.

    EXIF orientation is applied, an embedded colour profile converted to sRGB, alpha kept apart; grey, palette, CMYK and
    16-bit files come out as 8-bit RGB.

    Raises:
        PictureError: missing, empty, cut short, not a picture, or larger than Pillow's limit against bombs.
    """
    if not isinstance(source, bytes) and (pixels := mapped.read_mapped(Path(source))):
        return Picture(*pixels)
    name = "the bytes on stdin" if isinstance(source, bytes) else str(source)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except FileNotFoundError as error:
        raise PictureError(f"{name}: no such file; check the path") from error
    except OSError as error:
        raise PictureError(f"{name}: cannot be read ({error.strerror}); a picture file is wanted") from error
    if not data:
        raise PictureError(f"{name}: the file is empty (0 bytes); a picture is wanted")
    try:
        with warnings.catch_warnings():
            # Pillow warns of damage and of large pictures; where they are beyond use it raises as well.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return to_srgb(image)
    except UnidentifiedImageError as error:
        if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
            raise PictureError(f"{name}: damaged or cut short; get a whole copy of the file") from error
        return _read_with_opencv(data, name, error)
    except Image.DecompressionBombError as error:
        raise PictureError(f"{name}: too many pixels to open safely ({error}); scale it down first") from error
    except DAMAGE as error:
        raise PictureError(f"{name}: damaged or cut short ({error}); get a whole copy of the file") from error


def to_srgb(image: Image.Image) -> Picture:
    """What Pillow has opened, of any mode and profile."""
    alpha = None
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_to_uint8(np.array(image)))
    elif image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        alpha = np.array(rgba.getchannel("A"))
        image = _keep_profile(rgba.convert("RGB"), image)
    return Picture(_to_array(_apply_profile(image)), alpha)


def _keep_profile(image: Image.Image, source: Image.Image) -> Image.Image:
    image.info["icc_profile"] = source.info.get("icc_profile")
    return image


def _apply_profile(image: Image.Image) -> Image.Image:
    """Convert to sRGB through the embedded profile; a broken or unfitting profile counts as none."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError):
            pass  # viewers show such files without the profile too
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_array(image: Image.Image) -> np.ndarray:
    """RGB pixels, in strips: Pillow would hold a huge picture twice more while it is copied."""
    out = np.empty((image.height, image.width, 3), np.uint8)
    for rows in mapped.strips(out):
        out[rows] = np.asarray(image.crop((0, rows.start, image.width, rows.stop)))
    return out


def _to_uint8(samples: np.ndarray) -> np.ndarray:
    """16-bit integers (0..65535) or floats (0..1, or 0..255 where any exceeds 1) to uint8, rounded."""
    if np.issubdtype(samples.dtype, np.floating):
        samples = np.nan_to_num(samples)
        return np.clip(np.rint(samples * (255 if samples.max() <= 1 else 1)), 0, 255).astype(np.uint8)
    return np.clip(np.rint(samples / 257.0), 0, 255).astype(np.uint8)


def _read_with_opencv(data: bytes, name: str, cause: Exception) -> Picture:
    """A few files Pillow does not know, such as 16-bit colour TIFF."""
    import cv2

    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise PictureError(f"{name}: not a picture; want PNG, JPEG, HEIC, WebP, AVIF, TIFF, BMP or GIF") from cause
    if samples.dtype != np.uint8:
        samples = _to_uint8(samples)
    if samples.ndim == 2:
        return Picture(np.repeat(samples[..., None], 3, 2))
    rgb = np.ascontiguousarray(samples[..., 2::-1])
    return Picture(rgb, samples[..., 3].copy() if samples.shape[2] == 4 else None)


def format_of(path: Path) -> str:
    """Pillow's name of the format a suffix stands for.

    Raises:
        PictureError: no format is known by that suffix.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        wanted = ", ".join(FORMATS)
        raise PictureError(f"{path}: cannot write {path.suffix or 'a file without suffix'!r}; want {wanted}") from None


def encode_picture(picture: Picture, stream: BinaryIO, format: str = "PNG") -> None:
    """Write a picture to a stream; formats without alpha show it on white."""
    if picture.alpha is None or format in WITHOUT_ALPHA:
        image = Image.fromarray(picture.on_white())
    else:
        image = Image.fromarray(picture.rgba())
    image.save(stream, format, **SAVE_OPTIONS.get(format, {}))


def write_picture(picture: Picture, path: Path, *, overwrite: bool = False) -> None:
    """Write a picture so that only a whole file ever stands under its final name.

    Raises:
        PictureError: the file exists and `overwrite` is off, the suffix is unknown, or the folder cannot be written.
    """
    format = format_of(path)
    check_absent(path, overwrite=overwrite)
    part = None
    try:
        descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(descriptor, "wb") as stream:
            if mapped.is_mapped(picture.rgb) and format in mapped.WRITERS:
                mapped.write_mapped(picture.rgb, picture.alpha, stream.fileno(), format, JPEG_QUALITY)
            else:
                encode_picture(picture, stream, format)
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
        part = None
    except OSError as error:
        raise PictureError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from error
    finally:
        if part:
            Path(part).unlink(missing_ok=True)


def check_absent(path: Path, *, overwrite: bool) -> None:
    """Raise PictureError where writing `path` would replace a file and `overwrite` is off."""
    if os.path.exists(path) and not overwrite:  # unlike Path.exists, False where the folder may not be looked into
        raise PictureError(f"{path}: exists already; choose another name with -o, or add --overwrite")


def _umask() -> int:
    with UMASK_LOCK:  # it can only be read by setting it, for the whole process
        mask = os.umask(0)
        os.umask(mask)
    return mask
