"""Mask pictures of every kind, and what is wrong with the ones that cannot be used."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adain.errors import OptionError, PictureError
from adain.masks import read_masks


def save(path: Path, array: np.ndarray) -> Path:
    Image.fromarray(array.astype(np.uint8)).save(path)
    return path


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """White on the left, black on the right."""
    return save(tmp_path / "half.png", np.repeat([[255] * 10 + [0] * 10], 8, 0))


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """Red, green and blue stripes."""
    stripes = np.zeros((8, 30, 3))
    for i in range(3):
        stripes[:, 10 * i : 10 * i + 10, i] = 255
    return save(tmp_path / "colours.png", stripes)


@pytest.mark.parametrize("labels", [("white", "black"), ("sky", "rest"), ("rest", "sky"), ("tan", "black")])
def test_black_and_white(half: Path, labels: tuple[str, str]):
    masks = read_masks([(None, half)], labels)
    white = labels[0] if labels[0] != "rest" else "sky"
    assert masks[white][0].tolist() == [255] * 10 + [0] * 10
    other = next(label for label in labels if label != white)
    np.testing.assert_array_equal(masks[other], 255 - masks[white])
    assert list(masks) == list(labels)


def test_black_may_be_the_named_one(half: Path):
    assert read_masks([(None, half)], ["black", "rest"])["black"][0, 0] == 0


def test_soft_masks_keep_their_greys(tmp_path: Path):
    ramp = save(tmp_path / "ramp.png", np.repeat(np.arange(256)[None], 4, 0))
    masks = read_masks([(None, ramp)], ["sky", "rest"])
    assert masks["sky"][0].tolist() == list(range(256)) and masks["rest"][0, 200] == 55


def test_colours_with_smoothed_edges(colours: Path, tmp_path: Path):
    masks = read_masks([(None, colours)], ["red", "#00ff00", "blue"])
    assert [int(m[0].argmax()) for m in masks.values()] == [0, 10, 20]
    with Image.open(colours) as image:
        image.resize((300, 80), Image.Resampling.BICUBIC).save(tmp_path / "soft.jpg", quality=80)
    smooth = read_masks([(None, tmp_path / "soft.jpg")], ["red", "lime", "blue"])
    assert sum(m.astype(int) for m in smooth.values()).min() == 255
    assert all(abs((m > 0).mean() - 1 / 3) < 0.03 for m in smooth.values())
    rest = read_masks([(None, colours)], ["red", "rest"])["rest"]
    assert rest[0].tolist() == [0] * 10 + [255] * 20


def test_class_numbers(tmp_path: Path):
    classes = save(tmp_path / "classes.png", np.repeat([[0, 1, 2, 3]], 4, 0))
    masks = read_masks([(None, classes)], ["1", "3", "rest"])
    assert masks["1"][0].tolist() == [0, 255, 0, 0] and masks["rest"][0].tolist() == [255, 0, 255, 0]


def test_a_mask_for_each_label(half: Path, tmp_path: Path):
    top = save(tmp_path / "top.png", np.repeat([[255]] * 4 + [[0]] * 4, 20, 1))
    masks = read_masks([("sky", half), ("hat", top)], ["sky", "hat", "rest"])
    assert masks["sky"][0, 0] == 128 and masks["hat"][0, 0] == 128  # both claim it
    assert masks["sky"][7, 0] == 255 and masks["rest"][7, 19] == 255
    assert np.abs(sum(m.astype(int) for m in masks.values()) - 255).max() <= 1


def test_a_cut_out_tells_by_its_alpha(tmp_path: Path):
    cut = np.zeros((8, 20, 4))
    cut[:, :10, 3] = 255
    assert read_masks([(None, save(tmp_path / "cut.png", cut))], ["sky", "rest"])["sky"][0, 0] == 255


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["sky"], "its black part .50%. has no style; add --style rest="),
        (["sky", "sea"], "'sky' is no colour"),
        (["white", "black", "rest"], "tells two apart|no pixel belongs to 'rest'"),
        (["sky", "sky"], "each once"),
        (["128", "rest"], "no pixel belongs to '128'; it has #0"),
    ],
)
def test_labels_that_do_not_fit_a_black_and_white_mask(half: Path, labels: list[str], words: str):
    with pytest.raises(OptionError, match=words):
        read_masks([(None, half)], labels)


def test_labels_that_do_not_fit_a_colour_mask(colours: Path):
    with pytest.raises(OptionError, match=r"33.3% of it belongs to no label .*#0000ff"):
        read_masks([(None, colours)], ["red", "lime"])
    with pytest.raises(OptionError, match="no pixel belongs to 'yellow'; it has"):
        read_masks([(None, colours)], ["red", "lime", "blue", "yellow"])
    with pytest.raises(OptionError, match="'sky' is no colour"):
        read_masks([(None, colours)], ["sky", "rest"])


def test_masks_that_do_not_fit(half: Path, colours: Path, tmp_path: Path):
    with pytest.raises(OptionError, match="one mask for each label but 'rest'"):
        read_masks([("sky", half)], ["sky", "sea"])
    with pytest.raises(OptionError, match="LABEL=MASK"):
        read_masks([(None, half), (None, half)], ["sky", "rest"])
    with pytest.raises(OptionError, match="several sizes"):
        read_masks([("sky", half), ("sea", colours)], ["sky", "sea"])
    with pytest.raises(OptionError, match=r"50.0% of the picture belongs to no label"):
        read_masks([("sky", half)], ["sky"])
    black = save(tmp_path / "black.png", np.zeros((8, 8)))
    for files, labels in (([(None, black)], ["sky", "rest"]), ([("sky", black)], ["sky", "rest"])):
        with pytest.raises(OptionError, match="no pixel belongs to 'sky'"):
            read_masks(files, labels)
    with pytest.raises(PictureError, match="no such file"):
        read_masks([(None, tmp_path / "none.png")], ["sky", "rest"])
