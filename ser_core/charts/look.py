"""How an emotion and a share look everywhere: a colour and a symbol, never colour alone."""

from __future__ import annotations

# Chosen by a search over hues that suit the words: contrast of at least 3 to white and to the dark
# background, and told apart with every kind of colour blindness (tests/test_charts.py measures it).
EMOTION_COLOURS = {
    "neutral": "#6A6A6A",
    "calm": "#00A0B8",
    "happy": "#BF8A00",
    "sad": "#3267BE",
    "angry": "#DF6454",
    "fearful": "#7F45EA",
    "disgust": "#417116",
    "surprised": "#F81C89",
    "negative": "#4A5FB5",
}

# Plain geometric characters: every system has them in a text font, and none draws them as emoji.
EMOTION_SYMBOLS = {
    "neutral": "■",
    "calm": "●",
    "happy": "▲",
    "sad": "▼",
    "angry": "◆",
    "fearful": "✚",
    "disgust": "✕",
    "surprised": "★",
    "negative": "◣",
}

SOUND_COLOUR = "#5B84B1"


def emotion_name(label: str) -> str:
    """A label with its symbol, as every chart and table writes it."""
    return f"{EMOTION_SYMBOLS.get(label, '○')} {label}"


def emotion_colour(label: str) -> str:
    """The colour of a label; grey for one that is none of ours."""
    return EMOTION_COLOURS.get(label, "#6A6A6A")


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 in percent, with a space that does not break; 100 % only if it is all."""
    number = f"{100 * share:.{digits}f}"
    if share < 1 and float(number) == 100:
        number = f"> {100 - 10**-digits:.{digits}f}"
    return f"{number}\N{NO-BREAK SPACE}%"
