"""Audio files in any common format become a `Clip`: mono float32 at 16 kHz.

libsndfile (soundfile) reads wav, flac, aiff, ogg, opus and mp3; what it refuses (m4a, mp4,
webm, …) goes to FFmpeg (PyAV). Both decode in blocks that are mixed to mono and resampled as
they come, so a small file that unfolds to hours never fills the memory.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

SAMPLE_RATE = 16_000
MAX_DURATION_S = 600
MAX_BYTES = 200 * 2**20
MAX_CHANNELS = 8
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000

_BLOCK_FRAMES = 1 << 17
_FULL_SCALE = 0.999


class AudioError(ValueError):
    """The bytes are no audio that can be analysed; the message says what to do next."""


@dataclass(frozen=True, eq=False)
class Clip:
    """Decoded mono audio.

    Attributes:
        waveform: float32 samples in [-1, 1], shape `(n_samples,)`, read-only.
        sample_rate: Hz.
        name: what to call the clip on screen, usually the file name.
        clipped_share: fraction of the samples, before resampling, that lie in a run of three or
            more at full scale: the flat tops of an overdriven recording.
        decode_ms: time that decoding and resampling took.
    """

    waveform: np.ndarray
    sample_rate: int = SAMPLE_RATE
    name: str = "clip"
    clipped_share: float = 0.0
    decode_ms: float = 0.0

    @property
    def duration_s(self) -> float:
        return len(self.waveform) / self.sample_rate

    @property
    def peak(self) -> float:
        """Largest distance from the mean (a constant offset is no sound), 0–1."""
        return float(np.abs(self.waveform - self.waveform.mean()).max())

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "clip") -> Clip:
        """Decode an audio file held in memory.

        Raises:
            AudioError: empty, not audio, damaged, too long, too many channels, a sample rate
                outside 4–384 kHz, or samples that are not finite.
        """
        start = time.perf_counter()
        if not data:
            raise AudioError("The file is empty. Choose another one.")
        if len(data) > MAX_BYTES:
            raise AudioError(
                f"The file has {len(data) / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB can be "
                "read. Save it as FLAC or MP3, or cut out the part that you want."
            )
        try:
            file = soundfile.SoundFile(io.BytesIO(data))
        except soundfile.SoundFileError:
            rate, blocks = _open_with_ffmpeg(data)
        else:
            rate, blocks = file.samplerate, _soundfile_blocks(file)
        waveform, clipped_share = _to_16_khz(blocks, rate)
        waveform.flags.writeable = False
        decode_ms = 1000 * (time.perf_counter() - start)
        return cls(waveform, SAMPLE_RATE, name, clipped_share, decode_ms)

    @classmethod
    def from_file(cls, path: str | Path) -> Clip:
        """Decode an audio file on disk.

        Raises:
            AudioError: as in `from_bytes`, or the file cannot be opened.
        """
        path = Path(path)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise AudioError(
                    f"The file is larger than {MAX_BYTES // 2**20} MB. Save it as FLAC or MP3, "
                    "or cut out the part that you want."
                )
            data = path.read_bytes()
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise AudioError(f"The file cannot be opened: {reason}.") from error
        return cls.from_bytes(data, path.name)


def _check_format(rate: int, channels: int, duration_s: float) -> None:
    if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        raise AudioError(
            f"The file states a sample rate of {rate} Hz; speech needs {MIN_RATE_HZ} to "
            f"{MAX_RATE_HZ} Hz. Export it again, at 16000 Hz for example."
        )
    if not 1 <= channels <= MAX_CHANNELS:
        raise AudioError(
            f"The file has {channels} channels; at most {MAX_CHANNELS} can be mixed. "
            "Export it as mono or stereo."
        )
    if duration_s > MAX_DURATION_S:
        raise AudioError(_too_long(duration_s))


def _too_long(duration_s: float | None = None) -> str:
    length = f"about {duration_s / 60:.0f} minutes" if duration_s else "longer than that"
    return (
        f"At most {MAX_DURATION_S // 60} minutes can be analysed at once; this recording is "
        f"{length}. Cut out the part that you want."
    )


def _soundfile_blocks(file: soundfile.SoundFile) -> Iterator[np.ndarray]:
    with file:
        _check_format(file.samplerate, file.channels, file.frames / max(file.samplerate, 1))
        try:
            while len(block := file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
                yield block.mean(axis=1)
        except soundfile.SoundFileError as error:
            raise AudioError(
                "The file is damaged or ends early. Export or download it again."
            ) from error


def _open_with_ffmpeg(data: bytes) -> tuple[int, Iterator[np.ndarray]]:
    # Imported here: 20 ms and 20 MB that the common formats do without.
    import av

    unreadable = AudioError(
        "This is not audio in a format that can be read. Use WAV, FLAC, MP3, OGG, OPUS, M4A or WEBM."
    )
    try:
        container = av.open(io.BytesIO(data))
    except (av.FFmpegError, ValueError, UnicodeDecodeError):
        raise unreadable from None
    if not container.streams.audio:
        container.close()
        raise AudioError("The file has no sound track. Choose an audio file.")
    stream = container.streams.audio[0]
    if not stream.sample_rate:
        container.close()
        raise unreadable
    duration_s = float(stream.duration * stream.time_base) if stream.duration else 0.0
    channels = stream.codec_context.channels

    def blocks() -> Iterator[np.ndarray]:
        with container:
            _check_format(stream.sample_rate, channels, duration_s)
            # Planar float in the layout of the file: FFmpeg's own downmix to mono adds 3 dB.
            resampler = av.AudioResampler(format="fltp", rate=stream.sample_rate)
            try:
                for frame in container.decode(stream):
                    for block in resampler.resample(frame):
                        yield block.to_ndarray().mean(axis=0)
            except av.FFmpegError:
                raise AudioError(
                    "The file is damaged or ends early. Export or download it again."
                ) from None

    return stream.sample_rate, blocks()


def _to_16_khz(blocks: Iterator[np.ndarray], rate: int) -> tuple[np.ndarray, float]:
    """Join mono blocks at `rate` Hz to one waveform at 16 kHz, within the caps."""
    first = next(blocks, None)
    if first is None:
        raise AudioError("The file holds no sound. Choose another one.")
    stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="VHQ")
    pieces, n_samples, n_clipped = [], 0, 0
    block: np.ndarray | None = first
    while block is not None:
        n_samples += len(block)
        if n_samples > MAX_DURATION_S * rate:
            raise AudioError(_too_long())
        if not np.isfinite(block).all():
            raise AudioError(
                "The file holds values that are not numbers (NaN or infinity). Export it again."
            )
        n_clipped += _count_flat_tops(block)
        following = next(blocks, None)
        pieces.append(
            block if rate == SAMPLE_RATE else stream.resample_chunk(block, last=following is None)
        )
        block = following
    waveform = np.concatenate(pieces).astype(np.float32, copy=False)
    if not len(waveform):
        raise AudioError("The file holds no sound. Choose another one.")
    peak = float(np.abs(waveform).max())
    if peak > 1:  # float files may exceed full scale; level carries no meaning for the models
        waveform = waveform / np.float32(peak)
    return waveform, n_clipped / n_samples


def _count_flat_tops(block: np.ndarray) -> int:
    """Number of samples that lie in runs of at least three at full scale of one sign."""
    count = 0
    for at_full_scale in (block >= _FULL_SCALE, block <= -_FULL_SCALE):
        edges = np.flatnonzero(np.diff(at_full_scale, prepend=False, append=False))
        lengths = edges[1::2] - edges[::2]
        count += int(lengths[lengths >= 3].sum())
    return count
