"""Huge pictures: mapped, they come out as those that are held in memory do."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from adain import Style, Stylizer, mapped
from adain.errors import PictureError
from adain.picture import Picture, read_picture, write_picture
from adain.regions import Regions

pytest.importorskip("pyvips")


@pytest.fixture
def everything_is_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "HUGE", 1000)
    monkeypatch.setattr(mapped, "STRIP", 2000)  # several strips


def files(photo: np.ndarray, folder: Path) -> dict[str, Path]:
    """One picture, as the kinds of file that people have."""
    image = Image.fromarray(photo)
    turned = Image.Exif()
    turned[0x0112] = 6
    alpha = np.linspace(0, 255, photo[..., 0].size).astype(np.uint8).reshape(photo.shape[:2])
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(folder / "plain.jpg", quality=95)
    image.save(folder / "turned.jpg", quality=95, exif=turned)
    image.save(folder / "profile.jpg", quality=95, icc_profile=profile)
    image.save(folder / "plain.png")
    image.save(folder / "plain.webp", lossless=True)
    image.save(folder / "plain.tif")
    image.convert("L").save(folder / "grey.png")
    Image.fromarray(np.dstack([photo, alpha])).save(folder / "alpha.png")
    return {path.name: path for path in folder.iterdir()}


def test_files_are_read_as_in_memory(photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kinds = files(photo, tmp_path)
    held = {name: read_picture(path) for name, path in kinds.items()}
    monkeypatch.setattr(mapped, "HUGE", 1000)
    for name, path in kinds.items():
        picture = read_picture(path)
        assert mapped.is_mapped(picture.rgb), name
        assert picture.rgb.shape == held[name].rgb.shape
        assert np.abs(picture.rgb.astype(int) - held[name].rgb).mean() < 0.5, name
        assert (picture.alpha is None) == (held[name].alpha is None)
        if picture.alpha is not None:
            np.testing.assert_array_equal(picture.alpha, held[name].alpha)


@pytest.mark.usefixtures("everything_is_huge")
def test_damaged_file_is_a_clear_error(photo: np.ndarray, tmp_path: Path):
    data = io.BytesIO()
    Image.fromarray(photo).save(data, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(data.getvalue()[: len(data.getvalue()) // 2])
    with pytest.raises(PictureError, match="damaged or cut short"):
        read_picture(tmp_path / "cut.jpg")


@pytest.mark.parametrize("size", [(40, 30), (300, 210), (120, 400)])
def test_resizing_is_pillows(photo: np.ndarray, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch):
    held = Picture(photo, photo[..., 0]).resized(*size)
    monkeypatch.setattr(mapped, "HUGE", 1000)
    large = mapped.empty(photo.shape)
    large[:] = photo
    streamed = Picture(large, large[..., 0].copy()).resized(*size)
    assert mapped.is_mapped(streamed.rgb)
    for got, want in ((streamed.rgb, held.rgb), (streamed.alpha, held.alpha)):
        assert got is not None and want is not None and got.shape == want.shape
        assert np.abs(got.astype(int) - want).mean() < 1.5


@pytest.mark.parametrize("kind", [(".png", None), (".tif", 64), (".jpg", None)])
def test_huge_picture_is_painted_as_others_are(
    fast: Stylizer, starry: Style, photo_file: Path, kind: tuple[str, int | None], monkeypatch: pytest.MonkeyPatch
):
    (suffix, size), folder = kind, photo_file.parent
    photo = read_picture(photo_file).rgb
    half = np.zeros(photo.shape[:2], np.uint8)
    half[:, : photo.shape[1] // 2] = 255
    style = Regions.compose({"left": starry, "rest": None}, {"left": half, "rest": 255 - half})
    options = {"strength": 0.8, "color": "lab", "size": size, "tile": 128}

    def painted() -> np.ndarray:
        result = fast.stylize(read_picture(photo_file), style, **options)  # type: ignore[arg-type]
        write_picture(result, folder / f"out{suffix}", overwrite=True)
        return read_picture((folder / f"out{suffix}").read_bytes()).rgb.astype(int)

    held = painted()
    monkeypatch.setattr(mapped, "HUGE", 1000)
    monkeypatch.setattr(mapped, "STRIP", 2000)
    streamed = painted()
    assert streamed.shape == held.shape
    assert np.abs(streamed - held).mean() < 1.5


@pytest.mark.usefixtures("everything_is_huge")
def test_released_pixels_are_still_there_and_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    pixels = mapped.empty((50, 60, 3))
    pixels[:] = np.arange(50)[:, None, None]
    mapped.release(pixels)
    assert (pixels == np.arange(50)[:, None, None]).all()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("everything_is_huge")
def test_memory_serves_where_the_disk_has_no_room(monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    assert not mapped.is_mapped(mapped.empty((50, 60, 3)))


@pytest.mark.usefixtures("everything_is_huge")
def test_without_libvips_pictures_are_held(photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mapped, "find_spec", lambda name: None)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    picture = read_picture(tmp_path / "photo.png")
    assert not mapped.is_mapped(picture.rgb)
    np.testing.assert_array_equal(picture.rgb, photo)
