"""Public corpora, recognized by the names of their files: a pattern and a label table for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from ser_core.corpora.words import emotion_of_folder, word_set
from ser_core.models.labels import EMOTIONS

Labels = dict[str, str | None]

_BIG_SIX: Labels = {"disgust": "disgust", "happy": "happy", "neutral": "neutral", "sad": "sad"}

CORPUS_LABELS: dict[str, Labels] = {
    "ravdess": {f"{code:02}": label for code, label in enumerate(EMOTIONS, start=1)},
    "emodb": {
        "N": "neutral",
        "F": "happy",
        "T": "sad",
        "W": "angry",
        "A": "fearful",
        "E": "disgust",
        # Boredom is left out: none of our labels means it, and calling it calm would be a guess.
        "L": None,
    },
    "nemo": {
        "neutral": "neutral",
        "happiness": "happy",
        "sadness": "sad",
        "anger": "angry",
        "fear": "fearful",
        "surprised": "surprised",
    },
    "etodkorean": {"neutral": "neutral", "happy": "happy", "sad": "sad", "angry": "angry"},
    "emospeechcmd": {"calm": "calm", "happy": "happy", "angry": "angry", "fearful": "fearful"},
    "cremad": {
        "ANG": "angry",
        "DIS": "disgust",
        "FEA": "fearful",
        "HAP": "happy",
        "NEU": "neutral",
        "SAD": "sad",
    },
    "tess": _BIG_SIX
    | {"angry": "angry", "fear": "fearful", "ps": "surprised", "pleasant_surprise": "surprised"},
    "savee": {
        "a": "angry",
        "d": "disgust",
        "f": "fearful",
        "h": "happy",
        "n": "neutral",
        "sa": "sad",
        "su": "surprised",
    },
    "esd": {
        "neutral": "neutral",
        "angry": "angry",
        "happy": "happy",
        "sad": "sad",
        "surprised": "surprised",
    },
    "emovo": {
        "dis": "disgust",
        "gio": "happy",
        "neu": "neutral",
        "pau": "fearful",
        "rab": "angry",
        "sor": "surprised",
        "tri": "sad",
    },
    # The second half of JL-Corpus (anxious, pensive, …) has none of our labels, nor has excited.
    "jlcorpus": {
        **{word: word for word in ("angry", "happy", "neutral", "sad")},
        **dict.fromkeys(
            word_set(
                "excited anxious apologetic assertive concerned encouraging enthusiastic pensive "
                "worried"
            )
        ),
    },
    # Excited counts as happy, as is usual for IEMOCAP; frustration and the rest have no label.
    "iemocap": {
        "ang": "angry",
        "dis": "disgust",
        "exc": "happy",
        "fea": "fearful",
        "hap": "happy",
        "neu": "neutral",
        "sad": "sad",
        "sur": "surprised",
        **dict.fromkeys(("fru", "oth", "xxx")),
    },
}
"""The words or codes of each corpus, and our labels for them; None for what is left out."""

CORPORA = tuple(CORPUS_LABELS)

CORPUS_LICENSES = {
    "ravdess": "CC BY-NC-SA 4.0",
    "nemo": "CC BY-NC-SA 4.0",
    "etodkorean": "CC BY-NC-SA 4.0",
    "emospeechcmd": "CC BY-NC-SA 4.0",
    "emodb": "CC0 1.0",
    "cremad": "ODbL 1.0",
    "tess": "CC BY-NC-ND 4.0",
    "savee": "for research, on request",
    "esd": "for research, on request",
    "emovo": "for research",
    "jlcorpus": "CC0 1.0",
    "iemocap": "for research, on request",
    "own": "of the recordings' owner",
}

_LEVELS = {"LO": "weak", "MD": "normal", "HI": "strong"}  # of CREMA-D
_CREMAD_WOMEN = word_set(
    "1002 1003 1004 1006 1007 1008 1009 1010 1012 1013 1018 1020 1021 1024 1025 1028 1029 1030 "
    "1037 1043 1046 1047 1049 1052 1053 1054 1055 1056 1058 1060 1061 1063 1072 1073 1074 1075 "
    "1076 1078 1079 1082 1084 1089 1091"
)


@dataclass(frozen=True)
class PublicName:
    """What the name of a file of a public corpus says.

    Attributes:
        file: the name in the corpus, without what a copy added to it.
        label: None where the corpus has an emotion that is none of ours.
        code: its emotion, as the corpus writes it.
    """

    corpus: str
    file: str
    speaker: str
    gender: str
    label: str | None
    code: str = ""
    channel: str = "speech"
    intensity: str = ""
    statement: str = ""
    repetition: str = ""


def public_name(path: PurePosixPath) -> PublicName | None:
    """What a path says if its file belongs to a public corpus, also as `… (1).wav` or `… - Copy`.

    Files of IEMOCAP have their emotion in a table, so their label is left open.
    """
    for corpus, pattern, parse in _READERS:
        name = path.stem if corpus not in _WITH_FOLDER else "/".join(path.parts[-4:])
        if match := pattern.search(name):
            return parse(match)
    return None


def is_ravdess_video(path: PurePosixPath) -> bool:
    """Whether a file is the film of a RAVDESS clip, whose sound is the clip."""
    return bool(_VIDEO.search(path.stem))


def _ravdess(match: re.Match[str]) -> PublicName:
    channel, emotion, intensity, statement, repetition, actor = match.groups()
    return PublicName(
        corpus="ravdess",
        file=match[0],
        speaker=actor,
        gender="M" if int(actor) % 2 else "F",
        label=CORPUS_LABELS["ravdess"][emotion],
        channel="speech" if channel == "01" else "song",
        intensity="normal" if intensity == "01" else "strong",
        statement=statement,
        repetition=repetition,
    )


def _by_groups(
    corpus: str, women: Collection[str] | None = None
) -> Callable[[re.Match[str]], PublicName | None]:
    """A reader of the groups `speaker`, `emotion`, `statement` and `version`.

    Args:
        women: the female speakers, the others being male; None if the name does not tell.
    """

    def parse(match: re.Match[str]) -> PublicName | None:
        groups = match.groupdict(default="")
        emotion, speaker = groups["emotion"], groups["speaker"]
        if emotion not in CORPUS_LABELS[corpus]:
            return None
        return PublicName(
            corpus=corpus,
            file=match[0].rpartition("/")[2] if corpus != "savee" else match[0].replace("/", "_"),
            speaker=speaker,
            gender="" if women is None else "F" if speaker in women else "M",
            label=CORPUS_LABELS[corpus][emotion],
            code=emotion,
            statement=groups.get("statement", ""),
            repetition=groups.get("version", ""),
            intensity=_LEVELS.get(groups.get("level", ""), ""),
        )

    return parse


def _tess(match: re.Match[str]) -> PublicName:
    speaker = {"OA": "OAF", "YA": "YAF"}.get(match["speaker"], match["speaker"])
    label = CORPUS_LABELS["tess"][match["emotion"].lower()]
    return PublicName("tess", match[0], speaker, "F", label, statement=match["statement"])


def _esd(match: re.Match[str]) -> PublicName:
    speaker = match["speaker"]
    return PublicName("esd", match["file"], speaker, "", emotion_of_folder(match["emotion"]))


def _sexed(corpus: str) -> Callable[[re.Match[str]], PublicName]:
    """A reader of names whose speaker begins with `f` or `m`."""

    def parse(match: re.Match[str]) -> PublicName:
        return PublicName(
            corpus=corpus,
            file=match[0],
            speaker=match["speaker"],
            gender=match["speaker"][0].upper(),
            label=CORPUS_LABELS[corpus][match["emotion"]],
            statement=match["statement"],
            repetition=match.groupdict().get("version") or "",
        )

    return parse


def _iemocap(match: re.Match[str]) -> PublicName:
    speaker = f"{match['session']}{match['turn']}"
    return PublicName("iemocap", match[0], speaker, match["turn"], None)


def _whole(pattern: str) -> re.Pattern[str]:
    """A pattern that may stand among the additions of a copy: `Copy of …`, `…_angry`, `… (1)`."""
    return re.compile(rf"(?<![A-Za-z0-9-])(?:{pattern})(?![A-Za-z0-9-])")


def _exact(pattern: str) -> re.Pattern[str]:
    """A short pattern that must be the whole name, but for ` (1)` and ` - Copy`."""
    return re.compile(rf"^(?:{pattern})(?=$| ?\(\d+\)$| - \w+$)")


_RAVDESS_CODES = r"0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])"
_WITH_FOLDER = ("savee", "esd")
# Modality 03 is audio only; 01 (video with sound) would add the same audio a second time.
_VIDEO = _whole(rf"0[12]-({_RAVDESS_CODES}")
_READERS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], PublicName | None]], ...] = (
    ("ravdess", _whole(rf"03-({_RAVDESS_CODES}"), _ravdess),
    (
        "emodb",
        _exact(r"(?P<speaker>\d\d)(?P<statement>[ab]\d\d)(?P<emotion>[NFTWAEL])(?P<version>[a-z])"),
        _by_groups("emodb", ("08", "09", "13", "14", "16")),
    ),
    (
        "nemo",
        _exact(r"(?P<speaker>[A-Z]{2}\d)_(?P<emotion>[a-z]+)_(?P<statement>\d+)"),
        _by_groups("nemo", ("EB0", "IC0", "KD0", "MK0")),
    ),
    (
        "cremad",
        _whole(
            r"(?P<speaker>10[0-8]\d|109[01])_(?P<statement>[A-Z]{3})_"
            r"(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<level>LO|MD|HI|XX?)"
        ),
        _by_groups("cremad", _CREMAD_WOMEN),
    ),
    (
        "tess",
        _exact(
            r"(?P<speaker>OAF?|YAF?)_(?P<statement>[a-z]+)_"
            r"(?P<emotion>(?i:angry|disgust|fear|happy|neutral|pleasant_surprise|ps|sad))"
        ),
        _tess,
    ),
    (
        "savee",
        re.compile(
            r"(?:^|(?<=/))(?P<speaker>DC|JE|JK|KL)[_/](?P<emotion>a|d|f|h|n|sa|su)"
            r"(?P<statement>\d\d)(?=\.|$| )"
        ),
        _by_groups("savee", ()),
    ),
    (
        "esd",
        re.compile(
            r"(?P<speaker>00(?:0[1-9]|1\d|20))/(?P<emotion>[^/]+)/"
            r"(?:(?:train|test|evaluation)/)?(?P<file>(?P=speaker)_\d{6})(?=\.|$| )"
        ),
        _esd,
    ),
    (
        "emovo",
        _exact(
            r"(?P<emotion>dis|gio|neu|pau|rab|sor|tri)-(?P<speaker>[fm][123])-(?P<statement>[a-z]\d)"
        ),
        _sexed("emovo"),
    ),
    (
        "jlcorpus",
        _exact(
            r"(?P<speaker>(?:fe)?male[12])_(?P<emotion>[a-z]+)_"
            r"(?P<statement>\d+[ab]?)_(?P<version>\d)"
        ),
        _by_groups("jlcorpus", ("female1", "female2")),
    ),
    (
        "iemocap",
        _whole(r"(?P<session>Ses0[1-5])[FM]_(?:impro|script)\d\d\w*_(?P<turn>[FM])\d{3}"),
        _iemocap,
    ),
)
