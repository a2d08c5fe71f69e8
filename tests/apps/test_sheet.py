"""Contact sheets, mixtures of styles, and saved styles, as a user meets them."""

import json
from pathlib import Path

import numpy as np
import pytest
from adain.apps.options import PaintOptions
from adain.apps.recipe import parse_styles
from adain.apps.sheet import CAPTION, GAP, Cell, grid, write_contact_sheet
from adain.apps.styles import mixtures, save_style, write_mixes
from PIL import Image

from adain import Style, Stylizer
from adain.builtin import find_style
from adain.errors import OptionError, PictureError, StyleError
from adain.saved import remove_saved, saved_folder, saved_styles

SMALL = PaintOptions(size=64, style_size=64)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADAIN_STYLES", str(tmp_path / "styles"))
    return tmp_path / "styles"


def test_grid_lays_pictures_out_with_captions():
    cells = [
        Cell(Image.new("RGB", (90, 30), colour), "a very long caption that cannot fit") for colour in ("red", "lime")
    ]
    sheet = np.array(grid([*cells, Cell(None)], 2, (60, 40)))
    assert sheet.shape == (2 * (40 + CAPTION) + GAP, 2 * 60 + GAP, 3)
    assert sheet[20, 30].tolist() == [255, 0, 0] and sheet[20, 96].tolist() == [0, 255, 0]
    assert sheet[40 : 40 + CAPTION, :60].min() < 100 and (sheet[40 : 40 + CAPTION, 60 : 60 + GAP] == 255).all()
    assert (np.array(grid(cells, 2, (60, 40), caption=0, crop=False))[2, 30] == 255).all()  # shown whole: paper above


def test_one_photo_in_styles_and_photos_in_one(photo_file: Path, tmp_path: Path, capsys):
    def sheet(photos: list[Path], styles: list[str], name: str) -> Image.Image:
        recipes = parse_styles(styles)
        options = {"cell": 96, "columns": None, "overwrite": False, "as_json": False}
        write_contact_sheet(list(map(str, photos)), recipes, str(tmp_path / name), SMALL, **options)
        assert capsys.readouterr().out.strip() == str(tmp_path / name)
        with Image.open(tmp_path / name) as written:
            return written.copy()

    assert sheet([photo_file], ["neon", "ink-wash", "mosaic"], "a.png").size == (2 * 96 + GAP, 2 * (64 + CAPTION) + GAP)
    other = photo_file.with_name("other.png")
    other.write_bytes(photo_file.read_bytes())
    assert sheet([photo_file, other], ["neon", "ink-wash"], "b.png").size[0] == 3 * 96 + 2 * GAP
    assert sheet([photo_file, other], ["neon"], "c.png").size[0] == 2 * 96 + GAP
    with pytest.raises(PictureError, match="exists already"):
        sheet([photo_file], ["neon"], "a.png")


def test_mixtures_have_the_styles_in_their_corners(fast: Stylizer, photo_file: Path, tmp_path: Path):
    corners = [fast.encode_style(name, size=64) for name in ("neon", "mosaic", "ink-wash", "ukiyo-e")]
    mixed = mixtures(corners, 3)
    assert [mixed[i] for i in (0, 2, 6, 8)] == corners
    want = Style.blend(corners).levels["refine"].mean
    assert np.allclose(mixed[4].levels["refine"].mean, want, atol=1e-5)
    names = ("neon", "mosaic", "ink-wash", "ukiyo-e")
    write_mixes(names, str(photo_file), tmp_path / "mix.png", SMALL, steps=2, overwrite=False)
    with Image.open(tmp_path / "mix.png") as sheet:
        assert sheet.size == (2 * 240 + GAP, 2 * (160 + CAPTION) + GAP)


