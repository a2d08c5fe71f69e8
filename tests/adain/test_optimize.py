"""The original method: losses fall, the picture changes where it may, and options do what they say."""

import numpy as np
import pytest
import torch

from adain.builtin import find_style
from adain.errors import OptionError
from adain.optimize import OptimizeOptions, OptimizeStep, optimize
from adain.picture import Picture, read_picture


@pytest.fixture
def starry_picture() -> Picture:
    return read_picture(find_style("starry-night"))


def run(photo: np.ndarray, style: Picture, mask: np.ndarray | None = None, **options: object) -> list[OptimizeStep]:
    settings = {"size": 96, "steps": 12, "device": "cpu"} | options
    return list(optimize(Picture(photo), style, OptimizeOptions(**settings), mask=mask))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": "adam", "schedule": "cosine", "smooth_every": 5},
        {"start": "noise", "style_layers": {"relu1_1": 1.0, "relu3_1": 2.0}, "content_layers": {"relu2_1": 1.0}},
    ],
)
def test_style_comes_and_content_stays(photo: np.ndarray, starry_picture: Picture, options: dict):
    steps = run(photo, starry_picture, **options)
    assert [s.step for s in steps] == list(range(1, 13))
    totals = [sum(s.terms.values()) for s in steps]
    assert totals[-1] < 0.8 * totals[0]
    picture = steps[-1].picture().rgb
    assert picture.shape == (64, 96, 3)
    again = run(photo, starry_picture, **options)[-1].picture().rgb
    assert np.abs(picture.astype(int) - again).mean() < 1  # the same seed, the same picture


def test_scales_go_from_coarse_to_fine(photo: np.ndarray, starry_picture: Picture):
    steps = run(photo, starry_picture, size=128, scales=2, steps=3)
    shapes = [s.picture().rgb.shape[1] for s in steps]
    assert shapes == [64] * 3 + [128] * 3 and steps[-1].step == steps[-1].steps == 6
    assert steps[3].terms["style"] < steps[0].terms["style"]  # the fine scale starts from the coarse one's result


def test_outside_the_mask_the_photo_stays(photo: np.ndarray, starry_picture: Picture):
    mask = np.zeros(photo.shape[:2], np.float32)
    mask[:, : mask.shape[1] // 2] = 1
    picture = run(photo, starry_picture, mask)[-1].picture().rgb.astype(int)
    plain = Picture(photo).resized(96, 64).rgb.astype(int)
    assert np.abs(picture - plain)[:, 52:].max() <= 1 and np.abs(picture - plain)[:, :44].mean() > 10
    with pytest.raises(OptionError, match="no place to paint"):
        run(photo, starry_picture, np.zeros((4, 4), np.float32))


def test_balance_holds_the_share_of_style(photo: np.ndarray, starry_picture: Picture):
    def share(balance: float) -> float:
        terms = run(photo, starry_picture, balance=balance, steps=40, optimizer="adam")[-1].terms
        return terms["style"] / (terms["style"] + terms["content"])

    assert share(0.2) < share(0.8)


@pytest.mark.parametrize(
    "options", [{"steps": 0}, {"optimizer": "sgd"}, {"size": 100, "scales": 2}, {"style_weight": -1}, {"balance": 1}]
)
def test_bad_options_are_told(options: dict):
    with pytest.raises(OptionError, match=r"want|smaller than"):
        OptimizeOptions(**options)


def test_unknown_layers_are_told(photo: np.ndarray, starry_picture: Picture):
    with pytest.raises(OptionError, match="relu9_9"):
        run(photo, starry_picture, style_layers={"relu9_9": 1.0})
    assert torch.is_grad_enabled()
