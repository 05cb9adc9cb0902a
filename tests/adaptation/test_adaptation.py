"""A model gets to know a speaker."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from ser_core.adaptation.concerns import concerns
from ser_core.adaptation.gain import gain
from ser_core.adaptation.learning import LEAST_PROBABILITY, PRIOR_TAKES, floored, learn
from ser_core.adaptation.running import AdaptingRecognizer
from ser_core.adaptation.takes import Take
from ser_core.models.labels import EMOTIONS
from ser_core.models.speaker import Speaker, SpeakerError
from ser_core.models.zoo import load_model

LABELS = tuple(EMOTIONS)


def made_takes(n: int, bias: float = 3.0, seed: int = 0) -> list[Take]:
    """Takes of a voice that always sounds somewhat sad, each with its actual label.

    What the embedding tells of the mood, the logits of the model do not all use.
    """
    random = np.random.default_rng(seed)
    meaning = np.random.default_rng(99).normal(size=(len(LABELS), 12))
    takes = []
    for index in range(n):
        mood = index % len(LABELS)
        embedding = meaning[mood] + random.normal(size=12) * 0.7 + 5
        logits = 1.5 * np.eye(len(LABELS))[mood] + random.normal(size=len(LABELS)) * 0.7
        logits[LABELS.index("sad")] += bias
        takes.append(Take(logits, embedding, LABELS[mood]))
    return takes


def unlabeled(takes: list[Take]) -> list[Take]:
    return [take._replace(label="") for take in takes]


def right(speaker: Speaker | None, takes: list[Take]) -> float:
    answers = []
    for take in takes:
        logits = take.logits
        if speaker is not None:
            logits = speaker.logits(logits, take.embedding, LABELS)
        answers.append(LABELS[int(logits.argmax())] == take.label)
    return float(np.mean(answers))


def test_recordings_without_labels_take_the_bias_out_of_a_voice(tiny_recognizer):
    learned, tested = made_takes(16), made_takes(80, seed=1)
    assert right(learn(tiny_recognizer, unlabeled(learned)), tested) > right(None, tested) + 0.2


def test_labels_teach_more_than_recordings_alone(tiny_recognizer):
    learned, tested = made_takes(24), made_takes(80, seed=1)
    without, with_labels = (learn(tiny_recognizer, t) for t in (unlabeled(learned), learned))
    assert right(with_labels, tested) > right(without, tested) + 0.05


def test_one_take_moves_the_answers_by_a_fifth_of_what_many_do(tiny_recognizer):
    (take,) = unlabeled(made_takes(1))
    centered = take.logits - take.logits.mean()
    one, many = (learn(tiny_recognizer, [take] * n).offset for n in (1, 1000))
    np.testing.assert_allclose(one, centered / (1 + PRIOR_TAKES))
    np.testing.assert_allclose(many, centered, rtol=0.01)


def test_own_words_answer_with_these_words_alone(tiny_recognizer):
    words = {"happy": "excited", "sad": "bored"}
    learned = [t._replace(label=words[t.label]) for t in made_takes(64) if t.label in words]
    speaker = learn(tiny_recognizer, learned)
    assert set(speaker.labels(LABELS)) == {"excited", "bored"}
    tested = [t._replace(label=words[t.label]) for t in made_takes(64, seed=2) if t.label in words]
    answers = [
        speaker.labels(LABELS)[int(speaker.logits(t.logits, t.embedding, LABELS).argmax())]
        for t in tested
    ]
    assert np.mean([a == t.label for a, t in zip(answers, tested, strict=True)]) > 0.8


def test_the_gain_is_counted_on_takes_that_were_left_out(tiny_recognizer):
    counted = gain(tiny_recognizer, made_takes(24))
    assert counted.total == 24
    assert counted.after > counted.before
    assert gain(tiny_recognizer, made_takes(1)).total == 1
    assert gain(tiny_recognizer, unlabeled(made_takes(4))).total == 0


def test_a_recognizer_takes_the_speaker(tiny_recognizer, speech_like):
    plain = tiny_recognizer(speech_like)
    take = Take.of(plain)
    assert take is not None
    speaker = learn(tiny_recognizer, [take] * 8)
    known = tiny_recognizer(speech_like, speaker)
    expected = np.exp((take.logits - speaker.offset) / tiny_recognizer.signature.temperature)
    assert list(known.probabilities.values()) == pytest.approx(expected / expected.sum())
    assert known.evidence.probabilities.shape == plain.evidence.probabilities.shape
    np.testing.assert_array_equal(known.logits, plain.logits)


def test_own_words_have_no_emotion_over_time(tiny_recognizer, speech_like):
    take = Take.of(tiny_recognizer(speech_like))
    other = take._replace(embedding=take.embedding + 1)
    speaker = learn(
        tiny_recognizer, [take._replace(label="bored"), other._replace(label="sarcastic")]
    )
    prediction = tiny_recognizer(speech_like, speaker)
    assert prediction.label == "bored"
    assert prediction.evidence is None


def test_a_speaker_survives_its_file(tiny_recognizer, speech_like, tmp_path):
    speaker = learn(tiny_recognizer, real_takes(tiny_recognizer, speech_like))
    speaker.save(tmp_path / "me.json")
    again = tiny_recognizer(speech_like, Speaker.from_file(tmp_path / "me.json"))
    assert again.probabilities == pytest.approx(
        tiny_recognizer(speech_like, speaker).probabilities, abs=1e-4
    )


def real_takes(recognizer, clip) -> list[Take]:
    random = np.random.default_rng(0)
    voices = (clip.waveform + random.normal(0, s, len(clip.waveform)) for s in (0, 0.002, 0.004))
    return [
        Take.of(recognizer(replace(clip, waveform=v.astype(np.float32))), label)
        for v, label in zip(voices, ("calm", "sad", "angry"), strict=True)
    ]


def test_a_speaker_of_another_model_is_refused(tiny_zoo, tiny_recognizer, speech_like):
    speaker = learn(tiny_recognizer, real_takes(tiny_recognizer, speech_like))
    other = load_model("tiny-mirrored", zoo=tiny_zoo)
    with pytest.raises(SpeakerError, match=r"learned with tiny .* Choose that model, or teach"):
        other(speech_like, speaker)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"offset": "loud"}, "offset"),
        ({"version": 9}, "another version"),
        ({"wisdom": 1}, "wisdom"),
        ({"head": {"labels": ["a"], "mean": [0.0], "weight": [[1.0]]}}, "two or more labels"),
        ({"head": {"labels": ["a", "b"], "mean": [0.0], "weight": [[1.0], [1, 2]]}}, "as many"),
    ],
)
def test_a_tampered_file_is_refused_with_what_is_wrong(
    tiny_recognizer, speech_like, change, sentence
):
    speaker = learn(tiny_recognizer, [Take.of(tiny_recognizer(speech_like))])
    fields = json.loads(speaker.to_json()) | change
    with pytest.raises(SpeakerError, match=sentence):
        Speaker.from_json(json.dumps(fields).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b" " * 5_000_000])
def test_what_is_no_speaker_file_gets_a_sentence(data):
    with pytest.raises(SpeakerError, match="Teach the voice again"):
        Speaker.from_json(data)


def test_a_head_for_another_embedding_is_refused(tiny_recognizer, speech_like):
    speaker = learn(tiny_recognizer, real_takes(tiny_recognizer, speech_like))
    fields = json.loads(speaker.to_json())
    fields["head"]["mean"] = fields["head"]["mean"][:-1]
    fields["head"]["weight"] = [row[:-1] for row in fields["head"]["weight"]]
    with pytest.raises(SpeakerError, match="another network"):
        tiny_recognizer(speech_like, Speaker.from_json(json.dumps(fields).encode()))


def test_nothing_to_learn_from_gets_a_sentence(tiny_recognizer):
    with pytest.raises(SpeakerError, match="Record something first"):
        learn(tiny_recognizer, [])


def test_takes_that_are_too_few_or_too_alike_are_a_concern(tiny_recognizer):
    takes = made_takes(16, bias=0)
    assert concerns(tiny_recognizer, takes) == []
    assert "3 takes, which change little" in concerns(tiny_recognizer, takes[:3])[0]
    angry = [take._replace(label="angry") for take in takes[:7]]
    assert "7 of 8 takes sound" in concerns(tiny_recognizer, [*angry, takes[0]])[0]


@pytest.mark.parametrize("label", ["", "<b>bored</b>", "a" * 41, "**bored**"])
def test_a_word_in_a_file_is_only_letters(tiny_recognizer, label):
    learned = [take._replace(label=word) for take, word in zip(made_takes(2), "ab", strict=True)]
    fields = json.loads(learn(tiny_recognizer, learned).to_json())
    fields["head"]["labels"][0] = label
    with pytest.raises(SpeakerError, match="labels of letters"):
        Speaker.from_json(json.dumps(fields).encode())


def test_a_stream_is_answered_with_what_was_known_before(tiny_recognizer, speech_like):
    adapting = AdaptingRecognizer(tiny_recognizer, new_s=1.5)
    plain = tiny_recognizer(speech_like)
    assert adapting(speech_like).probabilities == plain.probabilities
    assert adapting.known_s == 1.5
    adapting(speech_like)
    expected = learn(tiny_recognizer, [Take.of(plain)]).offset  # 3 s are one take
    np.testing.assert_allclose(adapting.speaker.offset, expected, rtol=1e-5)


def test_what_is_hardly_probable_counts_as_a_thousandth() -> None:
    logits = np.array([[8.0, 0.0, -30.0], [1.0, 0.5, 0.0]])
    temperature = 0.8
    probabilities = softmax(logits / temperature, axis=-1)
    counted = np.exp(floored(logits, temperature) / temperature)
    np.testing.assert_allclose(counted, np.maximum(probabilities, LEAST_PROBABILITY))