def test_sheets_have_colours_and_regions(adain_here, photo: np.ndarray, photo_file: Path, tmp_path: Path):
    names = ("neon", "mosaic", "ink-wash", "ukiyo-e")
    sheets = {}
    for color in ("style", "content", "coral"):
        arguments = ("--photo", photo_file, "--steps", 2, "--color", color, "-o", f"{color}.png")
        code, err = adain_here("styles", "--interpolate", *names, *arguments)
        assert code == 0, err
        with Image.open(tmp_path / f"{color}.png") as sheet:
            sheets[color] = np.asarray(sheet.convert("RGB")).astype(int)[:160, :240]
    red_to_blue = {color: np.ptp(sheet.mean((0, 1))) for color, sheet in sheets.items()}
    own = np.ptp(photo.mean((0, 1)))
    assert abs(red_to_blue["content"] - own) < abs(red_to_blue["style"] - own)
    assert np.abs(sheets["coral"] - sheets["style"]).mean() > 10
    mask = np.zeros((16, 24), np.uint8)
    mask[:, :12] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    regions = ("--mask", "mask.png", "-s", "left=neon", "-s", "rest=keep", "--feather", 0)
    code, err = adain_here("sheet", photo_file, *regions, "--cell", 240, "-o", "regions.png")
    assert code == 0, err
    with Image.open(tmp_path / "regions.png") as sheet:
        first, second = (np.asarray(sheet).astype(int)[:160, x : x + 240] for x in (0, 240 + GAP))
    assert np.abs(first - second)[:, :110].mean() > 8 and (first == second)[:, 130:].all()


def test_saved_styles_through_the_command(adain, photo_file: Path, own_folder: Path, tmp_path: Path):
    saved = adain("styles", "save", "mine", "neon:1", "ink-wash:3", "--style-size", 64)
    assert saved.returncode == 0, saved.stderr
    assert saved.stdout.decode().strip() == str(own_folder / "mine.style")
    assert b"weights sum to 4" in saved.stderr
    assert (own_folder / "mine.style").stat().st_size < 20_000
    assert "mine" in {entry["name"] for entry in json.loads(adain("styles", "--json").stdout)}
    assert "saved, for fast" in adain("styles", "list").stdout.decode()
    done = adain("image", photo_file, "-s", "mine", "--size", 64)
    assert done.returncode == 0 and (tmp_path / "photo_stylized_mine.png").is_file(), done.stderr
    other = adain("image", photo_file, "-s", "mine", "--size", 64, "--model", "vgg", "-o", "x.png")
    assert other.returncode == 1 and b"encoded by 'fast', not 'vgg': encode it anew" in other.stderr
    assert adain("styles", "remove", "mine").returncode == 0
    assert not (own_folder / "mine.style").exists()
    gone = adain("styles", "remove", "mine")
    assert gone.returncode == 1 and gone.stderr == b"error: no saved style 'mine'; none is saved yet\n"


def test_saved_styles_are_blends_and_cannot_be_recoloured(fast: Stylizer, photo: np.ndarray):
    options = PaintOptions(style_size=64, device="cpu")
    save_style("mix", ["neon", "ink-wash"], options, overwrite=False)
    loaded = fast.encode_style("mix")
    parts = [fast.encode_style(name, size=64) for name in ("neon", "ink-wash")]
    want = Style.blend(parts).levels["refine"].mean
    assert loaded.name == "mix" and np.allclose(loaded.levels["refine"].mean, want, atol=0.05)
    with pytest.raises(OptionError, match="cannot be recoloured"):
        fast.encode_style("mix", color_of=photo)
    with pytest.raises(OptionError, match="cannot be scaled"):
        fast.encode_style("mix", scale=2)
    with pytest.raises(StyleError, match="did you mean mix"):
        find_style("mixx")


@pytest.mark.parametrize("name", ["", "a/b", "a:1", "a=b", "keep", ".hidden", "..", "neon"])
def test_names_that_cannot_be_are_refused(name: str):
    with pytest.raises(StyleError, match=r"cannot be called|is a built-in style"):
        save_style(name, ["neon"], SMALL, overwrite=False)
    assert saved_styles() == {}


def test_a_name_is_not_taken_twice(own_folder: Path):
    own_folder.mkdir()
    (own_folder / "mine.style").write_bytes(b"x")
    with pytest.raises(StyleError, match="already"):
        save_style("mine", ["neon"], SMALL, overwrite=False)
    assert remove_saved("mine") == own_folder / "mine.style"


def test_the_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("ADAIN_STYLES")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert saved_folder() == tmp_path / "adain" / "styles"
    monkeypatch.setattr("sys.platform", "darwin")
    assert saved_folder().parts[-4:] == ("Library", "Application Support", "adain", "styles")
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    assert saved_folder() == tmp_path / "Roaming" / "adain" / "styles"
