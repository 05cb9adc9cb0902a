"""Draw the real sample voices from RAVDESS and EMO-DB; their names and voices decide nothing.

    python -m tools.real_samples DATA

reads the corpora in DATA and writes FLAC files (16 kHz, mono, 16 bit) under their corpus names into
`samples/`; samples/LICENSE says whose they are. The rule, which looks at no model's answer:

- RAVDESS: spoken clips of the test actors of `actors-5fold`, fold 0, whom the main and the small
  model never heard. Each emotion once by a woman and once by a man, of strong intensity (neutral
  has only normal).
- EMO-DB: each emotion that has one of our labels, once.
- Where several clips qualify: the one whose file name has the smallest SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.readers import load_clip, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.runtime.places import SAMPLES

_FOLD_0 = PROTOCOLS["actors-5fold"].actors[0]


def drawn(utterances: Iterable[Utterance]) -> list[Utterance]:
    """The clips that the rule picks, sorted by file."""
    best: dict[tuple[str, ...], Utterance] = {}
    for utterance in filter(_qualifies, utterances):
        gender = utterance.gender if utterance.corpus == "ravdess" else ""
        key = (utterance.corpus, utterance.label, gender)
        best[key] = min(best.get(key, utterance), utterance, key=lambda u: name_hash(u.file))
    return sorted(best.values(), key=lambda utterance: utterance.file)


def _qualifies(utterance: Utterance) -> bool:
    if utterance.corpus == "emodb":
        return True
    return (
        utterance.corpus == "ravdess"
        and utterance.channel == "speech"
        and int(utterance.speaker) in _FOLD_0
        and (utterance.intensity == "strong" or utterance.label == "neutral")
    )


def name_hash(name: str) -> str:
    """SHA-256 of a name, hexadecimal."""
    return hashlib.sha256(name.encode()).hexdigest()


def as_flac(utterance: Utterance) -> bytes:
    """The clip as 16 kHz FLAC.

    Raises:
        AudioError: the file cannot be read.
    """
    clip, flac = load_clip(utterance), io.BytesIO()
    # As integers: libsndfile would scale loud samples by 32767 instead of 32768.
    samples = np.clip(np.round(32768 * clip.waveform), -32768, 32767).astype(np.int16)
    soundfile.write(flac, samples, clip.sample_rate, format="FLAC", subtype="PCM_16")
    return flac.getvalue()


def main() -> None:
    utterances = read_corpora(Path(sys.argv[1]), ["ravdess", "emodb"])
    for utterance in drawn(utterances):
        flac = as_flac(utterance)
        (SAMPLES / f"{utterance.file}.flac").write_bytes(flac)
        print(f"{utterance.file}.flac  {len(flac) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
