"""What was read in a folder, a zip file or an upload, and what was left out: for every command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ser_core.corpora.labels import NO_EMOTION, OWN
from ser_core.corpora.utterance import Utterance
from ser_core.models.labels import EMOTIONS

_MOST_NAMES = 4


@dataclass(frozen=True)
class CorpusCount:
    """The recordings of one corpus.

    Attributes:
        labels: number of recordings by label, in our order.
        speakers: number of speakers; 0 if none is known.
        label_origins, speaker_origins: where these come from, the most frequent first.
    """

    corpus: str
    n: int
    labels: Mapping[str, int]
    speakers: int
    label_origins: tuple[str, ...]
    speaker_origins: tuple[str, ...]

    @classmethod
    def of(cls, corpus: str, utterances: Sequence[Utterance]) -> CorpusCount:
        labels = Counter(u.label for u in utterances)
        return cls(
            corpus,
            len(utterances),
            {label: labels[label] for label in EMOTIONS if labels[label]},
            len({u.speaker for u in utterances} - {""}),
            _most_frequent(u.label_origin for u in utterances),
            _most_frequent(u.speaker_origin for u in utterances),
        )

    def as_text(self) -> str:
        labels = ", ".join(f"{label} {n}" for label, n in self.labels.items())
        origin = f" (from the {_joined(self.label_origins)})" if self.label_origins else ""
        return f"{self.corpus}: {self.n}, {labels}{origin}; {self._speakers()}"

    def _speakers(self) -> str:
        if not self.speakers:
            return "speakers unknown, so a split cannot keep them apart"
        people = "1 speaker" if self.speakers == 1 else f"{self.speakers} speakers"
        return f"{people} (from the {_joined(self.speaker_origins)})"


@dataclass(frozen=True)
class CorpusReport:
    """What was read, and what was not.

    Attributes:
        n_files: all files, tables apart.
        counts: per corpus.
        unused: recordings with a label, by corpus, that were not requested.
        left_out: names by reason.
        copies: names of files that are copies of others, each with the other.
        notes: sentences about what was decided.
        unlabeled: names of recordings that are answered all the same, by reason.
    """

    n_files: int
    counts: tuple[CorpusCount, ...]
    unused: Mapping[str, int]
    left_out: Mapping[str, Sequence[str]]
    copies: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    unlabeled: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def n_left_out(self) -> int:
        return sum(map(len, self.left_out.values())) + len(self.copies)

    def lines(self) -> list[str]:
        """The report as text, a sentence or item per line."""
        n_read = sum(count.n for count in self.counts)
        lines = [
            f"{_files(self.n_files)}: {n_read} {'recording' if n_read == 1 else 'recordings'} "
        ]
        lines[0] += "with a known emotion."
        lines += [f"  {count.as_text()}" for count in self.counts]
        if len(self.counts) > 1:
            names = _joined([count.corpus for count in self.counts])
            lines.append(f"  A mixture of corpora: {names}. All of them count.")
        for corpus, n in self.unused.items():
            kind = "your own recordings" if corpus == OWN else f"recordings of {corpus}"
            lines.append(f"  Not used here: {n} {kind}.")
        if self.n_left_out:
            lines.append(f"Left out: {self.n_left_out}.")
            lines += [f"  {item}" for item in _items(self.left_out)]
            lines += [f"  {item}" for item in self._copies()]
        if self.unlabeled:
            n = sum(map(len, self.unlabeled.values()))
            lines.append(f"Answered, but not in the accuracy report: {n}.")
            lines += [f"  {item}" for item in _items(self.unlabeled)]
        return [*lines, *self.notes]

    def _copies(self) -> list[str]:
        if not self.copies:
            return []
        shown = [f"{name} (as {original})" for name, original in self.copies]
        return [f"{len(self.copies)} copies of others: {shortened(shown)}"]


def count_corpora(utterances: Iterable[Utterance]) -> tuple[CorpusCount, ...]:
    """The counts of each corpus, in their order."""
    by_corpus: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        by_corpus.setdefault(utterance.corpus, []).append(utterance)
    return tuple(CorpusCount.of(corpus, items) for corpus, items in by_corpus.items())


def _items(names_by_reason: Mapping[str, Sequence[str]]) -> list[str]:
    items = []
    for reason, names in names_by_reason.items():
        shown, most = list(names), _MOST_NAMES
        if reason == NO_EMOTION:
            groups = Counter(PurePosixPath(name).parent.name or "no folder" for name in names)
            shown, most = [f"{name} ({n})" for name, n in groups.most_common()], 3 * _MOST_NAMES
        items.append(f"{len(names)} {reason}: {shortened(shown, most)}")
    return items


def _most_frequent(origins: Iterable[str]) -> tuple[str, ...]:
    return tuple(origin for origin, _ in Counter(origins).most_common() if origin)


def _files(n: int) -> str:
    return "1 file" if n == 1 else f"{n} files"


def shortened(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    """The first names of a list, printable, and an ellipsis for the others."""
    shown = [_printable(name) for name in names[:most]]
    return ", ".join([*shown, "…"] if len(names) > most else shown)


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[-80:])


def _joined(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
