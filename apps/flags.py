"""The options that commands share: they read the same everywhere. Defaults stand with the commands."""

from typing import Annotated

import typer

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}  # of every command

Model = Annotated[
    str,
    typer.Option(
        help="Model name (see 'adain info'), exported .safetensors weights, or johnson:FILE for a network of one style "
        "(no --style then)."
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Backend = Annotated[
    str, typer.Option(help="What runs the network: torch, compile (torch.compile; best on GPUs) or openvino (CPU).")
]
Backends = Annotated[list[str], typer.Option(help="What runs the networks; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON report on stdout.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]

# How to paint: the same for every command that does.
Styles = Annotated[
    list[str] | None,
    typer.Option(
        "--style",
        "-s",
        help="A picture, or the name of a built-in or saved style; may be repeated. PICTURE:WEIGHT blends; "
        "with --mask, LABEL=PICTURE (LABEL=keep leaves the photo).",
        show_default=False,
    ),
]
StyleLevels = Annotated[str | None, typer.Option(help="fine=A,coarse=B: texture of the style A, broad colour of B.")]
Masks = Annotated[
    list[str] | None,
    typer.Option(
        "--mask",
        help="Regions for --style LABEL=PICTURE: a black and white (or soft) mask, one with colours or class numbers "
        "for labels, or LABEL=MASK for each.",
        show_default=False,
    ),
]
Feather = Annotated[
    float | None,
    typer.Option(
        min=0.0, max=50.0, help="Softness of the regions' seams, % of the long side. (default: 1)", show_default=False
    ),
]
Strength = Annotated[float, typer.Option(min=0.0, max=1.0, help="0 is the photo, 1 the full style.")]
Size = Annotated[
    int | None,
    typer.Option(min=0, help="Long side in px to work at; 0: the photo's own. (default: 1024)", show_default=False),
]
OutputSize = Annotated[
    int | None,
    typer.Option(min=1, help="Long side in px of the result. (default: CONTENT's)", show_default=False),
]
StyleSize = Annotated[
    int | None,
    typer.Option(min=16, help="Long side in px at which to look at the style. (default: 512)", show_default=False),
]
StyleScale = Annotated[float, typer.Option(min=0.1, max=8.0, help="Size of the strokes: 2 is twice as large.")]
Calm = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=1.0,
        help="How calm the strokes are: 0 as lively as the style's, 1 flats stay flat, and what moves flickers least. "
        "(default: 0; what moves: 0.9 with fast)",
        show_default=False,
    ),
]
Detail = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="How much of the photo's detail that is too fine for --size is laid on.")
]
Color = Annotated[str, typer.Option(help="Whose colours: style, content (luma), lab, histogram or coral.")]
ColorStrength = Annotated[float, typer.Option(min=0.0, max=1.0, help="How much of --color.")]
Tile = Annotated[str, typer.Option(help="Huge pictures in tiles: auto, off, or a tile's side in px.")]
