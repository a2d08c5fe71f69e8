"""Practising a style, in the library and at the command line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from adain.train import practice
from adain.train.practice import PracticeStep, practise
from PIL import Image

from adain import Style, Stylizer
from adain.errors import OptionError, TrainingError
from adain.picture import Picture, read_picture
from adain.saved import saved_styles

SMALL = {"size": 128, "crop": 64, "picture_side": 80}


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    """A picture that is like no painting."""
    squares = np.indices((96, 96)).sum(0) // 8 % 3
    colours = np.array([[230, 40, 30], [20, 30, 60], [240, 220, 90]], np.uint8)
    path = tmp_path / "checks.png"
    Image.fromarray(colours[squares]).save(path)
    return path


@pytest.fixture
def photos(folders: tuple[Path, Path]) -> Path:
    return folders[0]


def numbers(style: Style) -> torch.Tensor:
    return torch.cat([part.flatten() for _, level in sorted(style.levels.items()) for part in level])


def test_losses_fall_and_only_the_statistics_change(fast: Stylizer, checks: Path, photos: Path, photo: np.ndarray):
    before = fast.stylize(photo, fast.encode_style("neon"))
    picture = read_picture(checks)
    steps = list(practise(fast, picture, photos, name="checks", steps=12, **SMALL))
    assert [(step.step, step.steps) for step in steps] == [(i + 1, 12) for i in range(12)]
    totals = [sum(step.terms.values()) for step in steps]
    assert np.mean(totals[-3:]) < 0.95 * np.mean(totals[:3])
    guessed, learned = fast.encode_style(picture, size=128, name="checks"), steps[-1].style
    assert (learned.name, learned.model, learned.weights) == ("checks", "fast", fast.weights)
    assert torch.equal(learned.palette, guessed.palette)
    assert 0.01 < (numbers(learned) - numbers(guessed)).abs().mean() < 1
    assert all((level.std > 0).all() for level in learned.levels.values())
    assert np.array_equal(fast.stylize(photo, fast.encode_style("neon")), before)  # the network is as it was


def test_the_same_seed_learns_the_same(fast: Stylizer, checks: Path, photos: Path):
    def learned(seed: int) -> torch.Tensor:
        *_, last = practise(fast, read_picture(checks), photos, steps=2, seed=seed, **SMALL)
        return numbers(last.style)

    assert torch.allclose(learned(1), learned(1), atol=1e-5) and not torch.allclose(learned(1), learned(2), atol=1e-3)


def test_vgg_learns_too(checks: Path, photo_file: Path):
    vgg = Stylizer("vgg", device="cpu", dtype="float32")
    first, *_, last = practise(vgg, read_picture(checks), photo_file, steps=4, seed=3, **SMALL)
    assert last.style.levels.keys() == {"relu4_1"} and not torch.equal(numbers(first.style), numbers(last.style))
    assert numbers(last.style).isfinite().all()


def test_what_cannot_be_practised_is_told(fast: Stylizer, checks: Path, photos: Path, tmp_path: Path):
    picture = read_picture(checks)
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="no readable picture"):
        next(practise(fast, picture, tmp_path / "empty", **SMALL))
    with pytest.raises(OptionError, match="in float32"):
        next(practise(Stylizer("fast", device="cpu", dtype="bfloat16"), picture, photos, **SMALL))
    with pytest.raises(TrainingError, match="diverged at step"):
        list(practise(fast, picture, photos, steps=3, learning_rate=float("inf"), **SMALL))


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting, value in SMALL.items():
        if setting in practice.PRACTICE:
            monkeypatch.setitem(practice.PRACTICE, setting, value)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAIN_STYLES", str(tmp_path / "saved"))


@pytest.mark.usefixtures("small_steps")
def test_command_line(adain_here: Callable, fast: Stylizer, checks: Path, photos: Path, photo_file: Path):
    call = ("styles", "save", "mine", checks, "--practise", photos, "--style-size", 128, "--device", "cpu")
    assert adain_here(*call, "--steps", 3) == (0, "")
    mine = fast.encode_style("mine")
    *_, last = practise(fast, read_picture(checks), photos, name="mine", steps=3, size=128)
    assert mine.name == "mine" and torch.allclose(numbers(mine), numbers(last.style), atol=1e-5)
    code, told = adain_here("image", photo_file, "-s", "mine", "--size", 64, "-o", "painted.png")
    assert code == 0, told
    code, told = adain_here(*call)
    assert code == 1 and "already" in told
    code, told = adain_here("styles", "save", "other", "mine", "--practise", photos)
    assert code == 2 and "want its picture" in told
    code, told = adain_here("styles", "save", "other", checks, "neon", "--practise", photos)
    assert code == 2 and "practise one" in told
    for alone in (("--steps", 3), ("--teacher", "lpips.tar.gz")):
        code, told = adain_here("styles", "save", "other", checks, *alone)
        assert code == 2 and "--practise" in told
    assert saved_styles().keys() == {"mine"}


@pytest.mark.usefixtures("small_steps")
def test_ctrl_c_keeps_what_was_learned_so_far(
    adain_here: Callable, fast: Stylizer, checks: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
):
    found: list[PracticeStep] = []

    def interrupted(stylizer: Stylizer, picture: Picture, *args: object, **options: object) -> Iterator[PracticeStep]:
        for step in practise(stylizer, picture, *args, **options):  # type: ignore[arg-type]
            found.append(step)
            yield step
            raise KeyboardInterrupt

    monkeypatch.setattr(practice, "practise", interrupted)
    code, told = adain_here("styles", "save", "mine", checks, "--practise", photos, "--style-size", 128)
    assert code == 130 and "stopped after 1 of 40 steps" in told
    assert torch.equal(numbers(fast.encode_style("mine")), numbers(found[0].style))
