"""A hostile IR ends in one sentence; a good one from outside the zoo answers as it always did."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ser_core.audio.clip import Clip
from ser_core.inference.network import ModelError
from ser_core.models.foreign_ir import ForeignRecognizer, Limits
from ser_core.models.recognizer import Recognizer
from tools import tiny_model
from tools.fuzz import irs

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def xml(tmp_path: Path) -> Path:
    return tiny_model.write_ir(tmp_path / "elsewhere.xml")


def refusal(xml: Path, clip: Clip, limits: Limits | None = None) -> str:
    with pytest.raises(ModelError) as caught:
        ForeignRecognizer(xml, limits=limits)(clip)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert sentence.isprintable()
    return sentence


def test_a_good_model_answers_as_in_this_process(xml: Path, speech_like: Clip):
    foreign, here = ForeignRecognizer(xml), Recognizer(xml)
    assert (foreign.signature, foreign.precision) == (here.signature, here.precision)
    there, expected = foreign(speech_like), here(speech_like)
    assert there.probabilities == expected.probabilities
    assert (there.evidence.probabilities == expected.evidence.probabilities).all()
    assert (there.embedding == expected.embedding).all()


def test_three_billion_elements_are_refused_without_taking_this_machines_memory(
    tmp_path: Path, speech_like: Clip
):
    assert "memory" in refusal(irs.greedy(tmp_path / "greedy.xml"), speech_like)


@pytest.mark.parametrize("when", ["compile", "run"])
def test_an_endless_loop_is_stopped(when: str, tmp_path: Path, speech_like: Clip):
    xml = irs.endless(tmp_path / "endless.xml", when)
    start = time.monotonic()
    limits = Limits(read_s=6 if when == "compile" else 60, window_s=1)
    assert "took longer than" in refusal(xml, speech_like, limits)
    assert time.monotonic() - start < 30


def test_weights_that_return_nan_are_noticed(tmp_path: Path, speech_like: Clip):
    assert "invalid numbers" in refusal(irs.never_a_number(tmp_path / "nan.xml"), speech_like)


def test_after_a_fault_no_question_is_answered(tmp_path: Path, speech_like: Clip):
    foreign = ForeignRecognizer(irs.never_a_number(tmp_path / "nan.xml"))
    for _ in range(2):
        with pytest.raises(ModelError):
            foreign(speech_like)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"&quot;n_fft&quot;: \d+", "&quot;n_fft&quot;: 1073741824"),
        (r"&quot;hop_length&quot;: \d+", "&quot;hop_length&quot;: 1"),
        (r"&quot;n_mels&quot;: \d+", "&quot;n_mels&quot;: true"),
        (r"&quot;temperature&quot;: [\d.]+", "&quot;temperature&quot;: NaN"),
        (r"&quot;neutral&quot;", "&quot;\\\\u001b[2Jneutral&quot;"),
        (r"&quot;neutral&quot;", "&quot;calm&quot;"),
    ],
)
def test_a_signature_out_of_range_is_refused(xml: Path, speech_like: Clip, old: str, new: str):
    changed, n = re.subn(old, new, xml.read_text(encoding="utf-8"), count=1)
    assert n == 1
    xml.write_text(changed, encoding="utf-8")
    assert "not a valid model signature" in refusal(xml, speech_like)


def test_a_model_of_the_zoo_that_was_copied_and_damaged_is_noticed(
    tiny_zoo: Path, tmp_path: Path, speech_like: Clip
):
    shutil.copytree(tiny_zoo / "tiny", tmp_path / "copy")
    xml = tmp_path / "copy" / "fp32.xml"
    assert ForeignRecognizer(xml)(speech_like).label
    weights = bytearray(xml.with_suffix(".bin").read_bytes())
    weights[100] ^= 1
    xml.with_suffix(".bin").write_bytes(weights)
    assert "fp32.bin does not match the model card" in refusal(xml, speech_like)


def predict(xml: Path, voice: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ser_core", "predict", "-m", str(xml), str(voice)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"TERM": "dumb"},
    )


@pytest.mark.parametrize("make", [irs.greedy, irs.never_a_number])
def test_the_command_says_one_sentence_and_fails(make, tmp_path: Path, speech_like_wav: bytes):
    (tmp_path / "voice.wav").write_bytes(speech_like_wav)
    done = predict(make(tmp_path / "hostile.xml"), tmp_path / "voice.wav")
    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert "The model " in sentence or "the model: " in sentence
    assert sentence.endswith(".")


def test_the_command_answers_with_a_good_model(xml: Path, tmp_path: Path, speech_like_wav: bytes):
    (tmp_path / "voice.wav").write_bytes(speech_like_wav)
    done = predict(xml, tmp_path / "voice.wav")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_model_of_the_zoo_never_needs_the_process(
    tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes
):
    (tmp_path / "voice.wav").write_bytes(speech_like_wav)
    code = "import sys; from ser_core.cli import program"
    code += "; program(['predict', sys.argv[1]], standalone_mode=False)"
    code += "; assert 'ser_core.models.foreign_ir' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "voice.wav"],
        cwd=REPOSITORY,
        env=os.environ | {"SER_ZOO": str(tiny_zoo)},
        check=True,
        timeout=60,
    )
