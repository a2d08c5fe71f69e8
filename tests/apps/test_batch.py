"""`adain batch`: folders, pairs, tables, going on after an interruption, and failures in between."""

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pillow_heif
import pytest
from adain.apps.batch import run_batch
from adain.apps.pipeline import Interrupted
from adain.apps.plan import BatchOptions, find_photos, plan_folders, read_table
from adain.apps.recipe import parse_styles
from PIL import Image

from adain.errors import OptionError

SMALL = BatchOptions(size=64, style_size=64)


@pytest.fixture
def photos(photo: np.ndarray, tmp_path: Path) -> Path:
    """Three photos, one of them in a folder below, of two sizes."""
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    for name, picture in (("one.png", photo), ("two.jpg", photo[:, ::-1]), ("below/three.png", photo[:100])):
        Image.fromarray(np.ascontiguousarray(picture)).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder


def call(contents, styles, output: Path, options: BatchOptions = SMALL, *, masks=(), levels=None, table=None, capsys):
    """Run in this process: (how many failed, the report, stderr)."""
    failed = run_batch(
        list(map(str, contents)),
        list(map(str, styles)),
        output,
        options,
        masks=list(map(str, masks)),
        levels=levels,
        table=table,
        as_json=True,
    )
    captured = capsys.readouterr()
    return failed, json.loads(captured.out), captured.err


def test_a_folder_in_every_style_through_the_command(adain, photos: Path, tmp_path: Path):
    (photos / "bad.jpg").write_text("no picture")
    done = adain("batch", photos, "-s", "ink-wash", "-s", "neon", "-o", "out", "--size", 64, "--format", "jpg")
    assert done.returncode == 1
    assert done.stdout.decode().startswith("6 painted, 0 skipped, 2 failed in ")
    assert len(done.stdout.decode().splitlines()) == 1
    errors = done.stderr.decode().strip().splitlines()
    assert len(errors) == 2 and all("not a picture" in e for e in errors)
    assert (tmp_path / "out" / "below" / "three_stylized_neon.jpg").is_file()
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 6
    (photos / "bad.jpg").unlink()
    again = adain("batch", photos, "-s", "ink-wash", "-s", "neon", "-o", "out", "--size", 64, "--format", "jpg")
    assert again.returncode == 0 and again.stdout.decode().startswith("0 painted, 6 skipped, 0 failed")


@pytest.mark.parametrize("group", [1, 4])
def test_what_it_paints_is_what_image_paints(photos: Path, tmp_path: Path, fast, group: int, capsys):
    options = BatchOptions(size=64, style_size=64, group=group, color="content", strength=0.8)
    failed, report, _ = call([photos], ["ink-wash", "neon"], tmp_path / "out", options, capsys=capsys)
    assert failed == 0 and report["painted"] == 6
    for item in report["items"]:
        with Image.open(item["content"]) as content:
            style = fast.encode_style(item["style"], size=64)
            want = np.array(fast.stylize(content.convert("RGB"), style, size=64, color="content", strength=0.8))
        with Image.open(item["output"]) as got:
            assert np.abs(np.array(got).astype(int) - want).mean() < 1.5  # the device's own number format


def test_photos_of_one_name_have_results_of_their_own(photos: Path, tmp_path: Path, capsys):
    (photos / "one.jpg").write_bytes((photos / "two.jpg").read_bytes())
    failed, report, _ = call([photos], ["ink-wash"], tmp_path / "out", capsys=capsys)
    assert failed == 0 and report["painted"] == 4
    names = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert names == [f"{name}_stylized_ink-wash.png" for name in ("one_jpg", "one_png", "two")]


def test_a_telephone_in_a_folder(photo: np.ndarray, tmp_path: Path, capsys):
    folder = tmp_path / "DCIM"
    folder.mkdir()
    pillow_heif.from_pillow(Image.fromarray(photo)).save(folder / "IMG_1.HEIC", quality=80)
    Image.fromarray(photo).save(folder / "two.avif")
    with av.open(str(folder / "old.3gp"), "w") as container:
        video = container.add_stream("h263", rate=10)
        video.width, video.height, video.pix_fmt = 176, 144, "yuv420p"
        frame = av.VideoFrame.from_ndarray(cv2.resize(photo, (176, 144)), format="rgb24")
        container.mux([*video.encode(frame), *video.encode(None)])
    failed, report, _ = call([folder], ["neon"], tmp_path / "out", capsys=capsys)
    assert not failed and report["painted"] == 3
    names = [path.name for path in sorted((tmp_path / "out").iterdir())]
    assert names == ["IMG_1_stylized_neon.png", "old_stylized_neon.mp4", "two_stylized_neon.png"]


def test_finished_results_are_skipped_unless_overwritten(photos: Path, tmp_path: Path, capsys):
    out = tmp_path / "out"
    call([photos], ["neon"], out, capsys=capsys)
    one = out / "one_stylized_neon.png"
    one.unlink()
    kept = (out / "two_stylized_neon.png").stat().st_mtime_ns
    _, report, _ = call([photos], ["neon"], out, capsys=capsys)
    assert (report["painted"], report["skipped"]) == (1, 2)
    assert one.is_file() and (out / "two_stylized_neon.png").stat().st_mtime_ns == kept
    overwrite = BatchOptions(size=64, style_size=64, overwrite=True)
    assert call([photos], ["neon"], out, overwrite, capsys=capsys)[1]["painted"] == 3
    assert not list(out.rglob("*.part"))


