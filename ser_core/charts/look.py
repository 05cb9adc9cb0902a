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

FONT_SIZE = 15  # pixels: to be read from the last row of a room

SOUND_COLOUR = "#5B84B1"


def patterned(colour: str, pattern: str, solidity: float) -> dict[str, object]:
    """Marker of a bar that has a pattern too, for those who cannot tell the colours."""
    shape = {"shape": pattern, "solidity": solidity, "fillmode": "overlay"}
    return {"color": colour, "pattern": shape}


def emotion_colour(label: str) -> str:
    """The colour of a label; grey for one that is none of ours."""
    return EMOTION_COLOURS.get(label, "#6A6A6A")
