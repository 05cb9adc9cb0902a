"""Make the sample voices: one neutral sentence, spoken in eight ways by a speech synthesizer.

Only the manner differs between the files (voice, pitch, speed, loudness), for comparison by ear
and by spectrogram. They contain nobody's emotion, and no file claims one.

    python -m tools.make_samples

needs `espeak-ng` on the path and writes the FLAC files (16 kHz, mono, 16 bit) and manifest.json
into `samples/`. The same version of espeak-ng gives the same bytes each time; the committed
files come from 1.51.
"""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import soundfile
import soxr

FOLDER = Path(__file__).resolve().parents[1] / "samples"
SENTENCE = "The train to the harbour leaves at seven."
RATE_HZ = 16_000


@dataclass(frozen=True)
class Manner:
    """How the sentence is spoken, in espeak-ng's units."""

    name: str
    title: str
    voice: str  # language + voice variant
    pitch: int = 50  # 0–99
    speed: int = 150  # words per minute
    amplitude: int = 100  # 0–200
    pitch_range: int = 100  # percent of the voice's own movement of pitch

    @property
    def command(self) -> list[str]:
        options = f"-v {self.voice} -p {self.pitch} -s {self.speed} -a {self.amplitude}"
        text = f'<prosody range="{self.pitch_range}%">{SENTENCE}</prosody>'
        return ["espeak-ng", *options.split(), "-m", "--stdout", text]


MANNERS = (
    Manner("plain", "Plain: middle pitch, middle speed", "en-gb"),
    Manner("high-fast-loud", "High, fast and loud", "en-us+f2", 85, 220, 110, 130),
    Manner("low-slow-soft", "Low, slow and soft", "en-gb+m3", 15, 105, 30),
    Manner("low-fast-loud", "Low, fast and loud", "en-us+m7", 25, 215, 110),
    Manner("high-slow-soft", "High, slow and soft", "en-gb+f4", 75, 110, 40),
    Manner("flat", "Flat: the pitch hardly moves", "en-us+f3", pitch_range=0),
    Manner("sing-song", "Sing-song: the pitch moves widely", "en-us+f3", pitch_range=250),
    Manner("whispered", "Whispered: no pitch at all", "en-gb+whisper", speed=140),
)


def synthesize(manner: Manner) -> bytes:
    """FLAC bytes of the sentence."""
    wav = subprocess.run(manner.command, check=True, capture_output=True).stdout
    waveform, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    flac = io.BytesIO()
    resampled = soxr.resample(waveform, rate, RATE_HZ, quality="VHQ")
    soundfile.write(flac, resampled, RATE_HZ, format="FLAC", subtype="PCM_16")
    return flac.getvalue()


def main() -> None:
    manifest = []
    for manner in MANNERS:
        flac = synthesize(manner)
        (FOLDER / f"{manner.name}.flac").write_bytes(flac)
        manifest.append({"file": f"{manner.name}.flac", "sentence": SENTENCE, **asdict(manner)})
        print(f"{manner.name}.flac  {len(flac) / 1000:.0f} kB")
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
