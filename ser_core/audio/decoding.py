"""Audio files in any common format become a waveform: mono float32 at 16 kHz.

The blocks that `containers` decodes are mixed to mono and resampled as they come, so a small file
that unfolds to hours never fills the memory. Nothing is left out without a word: `Decoded.note`.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr

from ser_core.audio.channels import Mixer, Stereo
from ser_core.audio.containers import (
    INCOMPLETE,
    AudioError,
    DamageError,
    Recording,
    open_recording,
    open_with_ffmpeg,
)
from ser_core.runtime.settings import settings

AUDIO_SUFFIXES = frozenset(
    (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".mp4", ".aac", ".aif", ".aiff", ".webm")
)
"""File names in a folder that count as audio; the content then decides."""

SAMPLE_RATE = 16_000
MAX_DURATION_S = 600
MAX_BYTES = 200 * 2**20
MAX_CHANNELS = 8
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000
STDIN = Path("-")
"""Stands for what a pipe brings, where a command takes a file."""

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
"""Signatures of picture files."""
# A lossy codec overshoots a clipped peak by a little; beyond this, a float file is unscaled.
_MAX_OVERSHOOT = 2.0
_TOO_LARGE = 1e30  # sums of such samples overflow float32
_SIDES = ("left", "right")
_NOTHING = np.zeros(0, np.float32)


class Decoded(NamedTuple):
    """What a file holds.

    Attributes:
        waveform: at 16 kHz, float32 in [-1, 1], shape `(n_samples,)`.
        clipped_share: share of the samples that are clipped.
        note: sentences about what was left out or chosen; empty if all is well.
        different_channels: its two channels hold different sounds.
    """

    waveform: np.ndarray
    clipped_share: float
    note: str
    different_channels: bool


def decode(data: bytes, stereo: Stereo = "mix") -> Decoded:
    """Decode an audio file held in memory.

    Args:
        stereo: what becomes of two channels.

    Raises:
        AudioError: as in `Clip.from_bytes`.
    """
    if not data:
        raise AudioError("The file is empty. Choose another one.")
    if len(data) > MAX_BYTES:
        raise AudioError(
            f"The file is {len(data) / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB can be "
            "read. Save it as FLAC or MP3, or cut out the part you want."
        )
    channel = None if stereo == "mix" else _SIDES.index(stereo)
    waveform, recording, mixer = _mono(data, channel)
    notes = []
    if (instead := mixer.instead) is not None:
        waveform, recording, mixer = _mono(data, instead)
        side = _SIDES[instead] if recording.channels == 2 else f"number {instead + 1}"
        notes.append(
            "The channels cancel each other out when they are mixed (one is inverted), so only the "
            f"stronger one was analyzed: {side}."
        )
    elif stereo == "mix" and mixer.different:
        notes.append(
            "The two channels hold different sounds, perhaps two people. Their mix was analyzed; "
            "choose the left or the right one to analyze it alone."
        )
    if recording.n_tracks > 1:
        notes.append(
            f"The file has {recording.n_tracks} audio tracks; the default one was analyzed."
        )
    if recording.other_follows:
        notes.append("Another recording, in another format, follows in the file; it was left out.")
    if recording.damaged:
        seconds = len(waveform) / SAMPLE_RATE
        notes.append(f"The file is damaged. What can be decoded was analyzed: {seconds:.1f} s.")
    peak = _peak(waveform)
    if peak > 1:  # float files may exceed full scale; level carries no meaning for the models
        waveform = waveform / np.float32(peak)
    clipped_share = mixer.clipped_share if peak < _MAX_OVERSHOOT else 0.0
    return Decoded(waveform, clipped_share, " ".join(notes), mixer.different)


def _mono(data: bytes, channel: int | None) -> tuple[np.ndarray, Recording, Mixer]:
    """The waveform of a file, and what was found out about it on the way."""
    recording = open_recording(data)
    try:
        return _to_16_khz(recording, channel)
    except DamageError:
        return _to_16_khz(open_with_ffmpeg(data, damaged=True), channel)


def read_file(path: Path) -> bytes:
    """Read a file on disk, or the standard input where its name is `-`.

    Raises:
        AudioError: the file is too large, or cannot be opened.
    """
    try:
        with path.open("rb") if path != STDIN else nullcontext(sys.stdin.buffer) as file:
            data = file.read(MAX_BYTES + 1)  # a pipe has no size to ask for
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise AudioError(f"The file cannot be opened: {reason}.") from error
    if len(data) > MAX_BYTES:
        raise AudioError(
            f"The file is larger than {MAX_BYTES // 2**20} MB. Save it as FLAC or MP3, "
            "or cut out the part you want."
        )
    return data


def is_picture(data: bytes) -> bool:
    """Whether the bytes are a PNG or JPEG picture (of a spectrogram) rather than audio."""
    return data.startswith((PNG, JPEG))


def longest_s() -> float:
    """Maximum length of a recording in seconds; a setting may lower it."""
    return min(MAX_DURATION_S, settings().max_clip_s)


def in_words(seconds: float) -> str:
    """A duration as text: in minutes, or in seconds below two minutes."""
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _check_format(recording: Recording) -> None:
    rate, channels, duration_s = recording.rate, recording.channels, recording.stated_s
    if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        raise AudioError(
            f"The file has a sample rate of {rate} Hz; speech needs {MIN_RATE_HZ} to "
            f"{MAX_RATE_HZ} Hz. Export it again, at 16000 Hz for example."
        )
    if not 1 <= channels <= MAX_CHANNELS:
        raise AudioError(
            f"The file has {channels} channels; at most {MAX_CHANNELS} can be mixed. "
            "Export it as mono or stereo."
        )
    if duration_s > longest_s():
        raise AudioError(_too_long(duration_s))


def _too_long(duration_s: float | None = None) -> str:
    length = f"about {in_words(duration_s)}" if duration_s else "longer than that"
    return (
        f"At most {in_words(longest_s())} can be analyzed at once; this recording is "
        f"{length}. Cut out the part you want."
    )


def _to_16_khz(recording: Recording, channel: int | None) -> tuple[np.ndarray, Recording, Mixer]:
    """Join blocks to one mono waveform at 16 kHz, within the caps."""
    _check_format(recording)
    rate, blocks = recording.rate, recording.blocks
    mixer = Mixer(rate, channel)
    stream = (
        None
        if rate == SAMPLE_RATE
        else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="VHQ")
    )
    pieces, n_samples, offset = [], 0, None
    block = next(blocks, None)
    while block is not None:
        n_samples += len(block)
        if n_samples > longest_s() * rate:
            raise AudioError(_too_long())
        peak = _peak(block)
        if not peak < _TOO_LARGE:  # true for NaN, too
            raise AudioError(
                "The file contains invalid samples (NaN, infinity or far too large). "
                "Export it again."
            )
        mono = mixer(block, peak)
        # A constant offset is not sound; the resampler would turn it into a click at both ends.
        offset = mono.mean() if offset is None else offset
        mono -= offset  # in place: new memory for each step would take as long as decoding
        block = next(blocks, None)
        pieces.append(stream.resample_chunk(mono, last=block is None) if stream else mono)
    waveform = np.concatenate(pieces) if len(pieces) > 1 else pieces[0] if pieces else _NOTHING
    if not len(waveform):
        raise AudioError(
            INCOMPLETE if recording.damaged else "The file contains no sound. Choose another one."
        )
    return waveform.astype(np.float32, copy=False), recording, mixer


def _peak(waveform: np.ndarray) -> float:
    """Largest absolute sample; NaN if any sample is NaN."""
    return float(np.maximum(waveform.max(initial=0), -waveform.min(initial=0)))
