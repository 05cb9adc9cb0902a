"""What a network takes and gives; it travels inside the IR, so that an IR file alone is enough."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ser_core.features import LogMel


@dataclass(frozen=True)
class Signature:
    """The contract between a waveform and a network.

    Attributes:
        labels: class names, in the order of the logits.
        features: settings of the log-mel spectrogram.
        n_frames: length of the model window.
        temperature: the logits are divided by it before the softmax (Guo et al. 2017,
            arXiv:1706.04599); fitted on validation speakers.
        uncertain_below: an answer with a smaller probability is called uncertain.
    """

    labels: tuple[str, ...]
    features: LogMel
    n_frames: int
    temperature: float = 1.0
    uncertain_below: float = 0.0

    @property
    def window_s(self) -> float:
        return self.n_frames / self.features.frames_per_s

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Signature:
        """Inverse of `to_json`.

        Raises:
            ValueError: the text is not a signature.
        """
        try:
            fields = json.loads(text)
            return cls(
                labels=tuple(fields.pop("labels")),
                features=LogMel(**fields.pop("features")),
                **fields,
            )
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"This is no model signature: {error}") from error
