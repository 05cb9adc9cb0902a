"""A folder of spectrogram and waveform pictures by class, as the 2020 group trained on."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from ser_core.corpora.readers import load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram_image import to_png, waveform_png
from ser_core.runtime.cores import available_cores
from ser_core.runtime.progress import SILENT, Progress


def write_images(
    utterances: Sequence[Utterance],
    settings: LogMel,
    out: Path,
    progress: Progress = SILENT,
) -> None:
    """Write `spectrograms/<label>/<file>.png` and `waveforms/<label>/<file>.png`.

    Pictures that are there already are kept. A spectrogram can be read back and classified.

    Args:
        progress: steps by utterances.
    """
    write = partial(_write_pictures, settings=settings, out=out)
    with ProcessPoolExecutor(available_cores()) as pool:
        for done, _ in enumerate(pool.map(write, utterances, chunksize=16), start=1):
            progress.step(done, len(utterances))


def _write_pictures(utterance: Utterance, settings: LogMel, out: Path) -> None:
    name = Path(utterance.label) / f"{utterance.file}.png"
    spectrogram, waveform = out / "spectrograms" / name, out / "waveforms" / name
    if spectrogram.is_file() and waveform.is_file():
        return
    clip = load_clip(utterance)
    for path, png in (
        (waveform, waveform_png(clip.waveform)),
        (spectrogram, to_png(settings(clip.waveform), settings)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)  # own recordings lie in folders themselves
        unfinished = path.with_suffix(".tmp")
        unfinished.write_bytes(png)
        unfinished.replace(path)  # a stopped run never leaves half a picture behind
