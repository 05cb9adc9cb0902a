"""The eleven steps: what each says, asks and shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.shell.analysis import analyze
from pages.shell.chart import show_table_twin
from pages.shell.models import cards, compiled
from pages.shell.voices import choose_voice, choose_way_in
from pages.shell.walkthrough.inside_network import show_network
from pages.shell.walkthrough.ir import show_ir
from pages.shell.walkthrough.lesson import Lesson, NotShownError, Rows
from pages.shell.walkthrough.limits import show_limits
from pages.shell.walkthrough.mel import show_decibels, show_mel_bands
from pages.shell.walkthrough.scores import show_scores
from pages.shell.walkthrough.short_time import show_frames, show_samples, show_spectrum
from pages.shell.walkthrough.training import show_training
from pages.shell.walkthrough.unseen import show_unseen


@dataclass(frozen=True)
class Step:
    """About one screen of the lecture.

    Attributes:
        text: two or three sentences; new words in italics.
        question: for the class.
        answer: to fold out.
        show: draws the figures and returns the numbers behind them.
    """

    title: str
    text: str
    show: Callable[[Lesson], Rows]
    question: str
    answer: str


STEPS = (
    Step(
        "Sound is a row of numbers",
        "Sound is air pressure that swings. A microphone measures it 16 000 times a second and "
        "notes one number each time: a *sample*. These numbers are all that the computer gets; "
        "zoom in until you see them.",
        show_samples,
        "What matters in a voice lies below 8000 Hz (swings a second). Why "
        "16 000 samples a second, and not 8000?",
        "A swing needs at least two samples, one up and one down. So 16 000 samples a second hold "
        "frequencies up to 8000 Hz (Nyquist and Shannon). An old telephone takes 8000: up to "
        "4000 Hz, and *s* and *f* sound alike.",
    ),
    Step(
        "Frames and windows",
        "A voice changes all the time, so it is cut into short *frames*, and each is faded in and "
        "out by a *window* (the red and green bells). The *hop* is how much later the next frame "
        "starts. In the lower picture, which the next step explains, long frames tell frequencies "
        "apart and short ones moments; nothing does both.",
        show_frames,
        "Set the length to 100 ms, then to 5 ms. What do you win, and what do you lose?",
        "With 100 ms the horizontal stripes, the tones within the voice, become sharp, but "
        "syllables smear into each other. With 5 ms each beat of the vocal folds becomes a "
        "vertical line, and the tones are gone. Speech people settle on 25 ms.",
    ),
    Step(
        "One frame's spectrum, and all of them",
        "The *Fourier transform* tells how much of each frequency is in a frame: its *spectrum*. "
        "Put the spectra of all frames side by side, with color for strength, and you get the "
        "*spectrogram* (short-time Fourier transform, STFT): time to the right, frequency up.",
        show_spectrum,
        "Find a frame with many peaks at equal distances. What makes them, and what does their "
        "distance tell?",
        "The vocal folds beat, say, 120 times a second: that gives tones at 120, 240, 360 Hz … "
        "Their distance is the pitch. Excited voices have a higher one, so wider stripes. Frames "
        "of *s* or *t* have no peaks: they are noise.",
    ),
    Step(
        "The mel filter bank",
        "The ear tells 200 Hz from 300 Hz with ease, but hardly 7200 Hz from 7300 Hz. The *mel "
        "filter bank* does alike: triangles, narrow for low frequencies and wide for high ones, "
        "each adding up the power under it. 257 numbers a frame become 80, and little that we "
        "hear is lost.",
        show_mel_bands,
        "Why not 8 bands? And why not 128?",
        "With 8 the vowels look alike. With 128 many of the low triangles catch only one "
        "number, because a frame has one every 31 Hz: that shows nothing finer, and more numbers "
        "need more data to learn from.",
    ),
    Step(
        "Decibels, and a level that does not matter",
        "Loud and soft differ by a factor of a million; drawn as it is, only the loudest syllables "
        "show. *Decibels* count the factors of ten: 10 dB is ten times the power. Then the clip's "
        "own level is subtracted (*normalization*), so that the distance to the microphone does "
        "not decide.",
        show_decibels,
        "Angry people are loud. Does taking out the level throw the anger away?",
        "Some of it. But how loud a recording is says more about the microphone than about the "
        "mood. What stays: how the level rises and falls, and that a tense voice has more of the "
        "high frequencies than a soft one.",
    ),
    Step(
        "What the network sees",
        "The *neural network* slides small filters, grids of learned numbers, over the picture; a "
        "*feature map* shows where one of them found what it looks for. Block by block (a few such "
        "layers each), the maps get coarser and stand for more. Hide a part of the picture, and "
        "you see whether the answer hung on it.",
        show_network,
        "Which part can you hide without changing the answer, and with which does it fall?",
        "Often a single stressed syllable carries most of it, and pauses nothing. If hiding "
        "something that is no voice at all (a click, the room) changes the answer, the network "
        "has learned the wrong thing: that is what this test is for.",
    ),
    Step(
        "From scores to probabilities",
        "The last layer gives each emotion a score, its *logit*. *Softmax* turns the scores into "
        "shares that sum to 100 %. The *temperature* makes these bolder or more careful; it was "
        "fitted on speakers kept apart, so that “70 % sure” comes close to right 7 times in 10.",
        show_scores,
        "Can the temperature change which emotion wins? What, then, is it good for?",
        "No: dividing all scores by the same number keeps their order. It changes how sure the "
        "answer sounds. A model that is honest about that can say “not sure” instead of guessing.",
    ),
    Step(
        "Training",
        "In training the network hears the clips again and again (each round is an *epoch*), and "
        "its *weights*, the numbers in its filters, are nudged so that the error, the *loss*, "
        "falls. Speakers kept apart (*validation*) show "
        "whether it learns emotions or just these voices. *Augmentation* varies every clip each "
        "time, so that it cannot learn them by heart.",
        show_training,
        "Which of these variations must not be exaggerated, and why?",
        "Those that carry emotion themselves: much faster and higher is no longer the same mood. "
        "The label would then be wrong, and the network would learn to ignore what matters. Noise "
        "and rooms are safer.",
    ),
    Step(
        "From PyTorch to ONNX to OpenVINO",
        "Trained with PyTorch, the network is written as a list of operations: *ONNX*, then "
        "OpenVINO's *IR*. Neighbors are *fused* into one, and weights stored in 32, 16 or 8 bits "
        "(FP32, FP16, INT8): smaller, and nearly the same answers.",
        show_ir,
        "INT8 has only 255 different weights per filter. Why does that hardly change the answers?",
        "Rounding errors go up as often as down, and thousands of them are added up, so most of "
        "them cancel. Where they do not, in the last layers, the weights stay in floating point. "
        "The check is in the model's card: how many answers stay the same.",
    ),
    Step(
        "Why 98 % is not 98 %",
        "The 24 actors of RAVDESS, the recordings our network learned from, say each sentence "
        "twice. Draw the test clips at random, and four in five have their twin in training: same "
        "actor, same words, same mood. Test with actors that training never heard, and you learn "
        "what to expect of a new voice.",
        show_unseen,
        "A paper reports 98 % on RAVDESS. Which question do you ask first?",
        "“How did you split?” If the same people are in training and test, the figure says how "
        "well voices are remembered. People who listen to this corpus choose the intended emotion "
        "in 62 % of the cases.",
    ),
    Step(
        "Limits, and the law",
        "These eight voices come from a computer that feels nothing, and still the model hears "
        "something in each: it says how a voice *sounds* like actors who play, not what anybody "
        "feels. And other people, languages and rooms sound different.",
        show_limits,
        "Where could such a system do good, and where would it do harm even if it were always "
        "right?",
        "Good: films with subtitles for the deaf that tell the tone, games, one's own speech "
        "training. Harm: wherever somebody with power over others uses it on them, such as at "
        "work, at school, at the border or on the telephone of an insurance company.",
    ),
)


def current_step() -> int:
    """Which step is asked for, from 1: by the last click, or by the address (`?step=3`)."""
    asked = str(st.session_state.get("step") or st.query_params.get("step", "1"))
    return int(asked) if asked.isdecimal() and 1 <= int(asked) <= len(STEPS) else 1


def navigate(number: int) -> Lesson:
    """Back, next, the number of every step, and the voice of the lecture."""
    st.session_state.setdefault("step", number)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            "Back",
            on_click=_go,
            args=(number - 1,),
            icon=":material/arrow_back:",
            disabled=number == 1,
            shortcut="PageUp",
        )
        st.segmented_control(
            "Step",
            range(1, len(STEPS) + 1),
            required=True,
            key="step",
            bind="query-params",
            label_visibility="collapsed",
            wrap=True,
        )
        st.button(
            "Next",
            on_click=_go,
            args=(number + 1,),
            icon=":material/arrow_forward:",
            type="primary",
            disabled=number == len(STEPS),
            shortcut="PageDown",
        )
        with st.popover("Voice", icon=":material/graphic_eq:"):
            st.caption("The whole lecture looks at this voice. It stays in this session's memory.")
            voice = choose_voice(choose_way_in())
            st.caption("Page Down and Page Up turn the steps, as on a presenter's remote control.")
    main = cards()[0]
    recognizer = compiled(main, main.precisions[0])
    return Lesson(recognizer, analyze(voice) if voice else None)


def _go(number: int) -> None:
    st.session_state.step = number


def show(step: Step, number: int, lesson: Lesson) -> None:
    """Text, figures, the question for the class and the numbers behind the figures."""
    st.markdown(step.text)
    rows: Rows = ()
    try:
        rows = step.show(lesson)
    except NotShownError as reason:
        st.info(str(reason))
    question, numbers = st.columns([3, 2], gap="medium")
    with question, st.expander(f"**Ask the class:** {step.question}"):
        st.markdown(step.answer)
    if rows:
        with numbers:
            show_table_twin(rows, f"walkthrough-{number}", f"step {number}")