def test_a_folder_of_styles_and_pairs_by_name(photos: Path, tmp_path: Path, capsys):
    art = tmp_path / "art"
    art.mkdir()
    for name, colour in (("one", "red"), ("two", "blue")):
        Image.new("RGB", (64, 64), colour).save(art / f"{name}.png")
    assert (
        len(plan_folders(find_photos([str(photos)]), parse_styles([str(p) for p in art.iterdir()]), Path(), SMALL)[0])
        == 6
    )
    options = BatchOptions(size=64, style_size=64, pair=True)
    failed, report, err = call([photos], [art], tmp_path / "out", options, capsys=capsys)
    assert failed == 1 and "no style is called 'three'" in err
    painted = {Path(i["content"]).stem: i["style"] for i in report["items"] if i["status"] == "painted"}
    assert painted == {"one": "one", "two": "two"}


def test_a_table_of_pairs(photos: Path, tmp_path: Path, capsys):
    Image.new("RGB", (64, 64), "red").save(photos / "own.png")
    table = photos / "pairs.csv"
    table.write_text(
        'content,style,output\none.png,neon,\n\ntwo.jpg,own.png,"sub/a, b.jpg"\none.png,neon:1;own.png:1\n'
    )
    failed, report, _ = call([], [], tmp_path / "out", table=table, capsys=capsys)
    assert failed == 0 and report["painted"] == 3
    names = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*"))
    assert names == ["one_stylized_neon+own.png", "one_stylized_neon.png", "sub/a, b.jpg"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("content,style\none.png,neon\ntwo.jpg\n", "line 3: got 'two.jpg'; want content,style"),
        ("one.png,\n", "line 1: got"),
        ("one.png,neon,a.png,b\n", "line 1: got"),
        ("one.png,neon:-1\n", "line 1: got weight -1"),
        ("one.png,neon;ink-wash\n", "line 1: got 2 styles"),
        ("one.png,neon,a.xyz\n", "line 1: cannot write"),
        ("content,style\n", "no line of content,style"),
    ],
)
def test_a_broken_line_is_told_with_its_number(tmp_path: Path, text: str, words: str):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(OptionError, match=words):
        list(read_table(tmp_path / "pairs.csv", tmp_path, SMALL))


def test_a_mask_for_each_photo(photos: Path, tmp_path: Path, capsys):
    masks = tmp_path / "masks"
    masks.mkdir()
    for name, value in (("one", 255), ("two", 0), ("three", 255)):
        mask = np.full((10, 10), value, np.uint8)
        mask[:, 5:] = 255 - value
        Image.fromarray(mask).save(masks / f"{name}.png")
    styles = ["figure=neon", "rest=keep"]
    options = BatchOptions(size=64, style_size=64, feather=0)
    failed, report, _ = call([photos], styles, tmp_path / "out", options, masks=[masks], capsys=capsys)
    assert failed == 0, report
    for name, kept in (("one", np.s_[:, 140:]), ("two", np.s_[:, :100])):
        with (
            Image.open(tmp_path / "out" / f"{name}_stylized_neon.png") as out,
            Image.open(photos / f"{name}.{'png' if name == 'one' else 'jpg'}") as photo,
        ):
            np.testing.assert_array_equal(np.array(out)[kept], np.array(photo)[kept])


@pytest.fixture
def clips(photos: Path, photo: np.ndarray) -> Path:
    """Videos among the photos: two whole, of which one in a container that is not written, and one that is none."""
    for name, codec in (("clip.mp4", "mp4v"), ("below/old.avi", "MJPG")):
        writer = cv2.VideoWriter(str(photos / name), cv2.VideoWriter.fourcc(*codec), 25.0, (240, 160))
        for shift in range(6):
            writer.write(np.ascontiguousarray(np.roll(photo, shift, 1)[..., ::-1]))
        writer.release()
    (photos / "bad.mov").write_text("no video")
    return photos


def test_videos_among_the_photos_through_the_command(adain, clips: Path, tmp_path: Path):
    arguments = ("batch", clips, "-s", "neon", "-o", "out", "--size", 64)
    done = adain(*arguments)
    assert done.returncode == 1
    assert done.stdout.decode().startswith("5 painted, 0 skipped, 1 failed (2 of the painted are videos) in ")
    errors = done.stderr.decode().strip().splitlines()
    assert len(errors) == 1 and "bad.mov" in errors[0] and "cannot be read as a video" in errors[0]
    found = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.*"))
    names = ("below/old_stylized_neon.mp4", "below/three_stylized_neon.png", "clip_stylized_neon.mp4")
    assert found == sorted([*names, "one_stylized_neon.png", "two_stylized_neon.png"])
    for name in (names[0], names[2]):
        capture = cv2.VideoCapture(str(tmp_path / "out" / name))
        frames = [frame for ok, frame in iter(capture.read, (False, None)) if ok]
        assert len(frames) == 6 and frames[0].shape == (160, 240, 3)
    (clips / "bad.mov").unlink()
    again = adain(*arguments, "--json")
    report = json.loads(again.stdout)
    assert again.returncode == 0 and (report["painted"], report["skipped"]) == (0, 5)


