"""Styles: blending, saving, loading."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adain import Style, Stylizer
from adain.builtin import find_style
from adain.errors import OptionError, StyleError
from adain.layers import Statistics
from adain.picture import read_picture


def style(value: float, model: str = "fast") -> Style:
    return Style("s", model, {"a": Statistics(torch.full((1, 2, 1, 1), value), torch.full((1, 2, 1, 1), value + 1))})


@settings(deadline=None)
@given(weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=5))
def test_blend_is_the_weighted_mean_whatever_the_weights_sum_to(weights: list[float]):
    mixed = Style.blend([style(float(i)) for i in range(len(weights))], weights)
    want = np.average(np.arange(len(weights)), weights=weights)
    assert mixed.levels["a"].mean.flatten().tolist() == pytest.approx([want, want], abs=1e-4)
    assert mixed.levels["a"].std.flatten().tolist() == pytest.approx([want + 1, want + 1], abs=1e-4)


@pytest.mark.parametrize("weights", [[1.0], [-1.0, 2.0], [float("nan"), 1.0], [float("inf"), 1.0], [0.0, 0.0]])
def test_unusable_weights_are_refused(weights: list[float]):
    with pytest.raises(OptionError, match="want"):
        Style.blend([style(0.0), style(1.0)], weights)


def test_blend_wants_styles_of_one_model():
    with pytest.raises(StyleError, match="fast, vgg"):
        Style.blend([style(0.0), style(1.0, "vgg")])
    with pytest.raises(OptionError, match="0 styles"):
        Style.blend([])


def test_blend_lies_between_its_parts(fast: Stylizer, starry: Style, photo: np.ndarray):
    other = fast.encode_style("ink-wash", size=256)
    a, b, mixed = (
        fast.stylize(photo, s).astype(float) for s in (starry, other, Style.blend([starry, other], [0.5, 0.5]))
    )
    apart = np.abs(a - b).mean()
    assert np.abs(mixed - a).mean() < apart and np.abs(mixed - b).mean() < apart


def test_saved_style_paints_the_same_and_is_small(fast: Stylizer, starry: Style, photo: np.ndarray, tmp_path: Path):
    path = tmp_path / "starry.style"
    starry.save(path)
    loaded = Style.load(path)
    assert (loaded.name, loaded.model) == ("starry-night", "fast")
    assert path.stat().st_size < 20_000
    assert [p.name for p in tmp_path.iterdir()] == ["starry.style"]
    np.testing.assert_array_equal(fast.stylize(photo, loaded), fast.stylize(photo, starry))
    (plain := tmp_path / "plain").touch()
    assert path.stat().st_mode == plain.stat().st_mode  # others may read it, where they may read files


def test_what_is_no_style_is_refused(tmp_path: Path):
    (tmp_path / "bad.style").write_bytes(b"not a style")
    for path in (tmp_path / "bad.style", tmp_path / "none.style"):
        with pytest.raises(StyleError, match="not a saved style"):
            Style.load(path)


def palette(picture: np.ndarray) -> np.ndarray:
    """Broad colour: a, b of CIELAB, far blurred."""
    return cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(float)[..., 1:], (0, 0), 12)


def texture(picture: np.ndarray) -> np.ndarray:
    """How much brightness varies within 1, 2 and 4 px, in logarithms."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(float)
    blurred = [grey, *(cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (1, 2, 4))]
    return np.log([np.abs(a - b).mean() for a, b in itertools.pairwise(blurred)])


def test_levels_take_texture_from_one_style_and_colour_from_another(fast: Stylizer, photo: np.ndarray):
    pairs = ("mosaic", "starry-night"), ("pointillism", "ink-wash"), ("ink-wash", "neon"), ("neon", "mosaic")
    shares: dict[str, list[float]] = {"palette": [], "texture": []}
    for names in pairs:
        # At first sight: practised, mosaic and starry-night differ too little in texture to be told apart in a mixture.
        fine, coarse = (fast.encode_style(read_picture(find_style(name)), size=256) for name in names)
        of_fine, of_coarse, mixed = (
            fast.stylize(photo, s) for s in (fine, coarse, Style.layered(fine=fine, coarse=coarse))
        )
        for measure, near, far in ((palette, of_coarse, of_fine), (texture, of_fine, of_coarse)):
            to_near, to_far = (np.abs(measure(mixed) - measure(x)).mean() for x in (near, far))
            shares[measure.__name__].append(to_near / to_far)
    assert all(max(found) < 1 and np.mean(found) < 0.7 for found in shares.values()), shares


def test_levels_want_a_model_that_has_several(starry: Style):
    single = Style("s", "vgg", {"relu4_1": starry.levels["refine"]})
    with pytest.raises(StyleError, match="one AdaIN layer"):
        Style.layered(fine=single, coarse=single)
    with pytest.raises(StyleError, match="different models"):
        Style.layered(fine=starry, coarse=single)


def test_a_style_of_other_weights_is_refused(fast: Stylizer, starry: Style, photo: np.ndarray, tmp_path: Path):
    old = Style(starry.name, starry.model, starry.levels, weights="0123456789ab")
    old.save(tmp_path / "old.style")
    with pytest.raises(StyleError, match=r"other weights of 'fast' .0123456789ab, now"):
        fast.stylize(photo, Style.load(tmp_path / "old.style"))
    with pytest.raises(StyleError, match="encode it anew"):
        fast.encode_style(tmp_path / "old.style")
