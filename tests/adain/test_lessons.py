"""What practice has taught of the built-in styles, and where it is told."""

from pathlib import Path

import numpy as np
import pytest
import torch
from adain.styles.practise import carried_over
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from adain import Stylizer, list_styles
from adain.builtin import styles_folder
from adain.convert import to_tensor
from adain.errors import StyleError, WeightsError
from adain.layers import Statistics, StyleLevels, statistics
from adain.lessons import LESSONS, lesson_of, load_lessons, save_lessons, taught
from adain.losses import style_loss
from adain.models import fingerprint, weights_folder
from adain.perceptual import VGG_STYLE_LAYERS, load_perceptual
from adain.picture import read_picture
from adain.tensors import write_tensors


def some_levels(seed: int) -> StyleLevels:
    draw = torch.Generator().manual_seed(seed)
    widths = {"bottleneck": 8, "refine": 3}
    return {
        layer: Statistics(torch.randn(1, width, 1, 1, generator=draw), torch.rand(1, width, 1, 1, generator=draw) + 0.1)
        for layer, width in widths.items()
    }


def alike(one: StyleLevels, other: StyleLevels, tolerance: float = 1e-5) -> bool:
    return all(torch.allclose(a, b, tolerance, tolerance) for n in one for a, b in zip(one[n], other[n], strict=True))


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_who_is_taught_knows_what_was_learned(guess: int, learned: int):
    lesson = lesson_of(some_levels(guess), some_levels(learned))
    assert alike(taught(some_levels(guess), lesson), some_levels(learned))


def test_lessons_are_kept_for_the_weights_that_learned_them(tmp_path: Path):
    lessons = {"mosaic": some_levels(1), "my-own": some_levels(2)}
    save_lessons(lessons, "0123", tmp_path / LESSONS)
    read = load_lessons("0123", tmp_path / LESSONS)
    assert read.keys() == lessons.keys() and all(alike(read[name], lessons[name], 1e-3) for name in lessons)
    assert load_lessons("4567", tmp_path / LESSONS) == {}
    assert load_lessons("0123", tmp_path / "none.safetensors") == {}
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes((tmp_path / LESSONS).read_bytes()[:100])
    with pytest.raises(StyleError, match="reinstall"):
        load_lessons("0123", damaged)


def test_the_shipped_weights_have_practised_every_built_in_style():
    assert load_lessons(fingerprint("fast")).keys() == list_styles().keys()


def test_a_lesson_is_told_for_the_built_in_picture_at_any_size_and_in_any_colours(fast: Stylizer, photo: np.ndarray):
    path = list_styles()["stained-glass"].path
    lesson = load_lessons(fast.weights)["stained-glass"]
    looks: tuple[dict, ...] = ({}, {"scale": 2.0}, {"size": 256}, {"color_of": photo})
    for options in looks:
        guessed, told = fast.encode_style(read_picture(path), **options), fast.encode_style("stained-glass", **options)
        assert alike(told.levels, taught(guessed.levels, lesson)) and not alike(told.levels, guessed.levels)
        assert alike(told.levels, fast.encode_style(path, **options).levels)


def test_what_was_learned_holds_for_weights_that_only_guess_otherwise(fast: Stylizer, tmp_path: Path):
    def changed(layer: str) -> Stylizer:
        path = tmp_path / f"{layer}.safetensors"
        weights = load_file(weights_folder() / "fast.safetensors")
        write_tensors({**weights, layer: weights[layer] + 0.1}, path, {"architecture": "fast", "steps": "1"})
        return Stylizer(path, device="cpu", dtype="float32")

    file, picture = tmp_path / LESSONS, read_picture(list_styles()["mosaic"].path)
    save_lessons({"mosaic": load_lessons(fast.weights)["mosaic"]}, fast.weights, file)
    other = changed("style_encoder.out.bias")
    lessons = carried_over(fast, other, file)
    guessed, learned = other.encode_style(picture).levels, fast.encode_style("mosaic").levels
    assert lessons.keys() == {"mosaic"} and not alike(guessed, learned)
    assert alike(taught(guessed, lessons["mosaic"]), learned, 1e-3)
    with pytest.raises(WeightsError, match="no lessons"):
        carried_over(other, fast, file)
    with pytest.raises(WeightsError, match="anew"):
        carried_over(fast, changed("refine.bias"), file)


def test_a_picture_of_the_same_name_elsewhere_is_as_it_is_seen(fast: Stylizer, tmp_path: Path):
    copy = tmp_path / "mosaic.jpg"
    copy.write_bytes((styles_folder() / "mosaic.jpg").read_bytes())
    assert alike(fast.encode_style(copy).levels, fast.encode_style(read_picture(copy)).levels)


@pytest.mark.parametrize("name", ["stained-glass", "ink-wash"])
def test_practised_paintings_are_nearer_to_their_style(fast: Stylizer, photo: np.ndarray, name: str):
    judge = load_perceptual("vgg16", None, device=torch.device("cpu"), dtype=torch.float32)

    def seen(rgb: np.ndarray) -> dict[str, torch.Tensor]:
        return judge(to_tensor(rgb, torch.device("cpu")), VGG_STYLE_LAYERS)

    picture = read_picture(list_styles()[name].path)
    wanted = {layer: statistics(f) for layer, f in seen(picture.rgb).items()}
    told, guessed = (
        style_loss(seen(fast.stylize(photo, fast.encode_style(style))), wanted) for style in (name, picture)
    )
    assert told < 0.95 * guessed
