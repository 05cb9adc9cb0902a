"""The models that come with SER Lab, each a folder of `model_zoo/` with a card and IR files."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import openvino as ov

from ser_core.features.source import Source
from ser_core.inference.network import Network
from ser_core.models.card import ROLES, ModelCard, Precision
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.speaker import Speaker, SpeakerError
from ser_core.runtime.places import MODEL_ZOO
from ser_core.runtime.settings import settings

ZOO = Path(os.environ.get("SER_ZOO") or MODEL_ZOO)
"""Folder of the models; the environment variable SER_ZOO overrides it."""


def read_zoo(zoo: Path = ZOO) -> tuple[list[ModelCard], list[ModelError]]:
    """The cards of the zoo, the main model first, then by role and name; and the unreadable ones.

    Returns:
        The cards, and for each one that cannot be read the error that says why.
    """
    cards, broken = [], []
    for path in sorted(zoo.glob("*/card.json")):
        try:
            cards.append(ModelCard.from_file(path))
        except ModelError as error:
            broken.append(error)
    return sorted(cards, key=lambda card: (ROLES.index(card.role), card.name)), broken


def list_models(zoo: Path = ZOO) -> list[ModelCard]:
    """The cards of the zoo, the main model first, then by role and name.

        >>> [card.name for card in list_models()][0]
        'whisper'

    Cards that cannot be read are left out with a warning.

    Raises:
        ModelError: there are cards, but none of them can be read.
    """
    cards, broken = read_zoo(zoo)
    if broken and not cards:
        raise broken[0]
    for error in broken:
        warnings.warn(str(error), stacklevel=2)
    return cards


def load_card(name: str | None = None, zoo: Path = ZOO) -> ModelCard:
    """The card of a model of the zoo, by default of the main one.

    Raises:
        ModelError: there is no such model.
    """
    cards, broken = read_zoo(zoo)
    card = next((card for card in cards if name in (None, card.name)), None)
    if broken and (card is None or (name is None and card.role != "main")):
        raise broken[0]  # it may be the requested one
    if not cards:
        raise ModelError(f"There is no model in {zoo}. Clone the repository again.")
    if card is None:
        names = ", ".join(card.name for card in cards)
        raise ModelError(f"There is no model {name!r} in the zoo. Choose one of: {names}.")
    return card


def load_model(
    name: str | None = None,
    precision: str | None = None,
    device: str = "CPU",
    zoo: Path = ZOO,
    at_once: int = 1,
    threads: int | None = None,
) -> Recognizer:
    """Load a model of the zoo, to run here or on the server named in the settings.

        >>> prediction = load_model()(Clip.from_file("samples/plain.flac"))
        >>> prediction.label in prediction.probabilities
        True

    Args:
        name: name of the card; by default the main model.
        precision: FP32, FP16 or INT8; by default the most exact that the model has.
        device: OpenVINO device: CPU, GPU, NPU or AUTO.
        at_once: recordings that it is meant to be asked about at the same time: the cores for
            many recordings, 1 for the soonest answer to a single one.
        threads: threads of all inferences together; by default all cores this process may use.

    Raises:
        ModelError: no such model or precision, or its files do not match the card.
    """
    card = load_card(name, zoo)
    precision = checked_precision(card, precision)
    xml = checked_ir(card, precision, zoo)
    network = _on_server(card, precision)
    recognizer = Recognizer(xml, card, precision, device, threads, at_once, network)
    if recognizer.signature != card.signature:
        raise ModelError(
            f"The card of {card.name} and its {precision} IR disagree. Convert the model again."
        )
    return recognizer


def load_model_of(
    speaker: Speaker, device: str = "CPU", zoo: Path = ZOO, at_once: int = 1
) -> Recognizer:
    """Load the model and precision that a speaker was learned with.

    Raises:
        SpeakerError: the zoo no longer has it.
        ModelError: as in `load_model`.
    """
    for card in read_zoo(zoo)[0]:
        for precision in card.precisions:
            if card.files[precision].sha256.bin == speaker.sha256:
                return load_model(card.name, precision, device, zoo, at_once)
    raise SpeakerError(
        f"This speaker was learned with a version of {speaker.model} that is not here. Teach the "
        "voice again with `python -m ser_core adapt`."
    )


def reader_of(
    source: Source, recognizer: Recognizer, load: Callable[[str], Recognizer], zoo: Path = ZOO
) -> tuple[Recognizer, str]:
    """The recognizer or, for a picture saved in other settings, a model that can read it.

    Args:
        load: loads a model of the zoo by its name.

    Returns:
        The model that answers, and a sentence where it is another one.

    Raises:
        AudioError: the source cannot be decoded.
    """
    if source.fits(recognizer.signature.features):
        return recognizer, ""
    labels = recognizer.signature.labels
    for card in read_zoo(zoo)[0]:
        if card.labels == labels and source.fits(card.features):
            name = recognizer.card.name if recognizer.card else recognizer.path.name
            return load(card.name), (
                f"The picture was saved in settings that {name} does not have, so {card.name} "
                "answered."
            )
    return recognizer, ""  # which says what does not fit


def checked_precision(card: ModelCard, precision: str | None) -> Precision:
    """A precision that the model has, by default the most exact one.

    Raises:
        ModelError: names those that there are.
    """
    for available in card.precisions:
        if available == (precision or card.most_exact):
            return available
    raise ModelError(
        f"{card.name} is not available in {precision}. Choose one of: {', '.join(card.precisions)}."
    )


def checked_ir(card: ModelCard, precision: str, zoo: Path = ZOO) -> Path:
    """Path of a card's IR, after checking both files against the card.

    Raises:
        ModelError: a file is missing or does not match the card.
    """
    files = card.files[precision]
    for name, checksum in files.checksums.items():
        path = zoo / card.name / name
        if not path.is_file():
            raise ModelError(f"{path.name} of {card.name} is missing. Clone the repository again.")
        # OpenVINO runs most corrupted weights without an error, and then returns nonsense.
        if sha256(path) != checksum:
            raise ModelError(f"{path.name} of {card.name} is damaged. Clone the repository again.")
    return zoo / card.name / files.xml


def compiled_mb(card: ModelCard, precision: str, zoo: Path = ZOO) -> float:
    """About how much memory a model takes once it is compiled: measured, 3 to 5 times its file."""
    bin_file = (zoo / card.name / card.files[precision].xml).with_suffix(".bin")
    return 5 + 4 * bin_file.stat().st_size / 1e6 if bin_file.is_file() else 0.0


def _on_server(card: ModelCard, precision: str) -> Callable[[ov.Model], Network] | None:
    """What runs an IR on the server named in the settings; None if they name none."""
    host_settings = settings()
    if host_settings.inference_url is None:
        return None
    from ser_core.inference.kserve import connect  # imports the client

    return partial(connect, name=card.served_name(precision), settings=host_settings)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
