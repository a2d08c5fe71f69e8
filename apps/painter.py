"""A stylizer that paints by recipe, and remembers the styles it has encoded."""

from adain.convert import fit
from adain.errors import OptionError
from adain.masks import read_masks
from adain.picture import Picture
from adain.regions import FEATHER, Regions
from adain.style import Style
from adain.stylizer import STYLE_SIZE, WORK_SIZE, Stylizer
from adain.tiles import WHOLE_BUDGET, Notify, Progress

from .options import PaintOptions
from .recipe import Blend, Recipe


class Painter:
    """Paints pictures as the options say.

    Attributes:
        stylizer: the model at work.
        options: how to paint.
        size: px, long side to work at; None: the photo's own.
    """

    def __init__(self, options: PaintOptions) -> None:
        self.options = options
        self.tiles = options.tiles
        self.stylizer = Stylizer(options.model, device=options.device, backend=options.backend)
        self.size = WORK_SIZE if options.size is None else options.size or None
        self._encoded: dict[str, Style] = {}
        self._composed: dict[tuple[Recipe, float], Style | Regions] = {}

    def calm(self, *, moving: bool) -> float:
        """How calm to paint a picture, or what moves."""
        if self.options.calm is not None:
            return self.options.calm
        return self.stylizer.moving_calm if moving else 0.0

    def style_for(self, recipe: Recipe, photo: Picture | None, *, moving: bool = False) -> Style | Regions:
        """What to paint a photo with, or what moves.

        The photo matters only where its colours go into the style (--color coral).
        """
        calm = self.calm(moving=moving)
        if self.options.color == "coral":
            if photo is None:
                raise OptionError("--color coral recolours the style for one photo; choose another --color here")
            return self.stylizer.calmed(self._compose(recipe, photo), calm)
        if (recipe, calm) not in self._composed:
            self._composed[recipe, calm] = self.stylizer.calmed(self._compose(recipe, None), calm)
        return self._composed[recipe, calm]

    def paint(
        self,
        photo: Picture,
        recipe: Recipe,
        *,
        notify: Notify = lambda line: None,
        progress: Progress = lambda done, total: None,
    ) -> Picture:
        """One picture, of any size."""
        return self.stylizer.stylize(
            photo,
            self.style_for(recipe, photo),
            size=self.size,
            tile=self.tiles,
            notify=notify,
            progress=progress,
            **self.options.finish,
        )

    def can_group(self, photo: Picture, recipe: Recipe, count: int) -> bool:
        """Whether `count` pictures of this kind can be painted together, as far as memory goes."""
        width, height = self.work_size(photo)
        memory = count * width * height * self.stylizer.network.bytes_per_pixel
        return count > 1 and not recipe.regions and self.options.color != "coral" and memory <= WHOLE_BUDGET

    def work_size(self, photo: Picture) -> tuple[int, int]:
        """Width and height at which a photo is painted."""
        height, width = photo.rgb.shape[:2]
        return fit(width, height, self.size) if self.size else (width, height)

    def paint_together(self, photos: list[Picture], recipes: list[Recipe]) -> list[Picture]:
        """Photos of one `work_size`, without regions, in one go: see `can_group`."""
        styles = [self.style_for(recipe, None) for recipe in recipes]
        plain = [style for style in styles if isinstance(style, Style)]
        return self.stylizer.stylize_batch(photos, plain, size=self.size, **self.options.finish)

    def _compose(self, recipe: Recipe, photo: Picture | None) -> Style | Regions:
        if recipe.own:
            if self.options.color == "coral" or self.options.style_scale != 1:
                raise OptionError(
                    f"model {self.stylizer.model!r} has its style inside: no --color coral, no --style-scale"
                )
            return self.stylizer.only_style  # type: ignore[return-value]
        if recipe.regions:
            styles = {label: self._blend(blend, photo) if blend else None for label, blend in recipe.regions}
            feather = FEATHER if self.options.feather is None else self.options.feather / 100
            return Regions.compose(styles, read_masks(recipe.masks, list(styles)), feather=feather)
        fine, coarse = recipe.fine or recipe.blend, recipe.coarse or recipe.blend
        assert fine and coarse  # `parse_styles` sees to it
        if fine == coarse:
            return self._blend(fine, photo)
        return Style.layered(fine=self._blend(fine, photo), coarse=self._blend(coarse, photo))

    def _blend(self, blend: Blend, photo: Picture | None) -> Style:
        styles = [self._encode(source, photo) for source in blend.sources]
        return styles[0] if len(styles) == 1 else Style.blend(styles, blend.shares)

    def _encode(self, source: str, photo: Picture | None) -> Style:
        if photo is None and source in self._encoded:
            return self._encoded[source]
        style = self.stylizer.encode_style(
            source,
            size=self.options.style_size or STYLE_SIZE,
            scale=self.options.style_scale,
            color_of=photo,
            color_strength=self.options.color_strength,
        )
        if photo is None:
            self._encoded[source] = style
        return style
