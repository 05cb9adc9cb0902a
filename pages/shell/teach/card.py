"""The card that teaches: takes, what they gain, the answer before and after, the speaker file."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shell.html import show_html
from pages.shell.settings import upload_mb
from pages.shell.teach.teaching import MAX_S, MAX_TAKES, SpokenTake, Teaching
from ser_core.corpora.readers import utterance_from_name
from ser_core.corpora.words import emotion_of
from ser_core.evaluation.metrics import percent
from ser_core.features.source import Source
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.labels import emotion_name
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.models.speaker import Speaker, own_word

NOT_STATED = "not stated"
_MAX_FILE_MB = 5  # a speaker file is smaller
_LIST_HEIGHT = 260  # pixels; longer lists scroll
_FEW_ROWS = 5


# In a fragment: the page, and a stream on it, go on as they are.
@st.fragment
def show_teaching(
    recognizer: Recognizer,
    voice: Spectrogram | None = None,
    use: Callable[[Speaker | None], None] = lambda speaker: None,
    unfolded: bool = False,
) -> None:
    """Teach a model one's own voice.

    Args:
        voice: what is answered before and after; None where it is seen elsewhere.
        use: takes what the model has learned, each time that it may have changed.
        unfolded: at first, even before there is a take.
    """
    teaching = _teaching()
    use(teaching.speaker(recognizer))
    if "teach" not in st.session_state:
        st.session_state["teach"] = unfolded or bool(teaching.takes or teaching.file)
    card = st.expander(
        "Teach it my voice",
        key="teach",
        icon=":material/record_voice_over:",
        on_change="rerun",
    )
    if not card.open:
        return
    with card:
        st.caption(
            "A voice may sound sad by nature. Record a few sentences in several moods, two or more "
            f"of each, and the model learns what is usual for you. This teaches "
            f"**{_title(recognizer)}**; another model learns from the same takes when you choose "
            "it. Everything stays in this session's memory."
        )
        ways_in, takes = st.columns(2, gap="medium")
        with ways_in:
            _show_ways_in(teaching, recognizer)
        with takes:
            _show_takes(teaching, recognizer)
            _show_file(teaching, recognizer)
        _show_lesson(teaching, recognizer)
        if voice is not None:
            _show_before_and_after(recognizer, voice, teaching.speaker(recognizer))


def taught_speaker(recognizer: Recognizer) -> Speaker | None:
    """Who speaks, as taught to a model in this session."""
    return _teaching().speaker(recognizer)


def _teaching() -> Teaching:
    return st.session_state.setdefault("teaching", Teaching())


def _title(recognizer: Recognizer) -> str:
    title = recognizer.card.title if recognizer.card else recognizer.name
    return f"{title}, {recognizer.precision}"


def _show_ways_in(teaching: Teaching, recognizer: Recognizer) -> None:
    labels = recognizer.signature.labels
    words = (*(take.label for take in teaching.takes), st.session_state.get("mood of takes", ""))
    st.selectbox(
        "Mood of the next takes",
        [*dict.fromkeys([NOT_STATED, *labels, *filter(None, words)])],
        key="mood of takes",
        persist_state="session",
        accept_new_options=True,
        required=True,
        format_func=lambda mood: mood if mood == NOT_STATED else emotion_name(mood),
        help="Choose one, or type a word of your own, such as bored or sarcastic. Not stated: "
        "the mood in the name of a file counts, if there is one; all other recordings still teach "
        "what is usual for your voice.",
    )
    st.audio_input(
        "Record a take",
        key=f"take {teaching.round}",
        on_change=_add,
        args=(teaching, recognizer, f"take {teaching.round}"),
    )
    st.file_uploader(
        "Or drop recordings",
        accept_multiple_files=True,
        max_upload_size=upload_mb(),
        key=f"takes {teaching.round}",
        on_change=_add,
        args=(teaching, recognizer, f"takes {teaching.round}"),
        help=f"Up to {MAX_TAKES} takes of at most {MAX_S} s each.",
    )
    # Beside what was refused; nothing is written in a callback (see `live.view`).
    for refusal in teaching.refusals:
        st.error(refusal)


def _add(teaching: Teaching, recognizer: Recognizer, widget: str) -> None:
    teaching.refusals.clear()
    content = st.session_state[widget]
    files = content if isinstance(content, list) else [content] if content else []
    mood = _label(st.session_state["mood of takes"], recognizer)
    for file in files:
        recorded = len(files) == 1 and not isinstance(content, list)
        name = f"Recording {len(teaching.takes) + 1}" if recorded else file.name
        source = Source.from_bytes(file.getvalue(), name)
        teaching.add(source, mood or _label_in_name(file.name, recognizer), recognizer)
    teaching.round += 1


def _label(mood: str, recognizer: Recognizer) -> str:
    """A label of the model, where the word means one; else the word."""
    if mood == NOT_STATED:
        return ""
    meaning = emotion_of(mood)
    return meaning if meaning in recognizer.signature.labels else own_word(mood)


def _label_in_name(name: str, recognizer: Recognizer) -> str:
    utterance = utterance_from_name(name)
    known = utterance is not None and utterance.label in recognizer.signature.labels
    return utterance.label if utterance and known else ""


def _show_takes(teaching: Teaching, recognizer: Recognizer) -> None:
    if not teaching.takes:
        st.info("No takes yet. Four or more, in several moods, begin to help.")
        return
    n = len(teaching.takes)
    st.markdown(f"**{n} {'take' if n == 1 else 'takes'}**")
    with st.container(height="content" if n <= _FEW_ROWS else _LIST_HEIGHT, border=False):
        for number, take in enumerate(reversed(teaching.takes)):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(_in_words(take, recognizer), width="stretch")
                st.button(
                    "Remove",
                    icon=":material/close:",
                    type="tertiary",
                    key=f"remove take {number} of {n}",
                    on_click=teaching.remove,
                    args=(take,),
                )


def _in_words(take: SpokenTake, recognizer: Recognizer) -> str:
    mood = emotion_name(take.label) if take.label else "mood not stated"
    heard = take.heard_by(recognizer)
    if heard is None:
        return f"{take.name}: {mood}; nothing to classify"
    answer = recognizer.signature.labels[int(heard.logits.argmax())]
    return f"{take.name}: {mood}; untaught, it says {emotion_name(answer)}"


def _show_lesson(teaching: Teaching, recognizer: Recognizer) -> None:
    lesson = teaching.lesson(recognizer)
    if teaching.file:
        _show_file_in_use(teaching.file, recognizer)
    if lesson.gain.after < lesson.gain.before:
        st.warning(f"{lesson.gain.sentence} Add takes of each mood until it gains.")
    elif lesson.gain.total:
        st.success(lesson.gain.sentence)
    for sentence in lesson.concerns:
        st.warning(sentence)
    speaker = teaching.speaker(recognizer)
    if speaker and speaker.labels(recognizer.signature.labels) != recognizer.signature.labels:
        words = ", ".join(speaker.labels(()))
        st.info(f"It now answers with these words alone: {words}. It knows nothing else.")


def _show_file_in_use(file: Speaker, recognizer: Recognizer) -> None:
    if file.sha256 != recognizer.weights_sha256:
        st.warning("The loaded speaker file is for another model, so your takes count here.")
    else:
        st.success(f"The loaded speaker file counts; it knows {file.n_takes} takes of this voice.")


def _show_before_and_after(
    recognizer: Recognizer, voice: Spectrogram, speaker: Speaker | None
) -> None:
    if speaker is None:
        return
    st.markdown("**The voice on this page, before and after**")
    answers = {"Untaught": recognizer.predict(voice), "Taught": recognizer.predict(voice, speaker)}
    show_html("round.html", columns=[_column(who, answer) for who, answer in answers.items()])


def _column(who: str, prediction: Prediction) -> tuple[str, str, str, None]:
    label = prediction.label or ""
    share = percent(prediction.probabilities[label]) if label else "no answer"
    return who, label, share, None


def _show_file(teaching: Teaching, recognizer: Recognizer) -> None:
    speaker = teaching.speaker(recognizer)
    if speaker:
        with st.container(horizontal=True):
            st.download_button(
                "Speaker file",
                speaker.to_json(),
                "my-voice.json",
                "application/json",
                icon=":material/download:",
                on_click="ignore",
                key="speaker file",
                help="What was learned, as numbers; it holds no sound. Load it here next time, or "
                "use it with `python -m ser_core predict --speaker my-voice.json`.",
            )
            st.button(
                "Forget my voice",
                icon=":material/delete:",
                on_click=teaching.forget,
                key="forget my voice",
            )
    st.file_uploader(
        "Load a speaker file",
        type="json",
        max_upload_size=min(_MAX_FILE_MB, upload_mb()),
        key=f"speaker to load {teaching.round}",
        on_change=_load,
        args=(teaching, recognizer, f"speaker to load {teaching.round}"),
    )


def _load(teaching: Teaching, recognizer: Recognizer, widget: str) -> None:
    teaching.refusals.clear()
    if file := st.session_state[widget]:
        teaching.load(file.getvalue(), recognizer)
    teaching.round += 1
