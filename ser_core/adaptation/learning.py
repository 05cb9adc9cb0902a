"""Takes to a `Speaker`: without labels the answers are centered, with labels a head is added.

A voice that sounds sad by nature gets high logits for sadness whatever its mood. The mean of the
logits over recordings of all moods shows by how much; subtracting it is what centering does. For a
network with a linear head on its embedding, that is the same as centering the embedding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import log_softmax

from ser_core.adaptation.takes import Take, stacked
from ser_core.models.recognizer import Recognizer
from ser_core.models.speaker import Speaker, SpeakerError, SpeakerHead

PRIOR_TAKES = 4
"""Takes that say as much of a speaker as the training does, chosen on training actors."""
TARGET_GAP = 4.0
"""How far the label of a take should lead, in root mean squares of the model's own logits for
these takes, chosen on training actors."""
LEAST_PROBABILITY = 0.001
"""What is less probable counts as this: by how much says more of the network than of the speaker.
Chosen on other actors than it is tested on (`tools/adaptation_choice.py`)."""
_PENALTIES = np.logspace(-3, 2, 16)


def learn(recognizer: Recognizer, takes: Sequence[Take]) -> Speaker:
    """What a model learns of a speaker from takes, which should cover several moods.

    Takes without labels center the answers. Where takes have labels, a ridge regression on their
    embeddings (Hoerl & Kennard 1970) adds what the centered answers lack; its penalty is chosen by
    leaving each take out (scikit-learn's `RidgeCV`). If all labels are the model's own, it
    corrects the model's answers; other words are answered by the regression alone. A single label
    teaches nothing that centering does not.

    Raises:
        SpeakerError: there are no takes.
    """
    if not takes:
        raise SpeakerError("There is nothing to learn from. Record something first.")
    logits, _ = stacked(takes)
    labeled = [take for take in takes if take.label]
    # With labels, the regression weighs what is improbable.
    counted = logits if labeled else floored(logits, recognizer.signature.temperature)
    offset = centering(counted.mean(axis=0), len(takes))
    taught = tuple(dict.fromkeys(take.label for take in labeled))
    head = _head(recognizer, labeled, taught, offset) if len(taught) > 1 else None
    return Speaker(recognizer.name, recognizer.weights_sha256, len(takes), offset, head)


def centering(mean_logits: np.ndarray, n_takes: float) -> np.ndarray:
    """What to subtract from the logits of a speaker: little of the mean while takes are few."""
    return n_takes / (n_takes + PRIOR_TAKES) * _centered(mean_logits)


def floored(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Logits whose probabilities are at least `LEAST_PROBABILITY`, the last axis being labels."""
    log_probabilities = log_softmax(logits / temperature, axis=-1)
    return temperature * np.maximum(log_probabilities, np.log(LEAST_PROBABILITY))


def _head(
    recognizer: Recognizer, takes: Sequence[Take], taught: tuple[str, ...], offset: np.ndarray
) -> SpeakerHead:
    # Imported here: 100 MB that only teaching needs.
    from sklearn.linear_model import RidgeCV

    signature = recognizer.signature
    correcting = {*taught} <= {*signature.labels}
    labels = signature.labels if correcting else taught
    logits, embeddings = stacked(takes)
    is_label = np.array([[take.label == label for label in labels] for take in takes])
    centered = _centered(logits - offset)
    gap = TARGET_GAP * np.sqrt(np.square(centered).mean())
    targets = gap * _centered(is_label.astype(float)) - (centered if correcting else 0)
    mean = embeddings.mean(axis=0)
    # Dimensions that hardly vary in these takes would be blown up without the median.
    deviation = embeddings.std(axis=0)
    scale = deviation + np.median(deviation) + 1e-12
    inputs = (embeddings - mean) / scale
    size = np.sqrt(np.square(inputs).sum(axis=1).mean()) or 1.0
    ridge = RidgeCV(alphas=_PENALTIES, fit_intercept=False).fit(inputs / size, targets)
    return SpeakerHead(labels, mean, ridge.coef_ / (scale * size))


def _centered(logits: np.ndarray) -> np.ndarray:
    """With a mean of 0 over the labels, the last axis; the softmax does not see the difference."""
    return logits - logits.mean(axis=-1, keepdims=True)
