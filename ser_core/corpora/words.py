"""Emotions in words and codes, as people name folders and fill tables, in several languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable


def word_set(text: str) -> frozenset[str]:
    """The words of a text; shorter to write than a set of strings."""
    return frozenset(text.split())


_WORDS = {
    "neutral": "neutral neutrality neu neut ntr neutre neutro neutra neutrale normalidad",
    "calm": "calm calmness relaxed cal clm ruhig ruhe gelassen calme calmo calma tranquilo "
    "tranquila tranquille",
    "happy": "happy happiness hapiness joy joyful hap froh fröhlich fröhlichkeit glücklich freude "
    "freudig heiter heureux heureuse joie joyeux joyeuse feliz felicidad alegría alegre felice "
    "gioia felicità",
    "sad": "sad sadness traurig traurigkeit trauer triste tristesse tristeza tristezza",
    "angry": "angry anger ang wütend wut ärger ärgerlich verärgert zorn zornig colère fâché fâchée "
    "enojo enojado enojada enfado enfadado enfadada ira rabia rabbia",
    "fearful": "fearful fear afraid scared fea angst ängstlich furcht furchtsam peur effrayé "
    "effrayée apeuré miedo temor asustado asustada paura",
    "disgust": "disgust disgusted dis ekel angeekelt dégoût dégoûté dégoûtée asco disgusto",
    "surprised": "surprised surprise sur surp überrascht überraschung surpris étonné étonnée "
    "sorpresa sorprendido sorprendida sorpreso",
}
# EMO-DB's letters, in German; only where a whole set of names consists of them.
_LETTERS = {
    "n": "neutral",
    "f": "happy",
    "t": "sad",
    "w": "angry",
    "a": "fearful",
    "e": "disgust",
    "l": None,  # boredom
}
# Words beside an emotion that do not change it: `03_Happy`, `OAF_Pleasant_surprise`, `sad clips`.
_COMPANIONS = word_set(
    "oaf yaf pleasant emotion emotions label class audio audios wav wavs flac mp3 clip clips file "
    "files sample samples voice voices recording recordings speech song songs speaker actor take "
    "set male female man woman men women boy girl strong weak normal high medium low very slightly "
    "data dataset corpus folder aufnahmen stimme stimmen voix enregistrements voces grabaciones "
    "train test dev"
)
_NEGATIONS = word_set("not no non nicht kein keine sans sin without ohne pas")
# Emotions that other corpora have and none of our labels means.
_OTHER_EMOTIONS = word_set(
    "boredom bored excited excitement frustration frustrated contempt anxious anxiety pride proud "
    "love guilt shame amused amusement sleepy sleepiness confusion confused interest interested "
    "embarrassed jealous sarcastic sarcasm whisper enthusiastic worried langeweile"
)


def plain(text: str) -> str:
    """Lower case without accents: `Ärger` becomes `arger`."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c))


def _spellings() -> dict[str, str]:
    spellings = {}
    for label, words in _WORDS.items():
        for word in words.split():
            spellings[plain(word)] = label
            # German keyboards elsewhere: ae for ä.
            umlauts = word.translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"})
            spellings[plain(umlauts)] = label
    return spellings


_LABELS = _spellings()


def emotion_of(word: str) -> str | None:
    """The label that one word or code of a table means; None if it means none of ours."""
    return _LABELS.get(plain(word.strip()))


def emotion_of_folder(name: str) -> str | None:
    """The emotion that a folder of this name holds, such as `03 Happy` or `OAF_Pleasant_surprise`.

    Every other word in the name must be one that changes nothing: `not_happy`, `happy_sad` and
    `Inside Joy podcast` name no emotion.
    """
    words = [plain(word) for word in re.findall(r"[^\W\d_]+", _apart(name))]
    labels = {_LABELS[word] for word in words if word in _LABELS}
    others = {word for word in words if word not in _LABELS and len(word) > 1}
    if len(labels) != 1 or others - _COMPANIONS:
        return None
    return labels.pop()


def says_otherwise(name: str) -> bool:
    """Whether a name holds an emotion and takes it back: `not_happy`, `happy_or_sad`."""
    words = {plain(word) for word in re.findall(r"[^\W\d_]+", _apart(name))}
    labels = {_LABELS[word] for word in words if word in _LABELS}
    return len(labels) > 1 or bool(labels and words & _NEGATIONS)


def is_emotion(name: str) -> bool:
    """Whether a folder is named after an emotion, also after one that is none of our labels."""
    words = {plain(word) for word in re.findall(r"[^\W\d_]+", _apart(name))}
    return emotion_of_folder(name) is not None or bool(words & _OTHER_EMOTIONS)


def letter_codes(names: Iterable[str]) -> dict[str, str | None]:
    """What single letters mean where all names are EMO-DB's, with `W` or `T` among them."""
    letters = {name: plain(name.strip()) for name in names}
    are_codes = {*letters.values()} <= _LETTERS.keys() and {*letters.values()} & {"w", "t"}
    return {name: _LETTERS[letter] for name, letter in letters.items()} if are_codes else {}


def gender_of(word: str) -> str:
    """`F`, `M` or empty, from a word or letter in one of several languages."""
    bare = plain(word.strip())
    for gender, words in _GENDERS.items():
        if bare in words:
            return gender
    return ""


_GENDERS: dict[str, Collection[str]] = {
    "F": word_set(
        "f w female woman girl weiblich frau femme feminin feminine mujer femenino femenina "
        "hembra femmina donna"
    ),
    "M": word_set(
        "m male man boy mannlich maennlich mann homme masculin masculine hombre masculino "
        "maschio uomo"
    ),
}


def _apart(name: str) -> str:
    """`HappyVoices` as two words; `HAP` and `Happy` stay one."""
    return re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])", " ", name)
