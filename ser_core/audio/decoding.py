"""Audio files in any common format become a `Clip`: mono float32 at 16 kHz.

libsndfile (soundfile) reads wav, flac, aiff, ogg, opus and mp3; what it refuses (m4a, mp4,
webm, …) goes to FFmpeg (PyAV). Both decode in blocks that are mixed to mono and resampled as
they come, so a small file that unfolds to hours never fills the memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

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

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
"""Signatures of picture files."""
_BLOCK_FRAMES = 1 << 17
_FULL_SCALE = 0.999
# A lossy codec overshoots a clipped peak by a little; beyond this, a float file is unscaled.
_MAX_OVERSHOOT = 2.0
_TOO_LARGE = 1e30  # sums of such samples overflow float32
_UNKNOWN_FRAMES = 2**63 - 1  # libsndfile's SF_COUNT_MAX
# Demuxers of sound and film. Others (SDP, HLS, playlists) make FFmpeg open addresses and files
# that the upload names.
_FFMPEG_FORMATS = "aac,ac3,aiff,amr,asf,avi,caf,flac,flv,matroska,mov,mp3,mpegts,ogg,wav"
_DAMAGED = "The file is damaged or ends early. Export or download it again."


class AudioError(ValueError):
    """The bytes are not audio that can be analyzed; the message says what to do next."""


def decode(data: bytes) -> tuple[np.ndarray, float]:
    """Decode an audio file held in memory.

    Returns:
        The waveform at 16 kHz, float32 in [-1, 1], shape `(n_samples,)`, and the share of its
        samples that are clipped.

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
    try:
        file = soundfile.SoundFile(io.BytesIO(data))
    except soundfile.SoundFileError:
        file = None
    # A FLAC that was written as a stream states no length, and libsndfile fails at its end.
    if file is None or file.frames == _UNKNOWN_FRAMES:
        rate, blocks = _open_with_ffmpeg(data)
    else:
        rate, blocks = file.samplerate, _soundfile_blocks(file)
    return _to_16_khz(blocks, rate)


def read_file(path: Path) -> bytes:
    """Read a file on disk.

    Raises:
        AudioError: the file is too large, or cannot be opened.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise AudioError(
                f"The file is larger than {MAX_BYTES // 2**20} MB. Save it as FLAC or MP3, "
                "or cut out the part you want."
            )
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise AudioError(f"The file cannot be opened: {reason}.") from error


def is_picture(data: bytes) -> bool:
    """Whether the bytes are a PNG or JPEG picture (of a spectrogram) rather than audio."""
    return data.startswith((PNG, JPEG))


def longest_s() -> float:
    """Maximum length of a recording in seconds; a setting may lower it."""
    return min(MAX_DURATION_S, settings().max_clip_s)


def in_words(seconds: float) -> str:
    """A duration as text: in minutes, or in seconds below two minutes."""
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _check_format(rate: int, channels: int, duration_s: float) -> None:
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


def _soundfile_blocks(file: soundfile.SoundFile) -> Iterator[np.ndarray]:
    with file:
        _check_format(file.samplerate, file.channels, file.frames / max(file.samplerate, 1))
        # libsndfile takes three times as long to hand out 16-bit samples as floats.
        dtype, step = ("int16", 1 / 32768) if file.subtype == "PCM_16" else ("float32", 1.0)
        try:
            while len(block := file.read(_BLOCK_FRAMES, dtype=dtype, always_2d=True)):
                mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
                yield mono * np.float32(step)
        except soundfile.SoundFileError as error:
            raise AudioError(_DAMAGED) from error


def _open_with_ffmpeg(data: bytes) -> tuple[int, Iterator[np.ndarray]]:
    # Imported here: 20 ms and 20 MB that the common formats do without.
    import av

    unreadable = AudioError(
        "This is not audio in a supported format. Use WAV, FLAC, MP3, OGG, OPUS, M4A or WEBM."
    )
    try:
        container = av.open(io.BytesIO(data), "r", options={"format_whitelist": _FFMPEG_FORMATS})
    except (av.FFmpegError, ValueError, UnicodeDecodeError):
        raise unreadable from None
    if not container.streams.audio:
        container.close()
        raise AudioError("The file has no audio track. Choose an audio file.")
    stream = container.streams.audio[0]
    codec = stream.codec_context  # None for an unknown codec
    if codec is None or not codec.sample_rate or not codec.channels:
        container.close()
        raise unreadable
    rate, channels = codec.sample_rate, codec.channels
    duration_s = (container.duration or 0) / 1e6
    if container.format.name == "aac":
        # A guess from the bit rate of the first frames: hours, where these are silent.
        duration_s = 0.0

    def blocks() -> Iterator[np.ndarray]:
        with container:
            _check_format(rate, channels, duration_s)
            # Planar float in the layout of the file: FFmpeg's own downmix to mono adds 3 dB.
            resampler = av.AudioResampler(format="fltp", rate=rate)
            try:
                for frame in container.decode(stream):
                    for block in resampler.resample(frame):
                        if block.sample_rate != rate:
                            raise AudioError(_DAMAGED)
                        yield block.to_ndarray().mean(axis=0)
            except (av.FFmpegError, ValueError):  # ValueError: the format changes midway
                raise AudioError(_DAMAGED) from None

    return rate, _joined(blocks())


def _joined(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Join FFmpeg's frames, 20 ms each, to blocks as long as libsndfile's."""
    pending: list[np.ndarray] = []
    for block in blocks:
        pending.append(block)
        if sum(map(len, pending)) >= _BLOCK_FRAMES:
            yield np.concatenate(pending)
            pending = []
    if pending:
        yield np.concatenate(pending)


