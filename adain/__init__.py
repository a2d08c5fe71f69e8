"""Arbitrary style transfer with AdaIN: any photo in any style, in one pass.

from adain import Stylizer

stylizer = Stylizer()
starry = stylizer.encode_style("starry-night")
stylizer.stylize("photo.jpg", starry).save("painting.png")
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .builtin import list_styles as list_styles
    from .errors import AdainError as AdainError
    from .frames import FrameStylizer as FrameStylizer
    from .models import list_models as list_models
    from .regions import Regions as Regions
    from .style import Style as Style
    from .stylizer import Stylizer as Stylizer

try:
    __version__ = version("adain-style")
except PackageNotFoundError:  # a source tree on sys.path
    __version__ = "0+unknown"

# Loaded on first use, so that `import adain` and `adain --help` need not wait for torch.
_HOMES = {
    "AdainError": "errors",
    "FrameStylizer": "frames",
    "Regions": "regions",
    "Stylizer": "stylizer",
    "Style": "style",
    "list_models": "models",
    "list_styles": "builtin",
}
__all__ = ["AdainError", "FrameStylizer", "Regions", "Style", "Stylizer", "list_models", "list_styles"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
