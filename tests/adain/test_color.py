"""Colour modes: how far the result's chroma is from the photo's, measured in CIELAB."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from adain import Style, Stylizer
from adain.builtin import find_style
from adain.color import COLOR_MODES, match_color, transfer_color
from adain.errors import OptionError
from adain.picture import read_picture


def chroma_difference(a: np.ndarray, b: np.ndarray) -> float:
    """Mean distance in the a, b plane of CIELAB."""
    planes = [cv2.cvtColor(x.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 1:] for x in (a, b)]
    return float(np.linalg.norm(planes[0] - planes[1], axis=2).mean())


@pytest.fixture(scope="module")
def painted(fast: Stylizer, starry: Style, photo: np.ndarray) -> np.ndarray:
    return fast.stylize(photo, starry)


def test_each_mode_brings_the_chroma_of_the_photo_back(
    fast: Stylizer, starry: Style, photo: np.ndarray, painted: np.ndarray
):
    got = {mode: chroma_difference(transfer_color(painted, photo, mode), photo) for mode in COLOR_MODES}
    recoloured = match_color(read_picture(find_style("starry-night")).rgb, photo)
    got["coral"] = chroma_difference(fast.stylize(photo, fast.encode_style(recoloured, size=256)), photo)
    assert got["style"] > 20
    assert got["content"] < 5 and got["lab"] < 3
    assert got["histogram"] < 0.8 * got["style"]  # the photo's palette, not its places
    assert got["coral"] < 0.8 * got["style"]


def test_brightness_stays_that_of_the_painting(photo: np.ndarray, painted: np.ndarray):
    for mode in ("content", "lab"):
        grey = [
            cv2.cvtColor(x, cv2.COLOR_RGB2GRAY).astype(int) for x in (transfer_color(painted, photo, mode), painted)
        ]
        assert np.abs(grey[0] - grey[1]).mean() < 6  # what leaves the gamut is clipped


def test_histogram_mode_has_the_histograms_of_the_photo(photo: np.ndarray, painted: np.ndarray):
    def quantiles(picture: np.ndarray) -> np.ndarray:
        return np.quantile(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), [0.1, 0.25, 0.5, 0.75, 0.9], axis=(0, 1))

    apart = np.abs(quantiles(painted) - quantiles(photo)).mean()
    matched = np.abs(quantiles(transfer_color(painted, photo, "histogram")) - quantiles(photo)).mean()
    assert matched < 4 and matched < 0.3 * apart


def test_coral_gives_the_style_the_moments_of_the_photo(photo: np.ndarray):
    style = np.random.default_rng(0).normal((120, 125, 130), (6, 9, 12), (64, 48, 3)).clip(0, 255).astype(np.uint8)
    matched = match_color(style, photo)
    np.testing.assert_allclose(matched.mean((0, 1)), photo.mean((0, 1)), atol=12)
    correlation = [np.corrcoef(x.reshape(-1, 3).T)[0, 2] for x in (style, matched, photo)]
    assert abs(correlation[1] - correlation[2]) < 0.15 < abs(correlation[0] - correlation[2])


@pytest.mark.parametrize("mode", ["content", "lab", "histogram"])
def test_strength_moves_from_the_painting_to_the_full_effect(mode: str, photo: np.ndarray, painted: np.ndarray):
    assert transfer_color(painted, photo, mode, 0) is painted
    steps = [chroma_difference(transfer_color(painted, photo, mode, s), photo) for s in (0.0, 0.3, 0.7, 1.0)]
    assert steps == sorted(steps, reverse=True)


@settings(deadline=None, max_examples=30)
@given(
    pair=st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
        lambda s: st.tuples(arrays(np.uint8, (*s, 3)), arrays(np.uint8, (*s, 3)))
    )
)
def test_any_pictures_go_through(pair: tuple[np.ndarray, np.ndarray]):
    """Constant, black, tiny: no mode fails, and nothing wraps round."""
    for mode in COLOR_MODES:
        out = transfer_color(*pair, mode)
        assert out.shape == pair[0].shape and out.dtype == np.uint8
        if mode in ("content", "lab"):
            np.testing.assert_allclose(transfer_color(pair[1], pair[1], mode), pair[1], atol=2)
    assert match_color(*pair).shape == pair[0].shape


def test_strips_are_invisible(photo: np.ndarray, painted: np.ndarray, monkeypatch: pytest.MonkeyPatch):
    whole = [transfer_color(painted, photo, mode, 0.5) for mode in COLOR_MODES]
    monkeypatch.setattr("adain.mapped.STRIP", 7 * 240)
    for mode, want in zip(COLOR_MODES, whole):
        np.testing.assert_array_equal(transfer_color(painted, photo, mode, 0.5), want)


@pytest.mark.parametrize("mode", COLOR_MODES)
def test_recoloured_in_place(mode: str, photo: np.ndarray, painted: np.ndarray):
    want, own = transfer_color(painted, photo, mode, 0.7), painted.copy()
    assert transfer_color(own, photo, mode, 0.7, out=own) is own
    np.testing.assert_array_equal(own, want)


def test_wrong_options_say_what_is_wanted(photo: np.ndarray):
    with pytest.raises(OptionError, match="one of style, content, lab, histogram, coral"):
        transfer_color(photo, photo, "rgb")
    for strength in (-0.1, 2, float("nan")):
        with pytest.raises(OptionError, match="want 0"):
            transfer_color(photo, photo, "lab", strength)
        with pytest.raises(OptionError, match="want 0"):
            match_color(photo, photo, strength)
    with pytest.raises(OptionError, match="shape"):
        transfer_color(photo, photo[1:], "lab")
