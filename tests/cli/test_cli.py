"""The command line: what each command prints, where, and its exit status."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ser_core
from ser_core.cli import console, run
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram_image import to_png
from tests.made_corpus import write_own, write_ravdess
from tools.tiny_model import write_model
from tools.voices import tone, voice, wav

# A network that trains in seconds.
NARROW = ("--set", "arch_options.channels=[8,16,16,16]", "--set", "batch=8")


@pytest.fixture
def clip(tmp_path, speech_like_wav):
    path = tmp_path / "voice.wav"
    path.write_bytes(speech_like_wav)
    return path


def test_predict_prints_file_label_and_probability(ser_process, clip, tiny_recognizer, speech_like):
    done = ser_process("predict", clip)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.split()[:2] == [str(clip), tiny_recognizer(speech_like).label]


def test_json_lines_carry_the_contract(ser, clip, tiny_recognizer, speech_like):
    done = ser("predict", clip, "--json")
    (row,) = map(json.loads, done.stdout.splitlines())
    expected = tiny_recognizer(speech_like)
    assert row["file"] == str(clip)
    assert (row["model"], row["precision"]) == ("tiny", "FP32")
    assert row["label"] == expected.label
    assert row["probabilities"] == pytest.approx(expected.probabilities, abs=1e-3)
    assert row["status"] == expected.status
    assert row["duration_s"] == pytest.approx(2.0)
    assert set(row["latency_ms"]) == {"decode", "features", "inference"}


def test_several_files_and_folders_are_answered_in_the_order_given(ser, tmp_path, speech_like_wav):
    for name in ("b.wav", "folder/z.wav", "folder/a.wav", "folder/readme.txt", "a.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"Read me first." if path.suffix == ".txt" else speech_like_wav)
    done = ser("predict", "b.wav", "folder", "a.wav", "--json")
    files = [json.loads(line)["file"] for line in done.stdout.splitlines()]
    assert files == ["b.wav", "folder/a.wav", "folder/z.wav", "a.wav"]


def test_a_bad_file_is_one_sentence_and_the_next_file_still_works(ser, clip, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"this is no audio")
    done = ser("predict", tmp_path / "bad.wav", tmp_path / "missing.wav", clip, "--json")
    bad, missing, good = map(json.loads, done.stdout.splitlines())
    assert "not audio" in bad["error"]
    assert "cannot be opened" in missing["error"]
    assert good["label"]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("waveform", "status", "code"),
    [
        (np.zeros(16000), "silent", 1),
        (voice(0.05), "too_short", 1),
        (tone(50, 2.0), "no_voice", 1),
        (np.clip(voice(2.0) * 20, -1, 1), "clipped", 0),
    ],
    ids=["silent", "too short", "no voice", "clipped"],
)
def test_statuses_and_exit_codes(ser, tmp_path, waveform, status, code):
    (tmp_path / "clip.wav").write_bytes(wav(waveform))
    done = ser("predict", "clip.wav", "--json")
    row = json.loads(done.stdout)
    assert row["status"] == status
    assert (row["label"] is None) == (code == 1)
    assert done.returncode == code


def test_csv_is_a_table_that_no_spreadsheet_takes_for_a_formula(ser, tmp_path, speech_like_wav):
    (tmp_path / "=1+1.wav").write_bytes(speech_like_wav)
    done = ser("predict", "=1+1.wav", "--csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["file"] == "'=1+1.wav"
    assert sum(float(row[label]) for label in ("neutral", "sad", "angry")) <= 1.001


def test_a_saved_spectrogram_gets_the_answer_of_its_audio(ser, clip, tmp_path, speech_like):
    (tmp_path / "picture.png").write_bytes(to_png(LogMel()(speech_like.waveform), LogMel()))
    sound, picture = map(
        json.loads, ser("predict", clip, "picture.png", "--json").stdout.splitlines()
    )
    assert picture["label"] == sound["label"]
    assert picture["probabilities"] == pytest.approx(sound["probabilities"], abs=0.02)


def test_a_picture_saved_for_another_model_is_answered_by_one_that_can_read_it(
    ser, own_zoo, tmp_path, speech_like
):
    other = LogMel(n_fft=400, fmin=0)
    write_model(own_zoo, "other", "comparison", features=other)
    (tmp_path / "picture.png").write_bytes(to_png(other(speech_like.waveform), other))
    row = json.loads(ser("predict", "picture.png", "--json", zoo=own_zoo).stdout)
    assert (row["model"], row["status"]) == ("other", "ok")
    assert row["note"] == (
        "The picture was saved in settings that tiny does not have, so other answered."
    )


def test_pictures_are_made_for_the_model_that_is_named(ser, own_zoo, tmp_path, speech_like):
    data = write_ravdess(tmp_path / "ravdess", range(1, 2))
    write_model(own_zoo, "other", "comparison", features=LogMel(n_fft=400, fmin=0))
    assert ser("prepare", "--data", data, "--images", "-m", "other", zoo=own_zoo).returncode == 0
    picture = next((tmp_path / "features" / "spectrograms").rglob("*.png"))
    assert json.loads(ser("predict", picture, "--json", zoo=own_zoo).stdout)["model"] == "other"


def test_an_ir_outside_the_zoo_answers(ser, clip, tiny_zoo):
    done = ser("predict", "-m", tiny_zoo / "tiny" / "fp32.xml", clip, "--json")
    assert json.loads(done.stdout)["model"].endswith("fp32.xml")


def test_a_model_or_precision_that_is_not_there_is_named(ser, clip):
    done = ser("predict", "-m", "huge", clip)
    assert done.returncode == 1
    assert "There is no model 'huge'" in done.stderr
    assert "Traceback" not in done.stderr
    assert ser("predict", clip, "--precision", "INT4").returncode == 2
    assert ser("predict", clip, "--json", "--csv").returncode == 2
    assert ser("predict").returncode == 2


def test_models_lists_the_zoo_with_the_main_model_first(ser, tiny_zoo):
    entries = json.loads(ser("models", "--json").stdout)
    assert [model["name"] for model in entries] == ["tiny", "tiny-mirrored"]
    assert entries[0]["role"] == "main"
    assert {"parameters", "labels", "window", "precisions", "results"} <= entries[0].keys()
    fp32 = entries[0]["precisions"][0]
    assert fp32["bytes"] == sum(
        (tiny_zoo / "tiny" / f"fp32{suffix}").stat().st_size for suffix in (".xml", ".bin")
    )
    assert "tiny-mirrored" in ser("models").stdout


def test_protocols_lists_sizes_where_data_lies(ser, tmp_path):
    assert "actors-5fold  5 folds" in ser("protocols", "--data", tmp_path / "nothing").stdout
    data = write_ravdess(tmp_path / "ravdess")
    entries = json.loads(ser("protocols", "--data", data, "--json").stdout)
    fold = next(p for p in entries if p["name"] == "actors-5fold")
    assert fold["test"] == {"utterances": 40, "speakers": 5}


def test_prepare_reports_bad_files_and_writes_features_and_pictures(ser, tmp_path):
    data = write_ravdess(tmp_path / "ravdess", range(1, 3))
    broken = data / "Actor_01" / "03-01-06-01-01-01-01.wav"
    broken.write_bytes(b"no audio")
    done = ser("prepare", "--data", data, "--out", "out", "--images")
    assert done.returncode == 0, done.stderr
    assert "usable: 16" in done.stdout
    assert "unreadable: 1" in done.stdout
    report = (tmp_path / "out" / "clean_report.csv").read_text()
    assert "03-01-06-01-01-01-01" in report
    assert len(list((tmp_path / "out" / "spectrograms" / "angry").glob("*.png"))) == 4
    assert len(list((tmp_path / "out" / "waveforms" / "angry").glob("*.png"))) == 4
    assert (tmp_path / "out" / "ravdess" / "01.npz").is_file()


def test_own_recordings_become_pictures_in_folders_of_their_own(ser, tmp_path):
    data = write_own(tmp_path / "mine", ("ann",))
    done = ser("prepare", "--data", data, "--out", "out", "--images")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out" / "spectrograms" / "sad").rglob("*.png"))) == 6


@pytest.mark.training
def test_own_recordings_need_no_option_to_be_trained_on(ser, tmp_path):
    data = write_own(tmp_path / "mine")
    train = ("train", "--data", data, "--out", "runs/own", "--epochs", 1, *NARROW)
    assert "or add --from-scratch" in " ".join(ser(*train).stderr.split())
    done = ser(*train, "--from-scratch")
    assert done.returncode == 0, done.stderr
    assert "Protocol own-speakers: Your own recordings" in done.stderr
    recipe = json.loads((tmp_path / "runs" / "own" / "recipe.json").read_text())
    assert (recipe["corpora"], recipe["protocol"]) == (["own"], "own-speakers")


@pytest.mark.slow
def test_own_recordings_teach_a_head_on_a_shipped_network(ser, ser_process, clip, tmp_path):
    data = write_own(tmp_path / "mine", ("ann", "bob"))
    done = ser_process("train", "--data", data, "--out", "runs/own")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "runs/own/head.json"
    assert "on speakers that were left out" in done.stderr
    card = (tmp_path / "runs" / "own" / "README.md").read_text()
    assert "A head on Tiny network (main)" in card
    assert "License: that of the network, MIT" in card
    before, after = map(int, re.findall(r"\| (\d+)/24 \|", card))
    assert after >= before + 8, "happy is high and sad is low, for both"
    voice = data / "sad" / "ann" / "0.wav"
    taught = ser("predict", voice, "--speaker", "runs/own/head.json")
    assert taught.returncode == 0
    assert taught.stdout != ser("predict", voice).stdout


@pytest.mark.training
@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("torch", "train --out run"),
        ("torch", "convert run/checkpoint.pt --name small"),
        ("torch", "cross-validate --runs runs"),
        ("torch", "ablate --runs runs"),
        ("onnx", "convert run/checkpoint.pt --name small"),
        ("nncf", "convert run/checkpoint.pt --name small"),
    ],
)
def test_a_package_of_training_that_is_missing_is_one_sentence(package, words, tmp_path):
    code = f"""
