"""What practice has taught of the built-in styles: by how much their encoder's guess was to be changed.

A style looked at larger, smaller or in other colours is guessed in like manner, so the change does for it too.
`python -m adain.styles.practise` makes the file; other weights than those that practised know nothing of it.
"""

from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError, safe_open

from .builtin import is_builtin, styles_folder
from .errors import StyleError
from .layers import Statistics, StyleLevels
from .tensors import write_tensors

LESSONS = "lessons.safetensors"  # in the folder of the styles; half-precision floats


def lesson_for(picture: Path, weights: str) -> StyleLevels:
    """What there is to know of a style's picture: {} unless it is a built-in one, which these weights practised."""
    return load_lessons(weights).get(picture.stem, {}) if is_builtin(picture) else {}


@lru_cache(maxsize=4)
def load_lessons(weights: str, path: Path | None = None) -> dict[str, StyleLevels]:
    """Each built-in style's lesson by its name, for a model of these weights (`fingerprint`).

    Of a layer the lesson's mean is what to add to the mean, its std what to multiply the std by.

    Raises:
        StyleError: the file is damaged.
    """
    path = path or styles_folder() / LESSONS
    if not path.is_file():
        return {}
    lessons: dict[str, StyleLevels] = {}
    try:
        with safe_open(str(path), framework="pt") as file:
            if (file.metadata() or {}).get("weights") != weights:
                return {}
            tensors = {tuple(key.split("/")): file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
        for name, layer, part in tensors:
            if part == "mean":
                level = Statistics(tensors[name, layer, "mean"], tensors[name, layer, "std"])
                lessons.setdefault(name, {})[layer] = level
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise StyleError(f"{path} is damaged ({error}); reinstall the package") from error
    return lessons


def save_lessons(lessons: dict[str, StyleLevels], weights: str, path: Path) -> None:
    tensors = {
        f"{name}/{layer}/{part}": getattr(level, part).half().contiguous()
        for name, lesson in lessons.items()
        for layer, level in lesson.items()
        for part in level._fields
    }
    write_tensors(tensors, path, {"weights": weights})


def lesson_of(guessed: StyleLevels, learned: StyleLevels) -> StyleLevels:
    """What `taught` makes the learned statistics of the guessed ones with."""
    return {
        layer: Statistics(learned[layer].mean - guess.mean, learned[layer].std / guess.std)
        for layer, guess in guessed.items()
    }


def taught(guessed: StyleLevels, lesson: StyleLevels) -> StyleLevels:
    """The statistics to impose; {} is no lesson."""
    if not lesson:
        return guessed
    return {
        layer: Statistics(guess.mean + lesson[layer].mean, guess.std * lesson[layer].std)
        for layer, guess in guessed.items()
    }
