"""The emotions and the tasks they merge into."""

import pytest

from ser_core.models.labels import EMOTIONS, TASKS, label_in_task


def test_emotions_keep_the_order_of_ravdess_codes():
    codes = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]
    assert list(EMOTIONS) == codes


def test_every_emotion_keeps_its_name_among_eight():
    assert [label_in_task(emotion, "emotions-8") for emotion in EMOTIONS] == list(EMOTIONS)


def test_four_emotions_merge_into_negative():
    merged = {emotion: label_in_task(emotion, "negative-5") for emotion in EMOTIONS}
    assert {e for e, label in merged.items() if label == "negative"} == {
        "angry",
        "disgust",
        "fearful",
        "sad",
    }
    assert all(label in (emotion, "negative") for emotion, label in merged.items())
    assert set(merged.values()) == set(TASKS["negative-5"])


@pytest.mark.parametrize(("emotion", "task"), [("bored", "emotions-8"), ("happy", "emotions-9")])
def test_unknown_emotion_or_task_is_named_in_the_error(emotion: str, task: str):
    with pytest.raises(ValueError, match=r"bored|emotions-9"):
        label_in_task(emotion, task)
