"""The models that come with SER Lab, each a folder of `model_zoo/` with a card and IR files."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import openvino as ov

from ser_core.features.log_mel import LogMel
from ser_core.inference.network import Network
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.signature import Signature
from ser_core.runtime.places import MODEL_ZOO
from ser_core.runtime.settings import settings

ZOO = Path(os.environ.get("SER_ZOO") or MODEL_ZOO)
"""Where the models lie; the environment variable SER_ZOO names another folder."""
PRECISIONS = ("FP32", "FP16", "INT8")
_ROLES = ("main", "live", "random", "comparison")


@dataclass(frozen=True)
class ModelCard:
    """A model described as data; figures are fractions from 0 to 1.

    Attributes:
        name: its folder in the zoo.
        role: `main` answers by default, `live` is trained on every actor, `random` on a random
            split, `comparison` shows another architecture.
        task: `emotions-8` or `negative-5`.
        window: `n_frames` and seconds of the model window.
        macs: multiply-accumulate operations for one model window.
        training: corpora, protocol, fold, seed, date, command.
        files: per precision: xml, bin, bytes, sha256 of both. The main model also has `waveform`,
            which takes samples.
        results: one entry per protocol and channel.
        conversion: per precision, how far the IR is from the PyTorch network, and what became
            of its operations; the latter for `pytorch` and `onnx`, too.
        robustness: rows of `evaluation.robustness` on the speech of the test actors, in FP32.
    """

    name: str
    title: str
    role: str
    task: str
    labels: tuple[str, ...]
    features: LogMel
    window: dict[str, Any]
    temperature: float
    uncertain_below: float
    architecture: str
    parameters: int
    macs: int
    training: dict[str, Any]
    files: dict[str, dict[str, Any]]
    license: str
    limitations: tuple[str, ...]
    results: list[dict[str, Any]] = field(default_factory=list)
    conversion: dict[str, dict[str, Any]] = field(default_factory=dict)
    robustness: list[dict[str, Any]] = field(default_factory=list)

    @property
    def signature(self) -> Signature:
        return Signature(
            self.labels,
            self.features,
            self.window["n_frames"],
            self.temperature,
            self.uncertain_below,
        )

    def served_name(self, precision: str) -> str:
        """What an inference server calls the model."""
        return f"{self.name}-{precision.lower()}"

    @property
    def precisions(self) -> tuple[str, ...]:
        return tuple(p for p in PRECISIONS if p in self.files)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_file(cls, path: Path) -> ModelCard:
        """Read a card.json.

        Raises:
            ModelError: the file is no card, or a field is missing.
        """
        where = f"{path.parent.name}/{path.name}"
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            fields["features"] = LogMel(**fields["features"])
            for name in ("labels", "limitations"):
                fields[name] = tuple(fields[name])
            card = cls(**fields)
            # What load_model will ask for.
            _ = card.signature
            for files in card.files.values():
                _ = files["xml"], files["bin"], files["sha256"]["xml"], files["sha256"]["bin"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{where} is no model card: {type(error).__name__}: {error}. "
                "Clone the repository again, or convert the model again."
            ) from error
        if card.role not in _ROLES:
            raise ModelError(f"{where} has the role {card.role!r}, not one of {', '.join(_ROLES)}.")
        return card


def read_zoo(zoo: Path = ZOO) -> tuple[list[ModelCard], list[ModelError]]:
    """The cards of the zoo, the main model first, then by role and name; and the broken ones."""
    cards, broken = [], []
    for path in sorted(zoo.glob("*/card.json")):
        try:
            cards.append(ModelCard.from_file(path))
        except ModelError as error:
            broken.append(error)
    return sorted(cards, key=lambda card: (_ROLES.index(card.role), card.name)), broken


def list_models(zoo: Path = ZOO) -> list[ModelCard]:
    """The cards of the zoo, the main model first, then by role and name.

    Warns of each card that cannot be read, and leaves it out.

    Raises:
        ModelError: there are cards, but none of them can be read.
    """
    cards, broken = read_zoo(zoo)
    if broken and not cards:
        raise broken[0]
    for error in broken:
        warnings.warn(str(error), stacklevel=2)
    return cards


def load_model(
    name: str | None = None, precision: str = "FP32", device: str = "CPU", zoo: Path = ZOO
) -> Recognizer:
    """Make a model of the zoo ready; it runs here, or on the server of the settings.

    Args:
        name: a card's name; None takes the main model.

    Raises:
        ModelError: no such model or precision, or the files are not the ones of the card.
    """
    cards, broken = read_zoo(zoo)
    card = next((card for card in cards if name in (None, card.name)), None)
    if broken and (card is None or (name is None and card.role != "main")):
        raise broken[0]  # it may be the one that is asked for
    if not cards:
        raise ModelError(f"There is no model in {zoo}. Clone the repository again.")
    if card is None:
        names = ", ".join(card.name for card in cards)
        raise ModelError(f"There is no model {name!r} in the zoo. There are: {names}.")
    if precision not in card.precisions:
        raise ModelError(
            f"{card.name} does not come in {precision}. It comes in {', '.join(card.precisions)}."
        )
    xml = checked_ir(card, precision, zoo)
    recognizer = Recognizer(xml, card, precision, device, network=_on_server(card, precision))
    if recognizer.signature != card.signature:
        raise ModelError(f"The card of {card.name} and its {precision} IR disagree; convert again.")
    return recognizer


def checked_ir(card: ModelCard, precision: str, zoo: Path = ZOO) -> Path:
    """The IR of a card, its `.bin` beside it.

    Raises:
        ModelError: a file is missing, or is not the one of the card.
    """
    files = card.files[precision]
    for kind in ("xml", "bin"):
        path = zoo / card.name / files[kind]
        if not path.is_file():
            raise ModelError(f"{path.name} of {card.name} is missing. Clone the repository again.")
        # OpenVINO runs most corrupted weights without a word, and then answers nonsense.
        if sha256(path) != files["sha256"][kind]:
            raise ModelError(f"{path.name} of {card.name} is damaged. Clone the repository again.")
    return zoo / card.name / files["xml"]


def _on_server(card: ModelCard, precision: str) -> Callable[[ov.Model], Network] | None:
    """What makes an IR run on the server of the settings; None where they name none."""
    chosen = settings()
    if chosen.inference_url is None:
        return None
    from ser_core.inference.kserve import connect  # imports the client

    return partial(connect, name=card.served_name(precision), settings=chosen)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
