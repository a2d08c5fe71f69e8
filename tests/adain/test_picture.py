"""Every kind of file a user may hand in, and what comes of the broken ones."""

import io
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from adain.errors import PictureError
from adain.picture import Picture, encode_picture, read_picture, write_picture

RED, GREEN = (200, 30, 40), (20, 180, 60)


def two_colours(width: int = 8, height: int = 6) -> np.ndarray:
    """Left half red, right half green: tells colour order and orientation apart."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:, : width // 2], rgb[:, width // 2 :] = RED, GREEN
    return rgb


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def test_colour_order_is_rgb(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "a.png"), two_colours()[..., ::-1])
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").rgb, two_colours())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int):
    upright = two_colours(16, 8)
    undo = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2), 6: np.rot90,
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    np.testing.assert_array_equal(read_picture(encoded(stored, exif=exif)).rgb, upright)


def test_alpha_is_kept_apart():
    alpha = np.linspace(0, 255, 48).astype(np.uint8).reshape(6, 8)
    got = read_picture(encoded(Image.fromarray(np.dstack([two_colours(), alpha]))))
    np.testing.assert_array_equal(got.rgb, two_colours())
    np.testing.assert_array_equal(got.alpha, alpha)


def test_grey_and_grey_with_alpha():
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
    np.testing.assert_array_equal(read_picture(encoded(Image.fromarray(grey))).rgb, np.repeat(grey[..., None], 3, 2))
    got = read_picture(encoded(Image.merge("LA", [Image.fromarray(grey), Image.fromarray(255 - grey)])))
    np.testing.assert_array_equal(got.rgb[..., 1], grey)
    np.testing.assert_array_equal(got.alpha, 255 - grey)


def test_palette_with_a_transparent_colour():
    image = Image.fromarray(two_colours()).quantize(2)
    red = image.getpixel((0, 0))
    got = read_picture(encoded(image, transparency=red))
    np.testing.assert_array_equal(got.rgb[:, 4:], two_colours()[:, 4:])
    assert got.alpha is not None and not got.alpha[:, :4].any() and got.alpha[:, 4:].all()


def test_cmyk_jpeg():
    got = read_picture(encoded(Image.fromarray(two_colours(32, 32)).convert("CMYK"), "JPEG", quality=95)).rgb
    assert np.abs(got.astype(int) - two_colours(32, 32)).mean() < 8


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_grey_and_colour(tmp_path: Path, suffix: str):
    colour = two_colours().astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / f"colour{suffix}"), colour[..., ::-1])
    np.testing.assert_allclose(read_picture(tmp_path / f"colour{suffix}").rgb, two_colours(), atol=1)
    cv2.imwrite(str(tmp_path / f"grey{suffix}"), colour[..., 0])
    np.testing.assert_allclose(read_picture(tmp_path / f"grey{suffix}").rgb[..., 2], two_colours()[..., 0], atol=1)


def test_embedded_profile_is_converted_to_srgb():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    same = read_picture(encoded(Image.fromarray(two_colours()), icc_profile=lab.tobytes())).rgb
    np.testing.assert_allclose(same, two_colours(), atol=1)
    linear = linear_rgb_profile()
    got = read_picture(encoded(Image.fromarray(two_colours()), icc_profile=linear)).rgb
    value = RED[0] / 255  # a linear value of 200/255 is brighter in sRGB
    assert abs(int(got[0, 0, 0]) - round(255 * (1.055 * value ** (1 / 2.4) - 0.055))) <= 3


def linear_rgb_profile() -> bytes:
    """The sRGB profile with its tone curves replaced by straight lines (an ICC 'curv' of no entries)."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for i in range(int.from_bytes(data[128:132], "big")):
        tag = data[132 + 12 * i : 144 + 12 * i]
        if tag[:4] in (b"rTRC", b"gTRC", b"bTRC"):
            offset = int.from_bytes(tag[4:8], "big")
            data[offset : offset + 12] = b"curv" + bytes(8)
    return bytes(data)