import sys
sys.modules[{package!r}] = None  # as if it were not installed
from ser_core.cli import program
program({[*words.split(), "--data", str(tmp_path)]!r})
"""
    root = Path(ser_core.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=120
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"needs the package {package}, which is not installed" in done.stderr
    assert "pip install -r requirements-dev.txt" in done.stderr


@pytest.mark.training
def test_train_convert_and_evaluate_from_a_folder_to_a_model(ser, tmp_path):
    data = write_ravdess(tmp_path / "ravdess")
    train = ("train", "--data", data, "--out", "runs/small", "--epochs", 1, *NARROW)
    done = ser(*train)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("checkpoint.pt")
    again = ser(*train, "--resume")
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    "command",
    [
        "predict",
        "models",
        "protocols",
        "download",
        "prepare",
        "train",
        "convert",
        "evaluate",
        "benchmark",
    ],
)
def test_every_command_explains_itself(ser, command):
    done = ser(command, "--help")
    assert done.returncode == 0
    assert f"Usage: ser_core {command}" in done.stdout


def test_the_help_names_what_a_person_types(ser_process):
    assert "Usage: python -m ser_core " in ser_process("--help").stdout


@pytest.mark.parametrize("encoding", ["cp1252", "cp932", "ascii"])
@pytest.mark.parametrize("form", ["--csv", ""], ids=["CSV", "lines"])
def test_names_that_an_encoding_lacks_lose_no_row(
    tiny_zoo, tmp_path, speech_like_wav, monkeypatch, encoding, form
):
    names = ["naïve.wav", "声.wav", "emoji 🙂.wav"]
    for name in names:
        (tmp_path / name).write_bytes(speech_like_wav)
    monkeypatch.chdir(tmp_path)
    output = io.BytesIO()
    stdout = io.TextIOWrapper(output, encoding, newline="")
    monkeypatch.setattr("sys.stdout", stdout)
    with pytest.raises(SystemExit) as end:
        run(["predict", *names, "--zoo", str(tiny_zoo), *([form] if form else [])])
    assert end.value.code == 0
    stdout.flush()
    lines = output.getvalue().decode(encoding).split("\n")
    assert len(lines) == 3 + bool(form) + 1
    assert b"\r" not in output.getvalue()


def test_a_place_that_cannot_be_written_is_one_sentence(ser, tmp_path):
    data = write_ravdess(tmp_path / "ravdess", range(1, 3))
    (tmp_path / "file").write_text("not a folder")
    for words in (("--out", "file"), ("--out", "file/inside")):
        done = ser("prepare", "--data", data, *words)
        assert done.returncode == 1
        assert "cannot be used" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_segments_are_rows_that_cover_the_recording(ser, tmp_path, tiny_recognizer, form):
    (tmp_path / "long.wav").write_bytes(wav(voice(8.0)))
    done = ser("predict", "long.wav", "--segments", form)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    rows = [*map(json.loads, lines)] if form == "--json" else [*csv.DictReader(lines)]
    spans = [(float(row["start_s"]), float(row["end_s"])) for row in rows]
    assert spans[0][0] == 0
    assert spans[-1][1] == pytest.approx(8)
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]
    assert len(rows) == round(8 / tiny_recognizer.signature.window_s)
    assert all(row["label"] for row in rows)


def test_an_epoch_says_how_many_there_are_and_how_long_they_take_if_all_are_like_it(
    capsys, monkeypatch
):
    times = iter((0.0, 900.0, 1020.0, 1260.0))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(times))
    with console.progress_bar("Training", "", console.EpochBar) as bar:
        for epoch in (1, 2, 3, 5):
            bar.step(epoch, 5, "loss 1.0")
    assert capsys.readouterr().out.splitlines() == [
        "epoch 1 of 5  loss 1.0",
        "epoch 2 of 5, 45 min left  loss 1.0",
        "epoch 3 of 5, 4 min left  loss 1.0",
        "epoch 5 of 5  loss 1.0",
    ]
