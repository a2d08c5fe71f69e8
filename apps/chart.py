"""matplotlib, which is an extra."""

from typing import Any

from adain.errors import OptionError


def load_pyplot() -> Any:
    """matplotlib's pyplot, drawing into files only.

    Raises:
        OptionError: it is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise OptionError("--plot needs matplotlib: pip install 'adain-style[eval]'") from error
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
