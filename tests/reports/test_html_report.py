"""The report as a file: complete, small, harmless, and without a network or a script."""

from __future__ import annotations

import base64
import io
import re
import shlex
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from ser_core.audio.clip import Clip
from ser_core.evaluation.opinions import Opinion, opinion
from ser_core.features.log_mel import LogMel
from ser_core.features.source import Source
from ser_core.features.spectrogram_image import to_png
from ser_core.models.card import PRECISIONS
from ser_core.models.labels import EMOTIONS
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from ser_core.reports.html_report import command, html_report
from ser_core.reports.sound_svg import sound_svg
from tools import voices

MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>\"'&--><script>alert(2)</script>.wav"


class Elements(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def opinions(tiny_zoo: Path, speech_like_wav: bytes) -> list[Opinion]:
    source = Source.from_bytes(speech_like_wav)
    names = ("tiny", "tiny-mirrored")
    return [opinion(source, load_model(n, p, zoo=tiny_zoo)) for n in names for p in PRECISIONS]


def report(opinions: list[Opinion], data: bytes, name: str = "voice.wav", **more: str) -> str:
    return html_report(Source.from_bytes(data, name), opinions, MADE, **more)


def test_a_report_shows_every_model_with_every_probability(
    opinions: list[Opinion], speech_like_wav: bytes
):
    html = report(opinions, speech_like_wav)
    tables = re.findall(r'<table class="bars".*?</table>', html, re.DOTALL)
    assert len(tables) == len(opinions)
    for table, said in zip(tables, opinions, strict=True):
        widths = [float(w) for w in re.findall(r"width:([\d.]+)%", table)]
        assert widths == [round(100 * p, 1) for p in said.prediction.probabilities.values()]
        assert [name.split()[1] for name in re.findall(r'row">(.*?)</th>', table)] == [*EMOTIONS]
    text = Elements(html).text
    assert "They disagree" in text
    assert "2026-01-02 03:04 UTC" in text
    assert "openvino" in text


def test_a_report_fetches_and_runs_nothing(opinions: list[Opinion], speech_like_wav: bytes):
    elements = Elements(report(opinions, speech_like_wav, HOSTILE, actual="angry"))
    assert not {tag for tag, _ in elements.tags} & {"script", "link", "iframe", "img", "object"}
    for tag, attributes in elements.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert HOSTILE in elements.text, "as text, not as markup"
    policy = next(a["content"] for t, a in elements.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_a_report_is_light(opinions: list[Opinion], speech_like_wav: bytes):
    assert len(report(opinions, speech_like_wav)) < 100_000
    ten_minutes = voices.wav(voices.noise(600.0))
    assert len(report(opinions, ten_minutes)) < 400_000


def test_a_report_says_what_is_known_of_the_truth(opinions: list[Opinion], speech_like_wav: bytes):
    label = opinions[0].prediction.label
    text = Elements(report(opinions, speech_like_wav, actual=label)).text
    assert "Actual emotion: " in text
    assert "✓ right" in text
    assert "✗ wrong" in text
    unknown = Elements(report(opinions, speech_like_wav)).text
    assert not {"✓", "✗"} & {*unknown}


def test_silence_gets_a_report_that_says_so(tiny_recognizer: Recognizer):
    silent = Source.from_bytes(voices.wav(np.zeros(16_000, np.float32)), "silent.wav")
    text = Elements(html_report(silent, [opinion(silent, tiny_recognizer)], MADE)).text
    assert "No answer" in text
    assert "no sound to classify" in text


def test_a_picture_gets_a_report_without_a_waveform(tiny_recognizer: Recognizer, speech_like: Clip):
    picture = to_png(LogMel()(speech_like.waveform), LogMel())
    source = Source.from_bytes(picture, "voice.png")
    html = html_report(source, [opinion(source, tiny_recognizer)], MADE)
    assert "Amplitude" not in html
    assert "data:image/png" in html


@pytest.mark.parametrize("name", ["voice.wav", "my voice; rm -rf .wav", "-v.wav", "'$(x)'.wav"])
def test_the_command_names_model_precision_and_exactly_this_file(
    opinions: list[Opinion], name: str
):
    words = shlex.split(command(name, opinions[1]))
    assert words[:4] == ["python", "-m", "ser_core", "predict"]
    assert words[4:] == ["-m", "tiny", "--precision", "FP16", "--json", "--", name]


def test_the_drawing_is_well_formed_and_keeps_to_its_time_axis(speech_like: Clip):
    settings = LogMel()
    log_mel = settings(speech_like.waveform)
    root = ElementTree.fromstring(sound_svg(speech_like, log_mel, settings))
    space = "{http://www.w3.org/2000/svg}"
    ticks = {t.text: float(t.get("x", 0)) for t in root.iter(f"{space}text")}
    left, right = ticks["0"], ticks["2"]  # the clip has 2 seconds
    (waveform,) = root.iter(f"{space}polygon")
    x = [float(point.split(",")[0]) for point in waveform.get("points", "").split()]
    assert left <= min(x) < left + 5
    assert right - 5 < max(x) <= right


def test_the_spectrogram_in_the_drawing_is_bright_where_it_is_loud():
    settings = LogMel()
    clip = Clip(voices.tone(3000.0, 1.0))
    svg = sound_svg(clip, settings(clip.waveform), settings)
    data = base64.b64decode(re.findall(r"base64,([^\"]+)", svg)[0])
    levels = np.array(Image.open(io.BytesIO(data)).convert("L"), float)
    loudest = levels.mean(axis=1).argmax()
    from_below = len(levels) - 1 - loudest
    assert abs(settings.mel_frequencies()[from_below] - 3000) < 150
