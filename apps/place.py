"""Where the webcam's style goes: into one region of a mask; the other regions keep what they have."""

from adain.errors import OptionError
from adain.regions import Regions
from adain.style import Style

from .recipe import Recipe, parse_styles


class Place:
    """Called with the style of the moment, gives what to paint in.

    Args:
        regions: the first of them takes the styles, by key, strip or shuffle; the masks are those of the camera's
            own picture, and mirrored with it.
    """

    def __init__(self, regions: Regions) -> None:
        self._views = {False: regions, True: regions.flipped()}
        self._last: tuple[Style, bool, Regions] | None = None

    def __call__(self, style: Style, mirror: bool) -> Regions:
        last = self._last
        if last is None or last[0] is not style or last[1] != mirror:
            last = self._last = style, mirror, self._views[mirror].with_style(style)
        return last[2]


def everywhere(style: Style, mirror: bool) -> Style | Regions:
    """Without a mask."""
    return style


def parse_regions(styles: list[str], masks: list[str]) -> tuple[Recipe, str]:
    """The regions of --mask and --style LABEL=PICTURE, and the style that the first painted one begins with.

    Raises:
        OptionError: as `parse_styles`, or that region has a blend.
    """
    (recipe,) = parse_styles(styles, masks)
    label, blend = next((label, blend) for label, blend in recipe.regions if blend)
    if len(blend.sources) > 1:
        raise OptionError(
            f"region {label!r} is the one whose style changes by key, and has a blend; give it one style, or keep the "
            "blend first: adain styles save NAME PICTURE:0.5 PICTURE:0.5"
        )
    return recipe, blend.sources[0]
