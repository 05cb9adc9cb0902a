"""`listen`: live recognition in the terminal, from a file or the microphone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from ser_core.audio.clip import Clip
from ser_core.cli.console import ZooOption, explained_errors, fail, messages
from ser_core.cli.model_options import PrecisionOption, SpeakerOption
from ser_core.live.stream import Snapshot, Stream
from ser_core.live.track import LISTENING, Answers, Moment, follow, smoothed
from ser_core.live.windows import chunks
from ser_core.models.speaker import Speaker
from ser_core.models.zoo import ZOO, list_models, load_model, load_model_of

_POLL_S = 0.05
_MIC_BLOCK_S = 0.02


def listen(
    file: Annotated[Path | None, typer.Option(help="Audio file to classify.")] = None,
    mic: Annotated[
        bool, typer.Option("--mic", help="Use the microphone (needs sounddevice).")
    ] = False,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "-m", "--model", help="Name in the zoo; repeat for several. [live, else main]"
        ),
    ] = None,
    precision: PrecisionOption = None,
    window: Annotated[
        float, typer.Option(min=1, max=6, help="Seconds of sound to classify at a time.")
    ] = 3.0,
    smoothing: Annotated[
        float, typer.Option(min=0, max=10, help="Average over about this many seconds; 0: none.")
    ] = 0.0,
    fast: Annotated[
        bool, typer.Option("--fast", help="Process the file as fast as possible.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    speaker: SpeakerOption = None,
    zoo: ZooOption = ZOO,
) -> None:
    """Classify a stream four times per second and print the track.

    A file is processed in real time. Stop the microphone with Ctrl+C. Exit status: 0 if the stream
    was processed to its end, 1 for a file, model or microphone that cannot be used.
    """
    if mic == (file is not None):
        raise typer.BadParameter("Choose --file PATH or --mic.")
    if mic and fast:
        raise typer.BadParameter("--fast works only with --file.")
    with explained_errors():
        clip = Clip.from_file(file) if file else None
        answering = _answering(model, precision, speaker, zoo)
    show = _Track(smoothing, _write_json if as_json else _write_line)
    if clip is not None and fast:
        for moment in follow(clip, answering, window):
            show(moment)
        return
    stream = Stream(answering, window)
    try:
        snapshot = _play(clip, stream, show) if clip is not None else _record(stream, show)
    finally:
        stream.stop()
    _summarize(snapshot)


def _answering(
    model: list[str] | None, precision: str | None, speaker: Path | None, zoo: Path
) -> dict[str, Answers]:
    """The models by name, ready to answer; each knows the speaker, if there is one."""
    known = Speaker.from_file(speaker) if speaker else None
    if known and not model:
        recognizers = {known.model: load_model_of(known, zoo=zoo)}
    else:
        recognizers = {
            name: load_model(name, precision, zoo=zoo) for name in model or [_default(zoo)]
        }
    for recognizer in recognizers.values():
        recognizer.warm_up(known)
    return {name: partial(recognizer, speaker=known) for name, recognizer in recognizers.items()}


def _default(zoo: Path) -> str:
    """The model for microphones where the zoo has one, else the main model."""
    cards = list_models(zoo)
    if not cards:
        fail("There is no model in the zoo. Clone the repository again.")
    return next((card for card in cards if card.role == "live"), cards[0]).name


def _play(clip: Clip, stream: Stream, show: _Track) -> Snapshot:
    """Push a clip in real time."""
    begin, position_s = time.perf_counter(), 0.0
    for chunk in chunks(clip):
        position_s += len(chunk) / clip.sample_rate
        # A chunk is complete when its last sample has been spoken.
        time.sleep(max(0.0, begin + position_s - time.perf_counter()))
        stream.push(chunk, clip.sample_rate)
        show.news_of(stream)
    stream.finish()
    show.news_of(stream)
    return stream.snapshot()


def _record(stream: Stream, show: _Track) -> Snapshot:
    """Push the input of the default microphone until Ctrl+C."""
    sounddevice = _sounddevice()

    def push(block: np.ndarray, *_: object) -> None:
        stream.push(block.copy(), rate)  # PortAudio reuses the block

    try:
        rate = int(sounddevice.query_devices(kind="input")["default_samplerate"])
        blocks = sounddevice.InputStream(
            samplerate=rate, channels=1, blocksize=round(rate * _MIC_BLOCK_S), callback=push
        )
        with blocks:
            messages.print("Listening to the microphone. Stop with Ctrl+C.")
            while True:
                time.sleep(_POLL_S)
                show.news_of(stream)
    except KeyboardInterrupt:
        return stream.snapshot()
    except (sounddevice.PortAudioError, ValueError) as error:
        fail(f"The microphone cannot be used: {error}. Check that one is connected.")


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError:
        fail("--mic needs the package sounddevice: pip install sounddevice. --file works without.")
    except OSError:
        fail("--mic needs PortAudio: apt install libportaudio2. --file works without.")
    return sounddevice


class _Track:
    """Prints each moment once."""

    def __init__(self, smoothing_s: float, write: Callable[[Moment], None]):
        self.smoothing_s, self.write = smoothing_s, write
        self.last: Moment | None = None

    def __call__(self, moment: Moment) -> None:
        self.last = smoothed([*filter(None, [self.last]), moment], self.smoothing_s)[-1]
        self.write(self.last)

    def news_of(self, stream: Stream) -> None:
        for moment in stream.track(self.last.end_s if self.last else 0.0):
            self(moment)


def _write_json(moment: Moment) -> None:
    row = {
        "start_s": round(moment.start_s, 3),
        "end_s": round(moment.end_s, 3),
        "label": moment.label,
        "answers": {
            model: {label: round(p, 6) for label, p in probabilities.items()}
            for model, probabilities in moment.answers.items()
        },
        "inference_ms": round(moment.inference_ms, 3),
        "lag_ms": round(moment.lag_ms, 3),
    }
    print(json.dumps(row), flush=True)


def _write_line(moment: Moment) -> None:
    answers = [
        f"{moment.label_of(model)} {max(probabilities.values()):.0%}"
        for model, probabilities in moment.answers.items()
    ]
    print(f"{moment.end_s:7.2f} s  {'  '.join(answers) or LISTENING}", flush=True)


def _summarize(snapshot: Snapshot) -> None:
    if snapshot.failure:
        fail(snapshot.failure)
    lags_ms = [moment.lag_ms for moment in snapshot.moments]
    lag = f", median lag {np.median(lags_ms):.0f} ms" if lags_ms else ""
    messages.print(
        f"{snapshot.duration_s:.1f} s processed{lag}, {snapshot.n_dropped} chunks dropped, "
        f"{snapshot.n_skipped} windows skipped.",
        highlight=False,
    )
