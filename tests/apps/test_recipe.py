"""What --style, --style-levels and --mask mean, and what is said when they mean nothing."""

from pathlib import Path

import pytest
from adain.apps.options import PaintOptions
from adain.apps.recipe import Blend, parse_styles, split_weight
from hypothesis import given
from hypothesis import strategies as st

from adain.errors import OptionError, PictureError, StyleError


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("a.jpg", ("a.jpg", None)),
        ("a.jpg:0.7", ("a.jpg", 0.7)),
        ("starry-night:2", ("starry-night", 2.0)),
        ("C:\\art\\a.jpg", ("C:\\art\\a.jpg", None)),
        ("C:\\art\\a.jpg:.5", ("C:\\art\\a.jpg", 0.5)),
        ("10:15 at noon.jpg", ("10:15 at noon.jpg", None)),
        ("a:b:1e-1", ("a:b", 0.1)),
    ],
)
def test_only_a_number_after_the_last_colon_is_a_weight(text: str, want: tuple[str, float | None]):
    assert split_weight(text) == want


def test_a_file_whose_name_ends_like_a_weight_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("shot:2").touch()
    assert split_weight("shot:2") == ("shot:2", None)
    Path("a=b.jpg").touch()
    assert parse_styles(["a=b.jpg"])[0].blend == Blend(("a=b.jpg",), (1.0,))


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=5))
def test_weights_are_scaled_to_one_and_it_is_said(weights: list[float]):
    lines: list[str] = []
    (recipe,) = parse_styles([f"{i}.jpg:{w!r}" for i, w in enumerate(weights)], notify=lines.append)
    assert recipe.blend and sum(recipe.blend.shares) == pytest.approx(1)
    assert recipe.blend.shares == pytest.approx([w / sum(weights) for w in weights])
    assert bool(lines) == (abs(sum(weights) - 1) > 1e-3)


def test_without_weights_each_style_is_a_result_of_its_own():
    recipes = parse_styles(["a.jpg", "dir/b.jpg"])
    assert [recipe.name for recipe in recipes] == ["a", "b"]
    assert parse_styles(["a.jpg:0.5", "b.jpg:0.5"])[0].name == "a+b"


def test_levels():
    (recipe,) = parse_styles([], levels="fine=a,b.jpg, coarse=c.jpg")
    assert recipe.fine == Blend(("a,b.jpg",), (1.0,)) and recipe.name == "a,b-on-c"
    both = parse_styles(["x.jpg", "y.jpg"], levels="fine=a.jpg")
    assert [recipe.name for recipe in both] == ["a-on-x", "a-on-y"]


def test_regions():
    (recipe,) = parse_styles(["sky=a.jpg:1", "sky=b.jpg:3", "rest=keep"], ["m.png"])
    assert recipe.regions == (("sky", Blend(("a.jpg", "b.jpg"), (0.25, 0.75))), ("rest", None))
    assert recipe.masks == ((None, "m.png"),)
    (recipe,) = parse_styles(["sky=a.jpg", "rest=b.jpg"], ["sky=m.png"])
    assert recipe.masks == (("sky", "m.png"),) and recipe.name == "a+b"


@pytest.mark.parametrize(
    ("styles", "masks", "levels", "words"),
    [
        ([], [], None, "no style"),
        (["a.jpg:0.5", "b.jpg"], [], None, "'b.jpg' has no weight"),
        (["a.jpg:-1", "b.jpg:2"], [], None, "got weight -1 .* want a number of 0 or more"),
        (["a.jpg:nan"], [], None, "got weight nan"),
        (["a.jpg:inf"], [], None, "got weight inf"),
        (["a.jpg:0", "b.jpg:0"], [], None, "every weight is 0"),
        (["sky=a.jpg"], [], None, "label 'sky' needs a --mask"),
        (["a.jpg"], ["m.png"], None, "want LABEL=PICTURE"),
        ([], ["m.png"], None, "LABEL=PICTURE for each"),
        (["sky=a.jpg", "sky=b.jpg"], ["m.png"], None, "region 'sky' has 2 styles"),
        (["sky=keep"], ["m.png"], None, "every region is kept"),
        (["sky=a.jpg"], ["m.png"], "fine=b.jpg", "cannot go together"),
        ([], [], "fine=a.jpg", "want coarse=PICTURE too"),
        (["a.jpg"], [], "fine=a.jpg,coarse=b.jpg", "left without use"),
        (["a.jpg"], [], "middle=a.jpg", "want fine=PICTURE"),
        (["a.jpg"], [], "fine=", "want fine=PICTURE"),
        (["a.jpg"], [], "fine=a.jpg,fine=b.jpg", "want fine=PICTURE"),
    ],
)
def test_what_contradicts_itself_is_refused(styles: list[str], masks: list[str], levels: str | None, words: str):
    with pytest.raises(OptionError, match=words):
        parse_styles(styles, masks, levels)


def test_what_is_nowhere_is_told_before_the_model_is_loaded(tmp_path: Path):
    with pytest.raises(StyleError, match="did you mean"):
        parse_styles(["ink-wash:0.5", "stary-night:0.5"])[0].check()
    with pytest.raises(PictureError, match="no such mask"):
        parse_styles(["sky=ink-wash", "rest=neon"], [str(tmp_path / "m.png")])[0].check()


@pytest.mark.parametrize("wrong", [{"size": 5}, {"tile": "64"}, {"tile": "huge"}, {"tile": "-1"}, {"color": "pink"}])
def test_options_out_of_range(wrong: dict):
    with pytest.raises(OptionError, match="want"):
        PaintOptions(**wrong)


def test_tiles_as_the_library_takes_them():
    assert [PaintOptions(tile=tile).tiles for tile in ("auto", "off", "512")] == ["auto", None, 512]
