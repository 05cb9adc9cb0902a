"""The emotions, in RAVDESS order and words, and how labels merge into other tasks."""

from __future__ import annotations

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")

MERGED_NEGATIVE = ("calm", "happy", "negative", "neutral", "surprised")
"""The 5 classes of the 2020 group: angry, disgust, fearful and sad count as negative."""

TASKS = {"emotions-8": EMOTIONS, "negative-5": MERGED_NEGATIVE}


def label_in_task(emotion: str, task: str) -> str:
    """The label of an emotion in a task.

    Raises:
        ValueError: the task does not exist or has no label for the emotion.
    """
    if task not in TASKS:
        raise ValueError(f"There is no task {task!r}. Choose one of: {', '.join(TASKS)}.")
    negative = task == "negative-5" and emotion in ("angry", "disgust", "fearful", "sad")
    label = "negative" if negative else emotion
    if label not in TASKS[task]:
        raise ValueError(f"The task {task!r} has no label for {emotion!r}.")
    return label


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


def emotion_name(label: str) -> str:
    """A label with its symbol, as every chart and table writes it."""
    return f"{EMOTION_SYMBOLS.get(label, '○')} {label}"
