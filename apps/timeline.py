"""Styles over time: `--style 0:a.jpg --style 5s:b.jpg`."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from adain.errors import OptionError

from .recipe import KEEP, Recipe, parse_styles

if TYPE_CHECKING:
    from adain.regions import Regions
    from adain.style import Style

TIME = r"(?:(?:\d+:){0,2}(?:\d+(?:\.\d*)?|\.\d+))"
KEYFRAME = re.compile(rf"(?P<time>{TIME})s?:(?P<style>\D.*|\d+[^:\d].*)", re.DOTALL)


@dataclass(frozen=True)
class Keyframe:
    """What to paint in at a moment; between two of them, the styles morph."""

    time: Fraction  # s from the start of the result
    recipe: Recipe


def parse_time(text: str | None, option: str) -> Fraction | None:
    """ "90", "90.5s", "1:30" or "0:01:30" -> seconds; None stays None.

    Raises:
        OptionError: it is none of these.
    """
    if text is None:
        return None
    if not re.fullmatch(rf"{TIME}s?", text):
        raise OptionError(f"got {option} {text!r}; want seconds, such as 12.5, or hours:minutes:seconds")
    seconds = Fraction(0)
    for part in text.removesuffix("s").split(":"):
        seconds = seconds * 60 + Fraction(part)
    return seconds


def parse_rate(text: str | None, option: str) -> Fraction | None:
    """ "25", "29.97" or "30000/1001" -> frames a second; None stays None.

    Raises:
        OptionError: it is no positive number.
    """
    if text is None:
        return None
    if not re.fullmatch(r"\d+(\.\d+)?|\d+/0*[1-9]\d*", text) or not Fraction(text):
        raise OptionError(f"got {option} {text!r}; want frames a second, such as 25 or 30000/1001")
    return Fraction(text)


def parse_timeline(
    styles: list[str],
    masks: list[str] | None = None,
    levels: str | None = None,
    *,
    notify: Callable[[str], None] = lambda line: None,
) -> list[Keyframe]:
    """Make keyframes of --style: each TIME:STYLE, or one style for all the time; weights blend what has one time.

    With masks a moment has a style for each label, and all moments the same labels.

    Raises:
        OptionError: some styles have a time and others not, several have none and no weight, or a moment lacks a label.
    """
    matches = [None if Path(text).exists() else KEYFRAME.fullmatch(text) for text in styles]
    timed = [m for m in matches if m]
    if timed and (len(timed) < len(styles) or levels):
        bare = next((text for text, m in zip(styles, matches) if not m), levels)
        raise OptionError(f"{bare!r} has no time, other styles have; write TIME:STYLE for all of them or none")
    moments: dict[Fraction, list[str]] = {}
    if timed:
        for match in timed:
            moments.setdefault(parse_time(match["time"], "--style") or Fraction(0), []).append(match["style"])
    else:
        moments[Fraction(0)] = styles
    keyframes = []
    for time, texts in sorted(moments.items()):
        recipes = parse_styles(texts, masks, levels, notify=notify)
        if len(recipes) > 1:
            raise OptionError(
                f"got {len(recipes)} styles for one moment; give each a time (0:a.jpg 5s:b.jpg) or a weight (a.jpg:0.5)"
            )
        keyframes.append(Keyframe(time, recipes[0]))
    want_same_regions(keyframes)
    return keyframes


def want_same_regions(keyframes: list[Keyframe]) -> None:
    """Raise OptionError unless styles can turn into one another region by region."""
    plans = [", ".join(label if blend else f"{label}={KEEP}" for label, blend in k.recipe.regions) for k in keyframes]
    for keyframe, plan in zip(keyframes, plans):
        if plan != plans[0]:
            raise OptionError(
                f"at {float(keyframe.time):g} s the regions are {plan}, at first {plans[0]}; want the same in one order"
            )


def style_at(time: Fraction, times: list[Fraction], styles: "list[Style | Regions]") -> "Style | Regions":
    """The blend of keyframes' styles at a moment; before the first and after the last these alone."""
    after = bisect_right(times, time)
    if after == 0 or after == len(times):
        return styles[max(0, after - 1)]
    share = float((time - times[after - 1]) / (times[after] - times[after - 1]))
    if share == 0:
        return styles[after - 1]
    return styles[0].blend(styles[after - 1 : after + 1], [1 - share, share])  # type: ignore[arg-type]