def _to_16_khz(blocks: Iterator[np.ndarray], rate: int) -> tuple[np.ndarray, float]:
    """Join mono blocks at `rate` Hz to one waveform at 16 kHz, within the caps."""
    first = next(blocks, None)
    if first is None:
        raise AudioError("The file contains no sound. Choose another one.")
    stream = (
        None
        if rate == SAMPLE_RATE
        else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="VHQ")
    )
    pieces, n_samples, n_clipped, offset = [], 0, 0, None
    block: np.ndarray | None = first
    while block is not None:
        n_samples += len(block)
        if n_samples > longest_s() * rate:
            raise AudioError(_too_long())
        block_peak = _peak(block)
        if not block_peak < _TOO_LARGE:  # true for NaN, too
            raise AudioError(
                "The file contains invalid samples (NaN, infinity or far too large). "
                "Export it again."
            )
        if block_peak >= _FULL_SCALE:
            n_clipped += _count_flat_tops(block)
        # A constant offset is not sound; the resampler would turn it into a click at both ends.
        offset = block.mean() if offset is None else offset
        block -= offset  # in place: new memory for each step would take as long as decoding
        following = next(blocks, None)
        pieces.append(stream.resample_chunk(block, last=following is None) if stream else block)
        block = following
    waveform = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
    waveform = waveform.astype(np.float32, copy=False)
    if not len(waveform):
        raise AudioError("The file contains no sound. Choose another one.")
    peak = _peak(waveform)
    if peak > 1:  # float files may exceed full scale; level carries no meaning for the models
        waveform = waveform / np.float32(peak)
    return waveform, n_clipped / n_samples if peak < _MAX_OVERSHOOT else 0.0


def _peak(waveform: np.ndarray) -> float:
    """Largest absolute sample; NaN if any sample is NaN."""
    return float(np.maximum(waveform.max(initial=0), -waveform.min(initial=0)))


def _count_flat_tops(block: np.ndarray) -> int:
    """Number of samples that lie in runs of at least three at full scale of one sign."""
    count = 0
    for at_full_scale in (block >= _FULL_SCALE, block <= -_FULL_SCALE):
        edges = np.flatnonzero(np.diff(at_full_scale, prepend=False, append=False))
        lengths = edges[1::2] - edges[::2]
        count += int(lengths[lengths >= 3].sum())
    return count
