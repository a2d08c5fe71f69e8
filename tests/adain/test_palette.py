"""What `vgg` paints keeps to the colours of its style."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from adain.builtin import find_style
from adain.convert import to_tensor
from adain.losses import palette_loss
from adain.palette import KNOTS, SHARE, drawn_to, palette_of
from adain.picture import read_picture
from adain.regions import Regions
from adain.style import Style
from adain.stylizer import Stylizer

BLUE, ORANGE = (40, 60, 180), (240, 150, 40)


@pytest.fixture(scope="module")
def two_colours() -> torch.Tensor:
    return torch.cat([flat(BLUE, 192, 96), flat(ORANGE, 192, 96)], 3)


@pytest.fixture(scope="module")
def vgg() -> Stylizer:
    return Stylizer("vgg", device="cpu")


@pytest.fixture(params=["fast", "vgg"])
def either(request: pytest.FixtureRequest) -> Stylizer:
    return request.getfixturevalue(request.param)


def flat(colour: tuple[int, int, int], height: int = 32, width: int = 48) -> torch.Tensor:
    return (torch.tensor(colour) / 255).view(1, 3, 1, 1).expand(1, 3, height, width).contiguous()


@pytest.mark.parametrize(
    "painted, wanted", [((60, 60, 200), BLUE), ((200, 180, 60), ORANGE), (BLUE, BLUE), ((230, 140, 60), ORANGE)]
)
def test_a_colour_goes_towards_the_nearest_of_the_style(two_colours: torch.Tensor, painted, wanted):
    palette = palette_of(two_colours)
    assert palette.shape == (1, 3, KNOTS, KNOTS, KNOTS)
    drawn = drawn_to(palette, flat(painted))
    expected = SHARE * flat(wanted) + (1 - SHARE) * flat(painted)
    assert (255 * drawn - 255 * expected).abs().max() < 1.5


def test_strokes_keep_their_contrast(two_colours: torch.Tensor):
    painted = flat((80, 80, 160), 30, 42)  # sides that are no multiples of a patch
    painted[:, :, ::2] += 0.05
    painted[:, :, 1::2] -= 0.05
    drawn = drawn_to(palette_of(two_colours), painted)
    assert drawn.shape == painted.shape
    steps = drawn.diff(dim=2)[:, :, 4:-4]
    torch.testing.assert_close(steps.abs(), torch.full_like(steps, 0.1), atol=0.02, rtol=0)


def test_the_style_itself_hardly_changes():
    for name in ("ukiyo-e", "watercolour"):
        picture = to_tensor(read_picture(find_style(name)).resized(256, 256).rgb, torch.device("cpu"))
        assert 255 * (drawn_to(palette_of(picture), picture) - picture).abs().mean() < 4


def test_paintings_keep_to_the_colours_of_their_style(photo: np.ndarray, vgg: Stylizer, fast: Stylizer):
    name = "ink-wash"
    style = vgg.encode_style(name)
    target = to_tensor(read_picture(find_style(name)).resized(240, 240).rgb, torch.device("cpu"))

    def stray(style: Style) -> float:
        return palette_loss(to_tensor(vgg.stylize(photo, style), torch.device("cpu")), target).item()

    assert stray(style) < 0.4 * stray(replace(style, palette=None))
    assert fast.encode_style(name).palette.shape == (1, 3)  # another way: see test_tint.py


def test_palettes_go_along(photo: np.ndarray, either: Stylizer, tmp_path: Path):
    one, other = (either.encode_style(name, size=128) for name in ("ink-wash", "mosaic"))
    one.save(tmp_path / "one.style")
    torch.testing.assert_close(Style.load(tmp_path / "one.style").palette, one.palette)
    torch.testing.assert_close(Style.blend([one, other], [3, 1]).palette, 0.75 * one.palette + 0.25 * other.palette)
    both = Style.stack([one, other])
    torch.testing.assert_close(both.pick(1).palette, other.palette)
    old = replace(other, palette=None)
    assert Style.blend([one, old]).palette is None and Style.stack([one, old]).palette is None
    alone = [either.paint_frames([photo], style)[0][0].astype(int) for style in (one, other)]
    together = either.paint_frames([photo, photo], both)[0]
    assert max(np.abs(a - b).max() for a, b in zip(alone, together)) <= 1


@pytest.mark.parametrize("palette", [None, torch.zeros(1, 2)])  # these are what earlier versions saved
def test_a_style_of_an_earlier_version_takes_no_palette_from_others(
    photo: np.ndarray, either: Stylizer, tmp_path: Path, palette: torch.Tensor | None
):
    one, other = (either.encode_style(name, size=128) for name in ("stained-glass", "woodcut"))
    without = replace(other, palette=None)
    saved = replace(other, palette=palette)
    saved.save(tmp_path / "old.style")
    assert Style.stack([one, saved]).palette is None
    old = either.encode_style(tmp_path / "old.style")
    together = either.paint_frames([photo, photo], Style.stack([one, old]))[0]
    for found, style in zip(together, (one, without)):
        assert np.abs(found.astype(int) - either.paint_frames([photo], style)[0][0]).max() <= 1


def test_each_region_goes_to_its_own_palette(two_colours: torch.Tensor):
    palettes = torch.cat([palette_of(two_colours), palette_of(flat((30, 160, 60)))])
    painted = flat((60, 60, 200), 30, 48)  # a side that is no multiple of a patch
    left = torch.zeros(1, 30, 48)
    left[:, :, :24] = 1
    drawn = drawn_to(palettes, painted, torch.stack([left, 1 - left]))
    for part, palette in ((np.s_[..., :20], palettes[:1]), (np.s_[..., 28:], palettes[1:])):
        torch.testing.assert_close(drawn[part], drawn_to(palette, painted)[part], atol=1e-3, rtol=0)


@pytest.mark.parametrize("tile", [None, 128])
def test_regions_keep_to_the_colours_of_their_styles(photo: np.ndarray, vgg: Stylizer, tile: int | None):
    styles = {name: vgg.encode_style(name, size=256) for name in ("ink-wash", "mosaic")}
    half = np.zeros(photo.shape[:2], np.uint8)
    half[:, : half.shape[1] // 2] = 255
    masks = {"ink-wash": half, "mosaic": 255 - half}
    target = to_tensor(read_picture(find_style("ink-wash")).resized(240, 240).rgb, torch.device("cpu"))

    def stray(styles: dict[str, Style]) -> float:
        painted = vgg.stylize(photo, Regions.compose(styles, masks), tile=tile)[:, : half.shape[1] // 2 - 8]
        return palette_loss(to_tensor(painted, torch.device("cpu")), target).item()

    plain = {name: replace(style, palette=None) for name, style in styles.items()}
    assert stray(styles) < 0.4 * stray(plain)
