"""Styles: blending, saving, loading."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adain import Style, Stylizer
from adain.errors import OptionError, StyleError
from adain.layers import Statistics


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


def test_what_is_no_style_is_refused(tmp_path: Path):
    (tmp_path / "bad.style").write_bytes(b"not a style")
    for path in (tmp_path / "bad.style", tmp_path / "none.style"):
        with pytest.raises(StyleError, match="not a saved style"):
            Style.load(path)
