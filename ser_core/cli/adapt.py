"""`adapt`: learn a speaker from recordings, for `predict` and `listen`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ser_core.adaptation.concerns import concerns
from ser_core.adaptation.gain import gain
from ser_core.adaptation.learning import learn
from ser_core.adaptation.takes import Take
from ser_core.audio.decoding import AudioError
from ser_core.cli.console import Bar, ZooOption, explained_errors, fail, messages, progress_bar
from ser_core.cli.model_options import PrecisionOption
from ser_core.corpora.files import read_bytes
from ser_core.corpora.one_speaker import OneSpeaker, read_speaker
from ser_core.features.source import Source
from ser_core.models.labels import label_in_task
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, load_model


def adapt(
    path: Annotated[
        Path, typer.Argument(help="Folder or zip file with recordings of one speaker.")
    ],
    out: Annotated[Path, typer.Option(help="The speaker file to write.")] = Path("me.json"),
    model: Annotated[
        str | None, typer.Option("-m", "--model", help="Name in the zoo. [the main model]")
    ] = None,
    precision: PrecisionOption = None,
    who: Annotated[
        str | None, typer.Option(help="Which speaker, where the recordings name several.")
    ] = None,
    zoo: ZooOption = ZOO,
) -> None:
    """Let a model get to know a speaker, and save what it learned as a small file without sound.

    Recordings in folders named after emotions teach with labels, all others without. Ten recordings
    in several moods are a good start. The file fits this model and precision alone.

    python -m ser_core adapt mine/ --out me.json

    python -m ser_core predict voice.wav --speaker me.json
    """
    with explained_errors():
        recordings = read_speaker(path, who)
        recognizer = load_model(model, precision, zoo=zoo)
        with progress_bar("Learning", "recordings") as bar:
            takes = list(_takes(recordings, recognizer, bar))
        speaker = learn(recognizer, takes)
        sentences = [gain(recognizer, takes).sentence, *concerns(recognizer, takes)]
    for line in filter(None, [*recordings.lines, *sentences]):
        messages.print(line, markup=False, highlight=False)
    try:
        speaker.save(out)
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}. Choose another path with --out.")
    print(out)


def _takes(speaker: OneSpeaker, recognizer: Recognizer, bar: Bar) -> Iterator[Take]:
    """The usable recordings as the model hears them; of the others, it says why not."""
    task = recognizer.card.task if recognizer.card else "emotions-8"
    for done, (file, label) in enumerate(speaker.recordings, start=1):
        bar.step(done, len(speaker.recordings))
        try:
            prediction = recognizer(Source.from_bytes(read_bytes(file), file.name))
        except AudioError as error:
            messages.print(f"{file}: {error}", style="red", markup=False)
            continue
        take = Take.of(prediction, label_in_task(label, task) if label else "")
        if take is None:
            messages.print(f"{file}: {prediction.sentence}", style="red", markup=False)
        else:
            yield take
