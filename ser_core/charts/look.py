"""How an emotion and a share look everywhere: a color and a symbol, never color alone."""

from __future__ import annotations

# Chosen by a search over hues that suit the words: contrast of at least 3 to white and to the dark
# background, and told apart with every kind of color blindness (tests/test_charts.py measures it).
EMOTION_COLORS = {
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

SOUND_COLOR = "#5B84B1"


def patterned(color: str, pattern: str, solidity: float) -> dict[str, object]:
    """Marker of a bar that has a pattern too, for those who cannot tell the colors."""
    shape = {"shape": pattern, "solidity": solidity, "fillmode": "overlay"}
    return {"color": color, "pattern": shape}


def emotion_color(label: str) -> str:
    """The color of a label; gray for one that is none of ours."""
    return EMOTION_COLORS.get(label, "#6A6A6A")
