"""Recorded corpora as utterances, and how they are split.

utterance   one file and what its corpus says about it
readers     RAVDESS, EMO-DB, nEMO and others as utterances; any folder of recordings
cleaning    unreadable, silent, clipped, duplicate and too short files
download    fetch RAVDESS from Zenodo
protocols   named, deterministic splits into train, validation and test
overview    how many clips RAVDESS has, without having the corpus
unheard     a clip per actor and emotion, and which actors a model was not trained on
"""

from ser_core.corpora.protocols import PROTOCOLS, Protocol, Split, sizes, split
from ser_core.corpora.readers import (
    CORPORA,
    CORPUS_LABELS,
    CorpusError,
    label_from_name,
    load_clip,
    read_corpora,
    read_folder,
)
from ser_core.corpora.utterance import Utterance

__all__ = [
    "CORPORA",
    "CORPUS_LABELS",
    "PROTOCOLS",
    "CorpusError",
    "Protocol",
    "Split",
    "Utterance",
    "label_from_name",
    "load_clip",
    "read_corpora",
    "read_folder",
    "sizes",
    "split",
]
