"""Every measure is small on a clean picture, and rises when just that is damaged."""

import cv2
import numpy as np
import pytest
import torch

from adain.builtin import find_style
from adain.perceptual import Perceptual, load_perceptual
from adain.picture import read_picture
from adain.quality import Artefacts, artefacts, chroma_shift, colour_cast, identity_error, likeness
from adain.stylizer import Stylizer


@pytest.fixture(scope="module")
def judge() -> Perceptual:
    return load_perceptual("vgg16", None, device=torch.device("cpu"), dtype=torch.float32)


def with_grid(picture: np.ndarray) -> np.ndarray:
    picture[::4] -= 10  # brighter, the sky would clip
    return picture


def with_halos(picture: np.ndarray) -> np.ndarray:
    return picture + 0.8 * (cv2.GaussianBlur(picture, (0, 0), 1) - cv2.GaussianBlur(picture, (0, 0), 8))


def with_frame(picture: np.ndarray) -> np.ndarray:
    picture[:4] -= 15
    picture[:, -4:] -= 15
    return picture


@pytest.mark.parametrize("damage, measure", [(with_grid, "grid"), (with_halos, "halo"), (with_frame, "border")])
def test_artefacts_rise_with_their_damage(photo: np.ndarray, damage, measure: str):
    clean = artefacts(photo, photo)
    hurt = artefacts(damage(photo.astype(np.float64)).clip(0, 255).round().astype(np.uint8), photo)
    rises = Artefacts(*(b - a for a, b in zip(clean, hurt)))
    assert clean.halo == clean.border == 0 and clean.grid < 0.35
    assert getattr(rises, measure) > {"grid": 0.5, "halo": 2.0, "border": 3.0}[measure]
    if measure == "grid":
        assert rises.halo < 0.5 and rises.border < 0.5


def test_likeness_knows_photo_from_style(photo: np.ndarray, judge: Perceptual, fast: Stylizer):
    style = read_picture(find_style("ukiyo-e")).resized(240, 160).rgb
    untouched, copied = likeness(photo, photo, style, judge), likeness(style, photo, style, judge)
    painted_image = fast.stylize(photo, fast.encode_style(style))
    painted = likeness(painted_image, photo, style, judge)
    assert untouched.ssim == pytest.approx(1) and untouched.content == pytest.approx(0, abs=1e-6)
    assert copied.style == pytest.approx(0, abs=1e-6) and copied.gram == pytest.approx(0, abs=1e-6)
    assert copied.ssim < painted.ssim < 1 and 0 < painted.content < copied.content
    assert painted.style < untouched.style and painted.gram < untouched.gram
    assert copied.stray == 0 and 0 < painted.stray < untouched.stray
    assert likeness(painted_image[..., ::-1].copy(), photo, style, judge).stray > 2 * painted.stray


def test_chroma_shift_sees_colour_and_nothing_else(photo: np.ndarray):
    assert chroma_shift(photo, photo) == 0
    assert chroma_shift(photo[..., ::-1].copy(), photo) > 5
    grey = np.full((20, 20, 3), 100, np.uint8)
    assert chroma_shift(grey + 50, grey) < 0.1


def painter(stylizer: Stylizer, damage=lambda painted: painted):
    return lambda content, style: damage(stylizer.stylize(content, stylizer.encode_style(style)))


def tinted(painted: np.ndarray) -> np.ndarray:
    return (painted + np.array([24.0, 0, 0])).clip(0, 255).round().astype(np.uint8)


def smeared(painted: np.ndarray) -> np.ndarray:
    return cv2.blur(painted, (15, 15))


def test_colour_cast_rises_when_a_model_tints(photo: np.ndarray, fast: Stylizer):
    assert colour_cast(lambda content, style: content, photo) < 0.1
    honest = colour_cast(painter(fast), photo)
    assert colour_cast(painter(fast, tinted), photo) > honest + 2


def test_identity_error_rises_when_a_model_smears(photo: np.ndarray, fast: Stylizer):
    assert identity_error(lambda content, style: content, photo) == 0
    honest = identity_error(painter(fast), photo)
    assert 0 < honest < identity_error(lambda content, style: 255 - content, photo)
    assert identity_error(painter(fast, smeared), photo) > honest + 2