def test_broken_profile_counts_as_none():
    np.testing.assert_array_equal(
        read_picture(encoded(Image.fromarray(two_colours()), icc_profile=b"nonsense")).rgb, two_colours()
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"this is no picture\n" * 9, "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "damaged|not a picture"),
    ],
)
def test_bytes_that_are_no_picture(tmp_path: Path, data: bytes, words: str):
    (tmp_path / "bad.jpg").write_bytes(data)
    with pytest.raises(PictureError, match=words) as caught:
        read_picture(tmp_path / "bad.jpg")
    assert "bad.jpg" in str(caught.value) and "\n" not in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(keep=st.floats(0.0, 0.99), format=st.sampled_from(["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"]))
def test_truncated_files_are_picture_errors_or_pictures(keep: float, format: str):
    noise = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), format)
    try:
        assert read_picture(whole[: int(len(whole) * keep)]).rgb.shape == (20, 30, 3)
    except PictureError as error:
        assert "\n" not in str(error)


def heic(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=95)
    return buffer.getvalue()


def test_photos_of_an_iphone():
    photo = np.repeat(np.repeat(two_colours(), 8, 0), 8, 1)
    got = read_picture(heic(Image.fromarray(photo)))
    assert got.alpha is None and np.abs(got.rgb.astype(int) - photo)[:, [4, -4]].max() <= 4
    alpha = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    got = read_picture(heic(Image.fromarray(np.dstack([photo, alpha]))))
    assert got.alpha is not None and np.abs(got.alpha.astype(int) - alpha).max() <= 12


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.9, 0.99])
def test_a_truncated_photo_of_an_iphone(keep: float):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    whole = heic(Image.fromarray(noise))
    with pytest.raises(PictureError, match="damaged or cut short"):
        read_picture(whole[: int(len(whole) * keep)])


def test_decompression_bomb(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PictureError, match="too many pixels"):
        read_picture(encoded(Image.new("RGB", (64, 64))))


def test_missing_file_and_folder(tmp_path: Path):
    with pytest.raises(PictureError, match="no such file"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(PictureError, match="cannot be read"):
        read_picture(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".avif", ".PNG"])
def test_round_trip(tmp_path: Path, suffix: str):
    write_picture(Picture(two_colours(32, 32)), tmp_path / f"a{suffix}")
    assert np.abs(read_picture(tmp_path / f"a{suffix}").rgb.astype(int) - two_colours(32, 32)).mean() < 3
    assert [p.name for p in tmp_path.iterdir()] == [f"a{suffix}"]  # no part file left


def test_jpeg_is_quality_95_without_chroma_subsampling(tmp_path: Path):
    write_picture(Picture(two_colours(32, 32)), tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.quantization[0][0] <= 2
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}


def test_jpeg_shows_alpha_on_white():
    buffer = io.BytesIO()
    encode_picture(Picture(two_colours(32, 32), np.zeros((32, 32), np.uint8)), buffer, "JPEG")
    assert read_picture(buffer.getvalue()).rgb.min() > 250


def test_nothing_is_overwritten_or_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")
    with pytest.raises(PictureError, match="--overwrite"):
        write_picture(Picture(two_colours()), path)
    assert path.read_bytes() == b"mine"

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full_disk)
    with pytest.raises(PictureError, match="No space left"):
        write_picture(Picture(two_colours()), path, overwrite=True)
    assert path.read_bytes() == b"mine"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_unknown_suffix_and_missing_folder(tmp_path: Path):
    with pytest.raises(PictureError, match=r"\.gif.*want \.png"):
        write_picture(Picture(two_colours()), tmp_path / "a.gif")
    with pytest.raises(PictureError, match="cannot be written"):
        write_picture(Picture(two_colours()), tmp_path / "none" / "a.png")