def test_videos_follow_the_options(clips: Path, tmp_path: Path, capsys):
    mask = np.zeros((16, 24), np.uint8)
    mask[:8] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    options = BatchOptions(size=64, style_size=64, overwrite=True, output_size=120)
    contents, styles = [clips / "clip.mp4"], ["sky=neon", "rest=keep"]
    for _ in range(2):  # the second time over the first result
        failed, report, _ = call(
            contents, styles, tmp_path / "out", options, masks=[tmp_path / "mask.png"], capsys=capsys
        )
        assert failed == 0, report
        (item,) = report["items"]
        assert (item["status"], item["frames"], item["width"], item["height"]) == ("painted", 6, 120, 80)
    before, after = (cv2.VideoCapture(str(p)).read()[1] for p in (clips / "clip.mp4", item["output"]))
    difference = np.abs(cv2.resize(before, (120, 80), interpolation=cv2.INTER_AREA).astype(int) - after)
    assert difference[:35].mean() > 15 and difference[45:].mean() < 6


def test_a_table_names_videos_too(clips: Path, tmp_path: Path):
    table = clips / "pairs.csv"
    table.write_text("clip.mp4,neon\nbelow/old.avi,neon,old.mkv\n")
    assert [Path(job.output).name for job in read_table(table, tmp_path, SMALL)] == [
        "clip_stylized_neon.mp4",
        "old.mkv",
    ]
    table.write_text("clip.mp4,neon,clip.png\n")
    with pytest.raises(OptionError, match=r"cannot write 'clip.png'; want .apng, .gif, .m4v"):
        list(read_table(table, tmp_path, SMALL))


def test_animations_stay_animations(photos: Path, tmp_path: Path, capsys):
    frames = [Image.open(photos / "one.png").convert("RGB").rotate(5 * number) for number in range(3)]
    for name in ("a.gif", "b.webp"):
        frames[0].save(photos / name, save_all=True, append_images=frames[1:], duration=100)
    for name in ("d.apng", "e.png"):
        frames[0].save(photos / name, "PNG", save_all=True, append_images=frames[1:], duration=100)
    frames[0].save(photos / "c.gif")
    failed, report, _ = call([photos], ["neon"], tmp_path / "out", capsys=capsys)
    assert failed == 0 and report["painted"] == 8
    for name in ("a_stylized_neon.gif", "b_stylized_neon.webp", "d_stylized_neon.apng", "e_stylized_neon.apng"):
        with Image.open(tmp_path / "out" / name) as image:
            assert image.n_frames == 3  # type: ignore[attr-defined]
    assert (tmp_path / "out" / "c_stylized_neon.png").is_file()
    table = photos / "pairs.csv"
    table.write_text("a.gif,neon\na.gif,neon,first.png\nc.gif,neon\nb.webp,neon\none.png,neon,one.webp\n")
    assert [(Path(job.output).name, job.moves) for job in read_table(table, tmp_path, SMALL)] == [
        ("a_stylized_neon.gif", True), ("first.png", False), ("c_stylized_neon.png", False),
        ("b_stylized_neon.webp", True), ("one.webp", False),
    ]  # fmt: skip


def test_ctrl_c_in_a_video_ends_the_batch(clips: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*arguments: object, **options: object) -> dict:
        raise Interrupted("the part holds 3 frames")

    monkeypatch.setattr("adain.apps.video.stylize_video", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call([clips], ["neon"], tmp_path / "out", capsys=capsys)
    assert len(list((tmp_path / "out").rglob("*.png"))) == 3  # the pictures were done


def test_nothing_to_do_and_clashes_are_usage_errors(photos: Path, tmp_path: Path, capsys):
    (tmp_path / "empty").mkdir()
    for contents, styles, words in (
        ([tmp_path / "empty"], ["neon"], "no picture in"),
        ([photos], [tmp_path / "empty"], "no picture in the folder of styles"),
        ([photos / "one.png", photos / "one.png"], ["neon"], "would become"),
        ([photos], [], "no style"),
    ):
        with pytest.raises(OptionError, match=words):
            call(contents, styles, tmp_path / "out", capsys=capsys)
    with pytest.raises(OptionError, match="--format 'xyz'"):
        call([photos], ["neon"], tmp_path / "out", BatchOptions(format="xyz"), capsys=capsys)
    with pytest.raises(OptionError, match="leave out the others"):
        call([photos], ["neon"], tmp_path / "out", table=tmp_path / "x.csv", capsys=capsys)
    with pytest.raises(OptionError, match="cannot be read"):
        call([], [], tmp_path / "out", table=tmp_path / "x.csv", capsys=capsys)
