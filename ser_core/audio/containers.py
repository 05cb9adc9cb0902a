"""A file of any common format is opened, and decoded in blocks of all its channels.

libsndfile (soundfile) reads wav, flac, aiff, ogg and opus; what it refuses (m4a, mp4, webm, …),
what goes on where it would stop (see `headers`), and mp3 go to FFmpeg (PyAV).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from ser_core.audio.headers import is_mp3, other_wav_follows, states_too_little, whole_wav

if TYPE_CHECKING:
    import av

_BLOCK_FRAMES = 1 << 17
# Demuxers of sound and film. Others (SDP, HLS, playlists) make FFmpeg open addresses and files
# that the upload names.
_FFMPEG_FORMATS = "aac,ac3,aiff,amr,asf,avi,caf,flac,flv,matroska,mov,mp3,mpegts,ogg,wav"
INCOMPLETE = "The file is damaged or ends early. Export or download it again."


class AudioError(ValueError):
    """The bytes are not audio that can be analyzed; the message says what to do next."""


@dataclass
class Recording:
    """An open file.

    Attributes:
        rate: Hz.
        channels: how many there are.
        stated_s: the length that the file states, in seconds; 0 if none, or if it is a guess.
        blocks: float32 samples, each block of shape `(n_samples, n_channels)`.
        n_tracks: audio tracks in the file, of which one is read.
        other_follows: the file goes on with sound in another format.
        damaged: some of it could not be decoded; known once all blocks are read.
    """

    rate: int
    channels: int
    stated_s: float
    blocks: Iterator[np.ndarray]
    n_tracks: int = 1
    damaged: bool = False
    other_follows: bool = False


class DamageError(Exception):
    """libsndfile stops at some damage; FFmpeg may read on."""


def open_recording(data: bytes) -> Recording:
    """Open an audio file held in memory with the library that reads all of it.

    Its blocks raise DamageError where `open_with_ffmpeg` may come further.

    Raises:
        AudioError: not audio, or none that can be decoded.
    """
    if is_mp3(data):
        return open_with_ffmpeg(data)
    data = whole_wav(data)
    recording = _open_with_libsndfile(data) or open_with_ffmpeg(data)
    recording.other_follows = other_wav_follows(data)
    return recording


def _open_with_libsndfile(data: bytes) -> Recording | None:
    """The same; None where FFmpeg should read the file."""
    try:
        file = soundfile.SoundFile(io.BytesIO(data))
    except soundfile.SoundFileError:
        return None
    if states_too_little(data, file.format, file.frames):
        file.close()
        return None
    stated_s = file.frames / max(file.samplerate, 1)
    return Recording(file.samplerate, file.channels, stated_s, _soundfile_blocks(file))


def _soundfile_blocks(file: soundfile.SoundFile) -> Iterator[np.ndarray]:
    with file:
        # libsndfile takes three times as long to hand out 16-bit samples as floats.
        dtype, step = ("int16", 1 / 32768) if file.subtype == "PCM_16" else ("float32", 1.0)
        n_read = 0
        try:
            while len(block := file.read(_BLOCK_FRAMES, dtype=dtype, always_2d=True)):
                n_read += len(block)
                yield np.multiply(block, np.float32(step), dtype=np.float32)
        except soundfile.SoundFileError as error:
            raise DamageError from error
        if n_read < file.frames:
            raise DamageError


def open_with_ffmpeg(data: bytes, damaged: bool = False) -> Recording:
    """Open a file with FFmpeg, which skips what it cannot decode.

    Args:
        damaged: this is known already.

    Raises:
        AudioError: not audio, or none that can be decoded.
    """
    # Imported here: 20 ms and 20 MB that the common formats do without.
    import av

    try:
        container = av.open(io.BytesIO(data), "r", options={"format_whitelist": _FFMPEG_FORMATS})
    except (av.FFmpegError, ValueError, UnicodeDecodeError):
        raise AudioError(_refusal(data)) from None
    stream = container.streams.best("audio")  # the default one, where the file names one
    if not isinstance(stream, av.AudioStream):
        container.close()
        raise AudioError("The file has no audio track. Choose an audio file.")
    codec = stream.codec_context  # None for an unknown codec
    if codec is None or not codec.sample_rate or not codec.channels:
        container.close()
        raise AudioError(_refusal(data))
    # For raw AAC a guess from the bit rate of the first frames: hours, where these are silent.
    stated_s = 0.0 if container.format.name == "aac" else (container.duration or 0) / 1e6
    n_tracks = len(container.streams.audio)
    recording = Recording(codec.sample_rate, codec.channels, stated_s, iter(()), n_tracks, damaged)
    recording.blocks = _joined(_ffmpeg_blocks(container, stream, recording))
    return recording


def _refusal(data: bytes) -> str:
    # The index of an M4A or MP4 is at its end, so a part of one does not open at all.
    if data[4:8] == b"ftyp" or data[:4] in (b"fLaC", b"OggS") or data[8:12] == b"WAVE":
        return INCOMPLETE
    return "This is not audio in a supported format. Use WAV, FLAC, MP3, OGG, OPUS, M4A or WEBM."


def _ffmpeg_blocks(
    container: av.container.InputContainer, stream: av.AudioStream, recording: Recording
) -> Iterator[np.ndarray]:
    import av

    resampler, given = None, None
    with container:
        for frame in _frames(container, stream, recording):
            if resampler is None or given != (frame.rate, frame.layout.name, frame.format.name):
                given = (frame.rate, frame.layout.name, frame.format.name)
                # Planar float in the layout of the file: FFmpeg's own downmix to mono adds 3 dB.
                # A joined file may change its format midway.
                resampler = av.AudioResampler(format="fltp", rate=recording.rate)
            try:
                blocks = resampler.resample(frame)
            except (av.FFmpegError, ValueError):
                recording.damaged = True
                continue
            for block in blocks:
                yield _of_channels(block.to_ndarray().T, recording.channels)


def _frames(
    container: av.container.InputContainer, stream: av.AudioStream, recording: Recording
) -> Iterator[av.AudioFrame]:
    """What can be decoded; the rest is skipped."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            recording.damaged = True
            return
        try:
            yield from packet.decode()
        except (av.FFmpegError, ValueError):
            recording.damaged = True


def _of_channels(block: np.ndarray, n_channels: int) -> np.ndarray:
    if block.shape[1] == n_channels:
        return block
    return np.repeat(block.mean(axis=1, keepdims=True), n_channels, axis=1)


def _joined(blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Join FFmpeg's frames, 20 ms each, to blocks as long as libsndfile's."""
    pending: list[np.ndarray] = []
    n_pending = 0
    for block in blocks:
        pending.append(block)
        n_pending += len(block)
        if n_pending >= _BLOCK_FRAMES:
            yield np.concatenate(pending)
            pending, n_pending = [], 0
    if pending:
        yield np.concatenate(pending)
