"""Recorded corpora as utterances, and how they are split.

utterance     one file and what its corpus says about it
readers       a folder or zip file as utterances, and a report
files         which files there are, and which of them are recordings
signatures    what kind of file this is, by its first bytes
labels        label, speaker and corpus of each recording, and where these come from
tables        `labels.csv` and the annotations of IEMOCAP
public_names  public corpora, by the names of their files
words         emotions in words and codes, in several languages
identity      which recordings are the same, whatever their files are called
one_speaker   recordings of one speaker, with or without labels
report        what was read and what was left out
cleaning      unreadable, silent, clipped, duplicate and too short files
download      fetch RAVDESS from Zenodo
protocols     named, deterministic splits into train, validation and test
shards        a list of files in parts, for several machines
overview      how many clips RAVDESS has, without having the corpus
unheard       a clip per actor and emotion, and which actors a model was not trained on
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
