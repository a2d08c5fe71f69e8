"""`fast` gets no greener and no more magenta than its style."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adain.builtin import find_style
from adain.convert import to_tensor
from adain.picture import read_picture
from adain.regions import Regions
from adain.style import Style
from adain.stylizer import Stylizer
from adain.tint import FAINT, GREEN, MARGIN, TINT, tint_of, toned, within

NEON, LEAF, ROSE = (0, 255, 60), (90, 150, 70), (200, 120, 140)


def flat(colour: tuple[int, int, int], height: int = 32, width: int = 48) -> torch.Tensor:
    return (torch.tensor(colour) / 255).view(1, 3, 1, 1).repeat(1, 1, height, width)


def green(picture: torch.Tensor | np.ndarray) -> torch.Tensor:
    """(1, 3, H, W) 0..1 or (H, W, 3) uint8 -> (H, W)."""
    image = to_tensor(picture, torch.device("cpu")) if isinstance(picture, np.ndarray) else picture
    return torch.tensordot(image[0], torch.tensor(GREEN), ([0], [0]))


def test_the_range_is_that_of_the_style():
    style = torch.cat([flat(LEAF, 200, 90), flat(ROSE, 200, 90)], 3)
    style[0, :, 50, 40] = torch.tensor((0.0, 1.0, 0.0))  # a speck, which does not count
    least, most, _ = tint_of(style)[0]
    assert least.item() == pytest.approx(green(flat(ROSE)).min().item() - MARGIN, abs=1e-4)
    assert most.item() == pytest.approx(green(flat(LEAF)).max().item() + MARGIN, abs=1e-4)


def test_dabs_of_green_and_magenta_are_told_from_broad_surfaces():
    broad = torch.cat([flat(LEAF, 256, 128), flat(ROSE, 256, 128)], 3)
    broad[..., 128:, :] *= 0.5  # where light alone changes, there are no dabs; below, it does not
    rows = (torch.arange(256) // 8 % 2).bool()[None, None, :, None]
    dabs = torch.where(rows, flat((110, 180, 110), 256, 256), flat((186, 127, 186), 256, 256))
    pale = torch.where(rows, flat((140, 150, 140), 256, 256), flat((150, 140, 150), 256, 256))
    faint = [tint_of(style)[0, 2].item() for style in (broad, pale, dabs)]
    assert faint[:2] == pytest.approx([FAINT, FAINT]) and 1.2 * FAINT < faint[2] < 1


def test_neon_green_goes_and_light_stays():
    tint = tint_of(torch.cat([flat(LEAF), flat(ROSE)], 3))
    beyond, inside = flat(NEON), flat((102, 128, 128))
    kept = toned(tint, beyond, beyond)
    assert green(kept)[0, 0].item() == pytest.approx(tint[0, 1].item(), abs=1e-6)
    torch.testing.assert_close(kept.sum(1), beyond.sum(1))
    torch.testing.assert_close(toned(tint, inside, inside), inside)
    for painted in (beyond, inside):
        torch.testing.assert_close(toned(TINT.unknown, painted, painted), painted)


@given(st.lists(st.floats(-0.5, 1.5, width=32), min_size=3, max_size=3), st.floats(-0.5, 0), st.floats(0, 0.5))
@settings(max_examples=60, deadline=None)
def test_any_colour_ends_within(colour: list[float], least: float, most: float):
    painted = torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    kept = toned(torch.tensor([[least, most, FAINT]]), painted, torch.zeros(1, 3, 4, 4))[..., :1, :1]
    assert kept.min() >= 0 and kept.max() <= 1
    if kept.min() > 0 and kept.max() < 1:  # what leaves 0..1 is clamped afterwards
        assert least - 1e-5 <= green(kept).item() <= most + 1e-5


@pytest.mark.parametrize("tile", [None, 128])
def test_paintings_keep_to_it(photo: np.ndarray, fast: Stylizer, monkeypatch: pytest.MonkeyPatch, tile: int | None):
    style = fast.encode_style(read_picture(find_style("stained-glass")))  # practised, it would keep to it by itself
    most = style.palette[0, 1]  # type: ignore[index]
    assert green(fast.stylize(photo, style, tile=tile)).max() < most + 0.01
    monkeypatch.setattr(fast.network, "colours", None)
    assert (green(fast.stylize(photo, style)) > most + 0.05).float().mean() > 0.001  # else there is nothing to see


def test_it_comes_with_the_colours(fast: Stylizer):
    one, other = (fast.encode_style(name, size=128) for name in ("stained-glass", "woodcut"))
    torch.testing.assert_close(Style.layered(fine=one, coarse=other).palette, other.palette)


def test_dabs_of_the_style_stay(photo: np.ndarray, fast: Stylizer):
    """The same painting, once as one of a style without dabs."""
    style = fast.encode_style("marbling")
    smooth = replace(style, palette=style.palette.clone())  # type: ignore[union-attr]
    smooth.palette[:, 2] = FAINT  # type: ignore[index]
    assert green(fast.stylize(photo, style)).std() > 1.1 * green(fast.stylize(photo, smooth)).std()


def test_each_region_has_its_own(photo: np.ndarray, fast: Stylizer):
    styles = {name: fast.encode_style(name) for name in ("stained-glass", "woodcut")}
    half = np.zeros(photo.shape[:2], np.uint8)
    half[:, : half.shape[1] // 2] = 255
    masks = {"stained-glass": half, "woodcut": 255 - half}
    seen = green(fast.stylize(photo, Regions.compose(styles, masks)))
    most = {name: style.palette[0, 1].item() for name, style in styles.items()}  # type: ignore[index]
    middle = half.shape[1] // 2
    assert most["woodcut"] < seen[:, : middle - 8].max() < most["stained-glass"] + 0.01
    assert seen[:, middle + 8 :].max() < most["woodcut"] + 0.01


def test_the_styles_own_greens_stay():
    for name in ("stained-glass", "pointillism"):
        picture = to_tensor(read_picture(find_style(name)).resized(256, 256).rgb, torch.device("cpu"))
        seen = green(picture)
        assert 255 * (within(tint_of(picture), seen) - seen).abs().mean() < 0.1
