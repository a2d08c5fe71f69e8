"""The other commands."""

import json
from pathlib import Path

import typer
from adain.apps.cli import app
from PIL import Image
from typer.testing import CliRunner

from adain import list_styles


def test_help_and_version(adain):
    assert b"Paint any photo in any style" in adain("--help").stdout
    assert adain("--version").stdout.startswith(b"adain 0.")
    assert adain("nonsense").returncode == 2


def test_help_says_what_was_written():
    """Rich takes [extra] for markup and :m: for an emoji, and cuts what is too long for 80 columns."""

    def commands(command, path=()):
        if subcommands := getattr(command, "commands", {}):
            return [leaf for name, sub in subcommands.items() for leaf in commands(sub, (*path, name))]
        return [(path, command)]

    for path, command in commands(typer.main.get_command(app)):
        shown = CliRunner().invoke(app, [*path, "--help"]).output
        names = [name for option in command.params for name in option.opts if name.startswith("--")]
        texts = [command.help, *(option.help for option in command.params if option.help)]
        assert len(texts) >= 2 and all(word in shown for word in [*names, *" ".join(texts).split()]), path
        assert max(map(len, shown.splitlines())) == 80


def test_styles_are_listed_and_shown(adain, tmp_path: Path):
    entries = json.loads(adain("styles", "--json").stdout)
    assert len(entries) >= 13 and {"starry-night", "ink-wash"} <= {e["name"] for e in entries}
    assert all(Path(e["path"]).is_file() and e["licence"] for e in entries)
    listing = adain("styles").stdout.decode()
    assert all(name in listing for name in list_styles())
    assert adain("styles", "--sheet", "sheet.png").returncode == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 1204 and sheet.height > 600


def test_builtin_styles_differ_visibly():
    """No two styles share both palette and contrast."""
    seen = []
    for style in list_styles().values():
        with Image.open(style.path) as image:
            small = image.convert("RGB").resize((64, 64))
        histogram = [h / 4096 for h in small.quantize(8).convert("RGB").histogram()[::1]]
        for other, name in seen:
            assert sum(abs(a - b) for a, b in zip(histogram, other, strict=True)) > 0.5, (style.name, name)
        seen.append((histogram, style.name))


def test_info_reports_device_and_models(adain):
    report = json.loads(adain("info", "--json").stdout)
    assert report["device"] in ("cpu", "mps") or report["device"].startswith("cuda")
    assert set(report["models"]) >= {"fast", "vgg"}
    assert "fast (default)" in adain("info").stdout.decode()
