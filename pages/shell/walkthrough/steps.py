"""The eleven steps: what each says, asks and shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from pages.shell.chart import show_table_twin
from pages.shell.take_home import seen_steps
from pages.shell.walkthrough.inside_network import keep_network, show_network
from pages.shell.walkthrough.ir import show_ir
from pages.shell.walkthrough.lesson import Lesson, NotShownError, Rows
from pages.shell.walkthrough.limits import keep_limits, show_limits
from pages.shell.walkthrough.mel import show_decibels, show_mel_bands
from pages.shell.walkthrough.scores import keep_scores, show_scores
from pages.shell.walkthrough.short_time import (
    keep_spectrum,
    show_frames,
    show_samples,
    show_spectrum,
)
from pages.shell.walkthrough.training import show_training
from pages.shell.walkthrough.unseen import keep_unseen, show_unseen
from ser_core.reports.session_report import Kept, SeenStep


class Minutes(NamedTuple):
    """How long a step takes in the short lecture and in the long one; 0 where it is left out."""

    of_20: int
    of_45: int


@dataclass(frozen=True)
class Step:
    """About one screen of the lecture.

    Attributes:
        text: two or three sentences; new words in italics.
        question: for the class.
        answer: to fold out.
        minutes: for the step in a lecture.
        notes: for the lecturer: what to do, in which order, and what may be left out.
        show: draws the figures and returns the numbers behind them.
        keep: what of the step is taken home, beside question and answer.
    """

    title: str
    text: str
    show: Callable[[Lesson], Rows]
    question: str
    answer: str
    minutes: Minutes
    notes: str
    keep: Callable[[Lesson], Kept] = lambda lesson: Kept()


STEPS = (
    Step(
        "Sound is a sequence of numbers",
        "Sound is a rapid change in air pressure. A microphone measures it 16,000 times a second, "
        "and each measurement is a number: a *sample*. These numbers are all the computer gets; "
        "zoom in until you see them.",
        show_samples,
        "What matters in a voice lies below 8000 Hz (cycles per second). Why take 16,000 samples a "
        "second, and not 8000?",
        "A cycle needs at least two samples, one up and one down. So 16,000 samples a second can "
        "represent frequencies up to 8000 Hz (the Nyquist–Shannon theorem). A landline telephone "
        "takes 8000, so it stops at 4000 Hz, and *s* and *f* sound alike.",
        Minutes(2, 3),
        "Play the voice, then zoom to 5 ms: the curve becomes dots. Say that everything after "
        "this is arithmetic on these dots. Ask how many of them a minute of sound has (960,000).",
    ),
    Step(
        "Frames and windows",
        "A voice changes all the time, so it is cut into short *frames*, and each is faded in and "
        "out by a *window* (the red and green bells). The *hop* is the distance from one frame to "
        "the next. In the lower picture, explained in the next step, long frames separate "
        "frequencies and short frames separate moments; no length does both.",
        show_frames,
        "Set the length to 100 ms, then to 5 ms. What do you gain, and what do you lose?",
        "At 100 ms, the horizontal stripes, the harmonics of the voice, become sharp, but "
        "syllables smear into each other. At 5 ms, each pulse of the vocal folds becomes a "
        "vertical line, and the harmonics are gone. Speech researchers settle on about 25 ms.",
        Minutes(3, 4),
        "Start at 25 ms. Move the frame length to 100 ms, then to 5 ms, and name each time "
        "what became sharp and what became blurred. Go back to 25 ms before you go on. If time "
        "is short, skip the hop.",
    ),
    Step(
        "From one spectrum to the spectrogram",
        "The *Fourier transform* tells how much of each frequency is in a frame: its *spectrum*. "
        "Put the spectra of all frames side by side, with color for level, and you get the "
        "*spectrogram* (short-time Fourier transform, STFT): time to the right, frequency up.",
        show_spectrum,
        "Find a frame with many evenly spaced peaks. What causes them, and what does their "
        "spacing tell you?",
        "If the vocal folds vibrate 120 times a second, they produce harmonics at 120, 240, 360 Hz "
        "and so on. Their spacing is the pitch. Excited voices have a higher pitch, hence wider "
        "spacing. Frames of *s* or *t* have no such peaks: they are noise.",
        Minutes(3, 4),
        "Move the frame to a vowel and count the peaks, then to an *s*: they are gone. Hum a "
        "low and a high note so that the class hears what the spacing means. From here on, the "
        "lower picture is what the network gets.",
        keep_spectrum,
    ),
    Step(
        "The mel filter bank",
        "The ear easily tells 200 Hz from 300 Hz, but hardly 7200 Hz from 7300 Hz. The *mel filter "
        "bank* imitates that with triangular filters, narrow at low frequencies and wide at high "
        "ones, each summing the power under it. That leaves 80 values of a frame, and little that "
        "we can hear is lost.",
        show_mel_bands,
        "Why not 8 bands? And why not 128?",
        "With 8, the vowels look alike. With 128, many of the low triangles cover only one value, "
        "because a frame has one every 30 to 40 Hz: that adds no detail, and more values need more "
        "training data.",
        Minutes(0, 3),
        "Go from 128 bands down to 8 and ask at which number the vowels disappear. Point out "
        "how many triangles crowd below 1000 Hz.",
    ),
    Step(
        "Decibels and level normalization",
        "The power of loud and soft sounds differs by a factor of a million; on a linear scale, "
        "only the loudest syllables show. *Decibels* count factors of ten: +10 dB is ten times the "
        "power. Then the clip's own level is subtracted (*normalization*), so that the distance "
        "to the microphone does not matter.",
        show_decibels,
        "Angry people are loud. Does removing the level throw the anger away?",
        "Some of it. But the level of a recording says more about the microphone than about the "
        "emotion. What stays: how the level rises and falls, and that a tense voice has more "
        "energy at high frequencies than a soft one.",
        Minutes(0, 3),
        "First *Decibels*: the same numbers, two scales. Then *Level*: turn the gain, and the "
        "level moves while the input of the network does not. Show *Pitch and MFCC* only if "
        "somebody asks how it was done before.",
    ),
    Step(
        "What the network sees",
        "The *neural network* slides small filters, grids of learned numbers, over the "
        "spectrogram and processes the result block by block. A *feature map* shows where a filter "
        "found its pattern; an *attention map*, which moments a block compares. Hide part of the "
        "picture, and you see whether the answer depended on it.",
        show_network,
        "Which part can you hide without changing the answer, and which part changes it?",
        "Often a single stressed syllable carries most of the evidence, and pauses carry none. If "
        "hiding something that is not voice at all (a click, the room) changes the answer, the "
        "network has learned the wrong thing: that is what this test is for.",
        Minutes(4, 6),
        "*Feature maps*: drag the slider from the first block to the last. Then *Hide a region*: "
        "let the class choose what to hide and bet on the answer. *What matters* does the same "
        "for every region at once.",
        keep_network,
    ),
    Step(
        "From scores to probabilities",
        "The last layer gives each emotion a score, its *logit*. *Softmax* turns the scores into "
        "probabilities that sum to 100 %. The *temperature* makes them bolder or more cautious; it "
        "was fitted on held-out speakers, so that answers with 70 % are right about 7 times in 10.",
        show_scores,
        "Can the temperature change which emotion wins? If not, what is it good for?",
        "No: dividing all scores by the same number keeps their order. It changes how confident "
        "the answer is. A well-calibrated model can report “no clear winner (uncertain)” instead "
        "of guessing.",
        Minutes(2, 4),
        "*Scores*: pull the temperature to both ends: the order stays, the confidence changes. "
        "Say when a model should rather answer “uncertain”, and who would want that. *Voice map*, "
        "if there is time: near which emotion does the class expect the star?",
        keep_scores,
    ),
    Step(
        "Training",
        "In training, the network hears the clips again and again (each pass is an *epoch*), and "
        "its *weights*, the numbers in its filters, are nudged so that its error, the *loss*, "
        "falls. Held-out speakers (*validation*) show whether it learns emotions or just these "
        "voices. *Augmentation* varies every clip each time, so that the network cannot memorize "
        "it.",
        show_training,
        "Which kinds of augmentation must not be exaggerated, and why?",
        "Those that carry emotion themselves: a much faster and higher voice no longer expresses "
        "the same emotion. The label would be wrong, and the network would learn to ignore what "
        "matters. Noise and room echo are safer.",
        Minutes(0, 5),
        "*Curves* first: where would the class have stopped? Then *Augmentation*: listen to "
        "two variations. *Knobs*, if there is time: the sentence below the charts says where the "
        "answer flips. Turn that knob, and ask whether the emotion changed, too. If nothing "
        "flips, choose another voice.",
    ),
    Step(
        "From PyTorch to ONNX to OpenVINO",
        "Trained in PyTorch, the network is exported as a graph of operations: *ONNX*, then "
        "OpenVINO's *IR* (intermediate representation). Neighboring operations are *fused*, and "
        "the weights are stored in 32, 16 or 8 bits (FP32, FP16, INT8): smaller files, and nearly "
        "the same answers.",
        show_ir,
        "INT8 has only 255 possible weights per filter. Why does that hardly change the answers?",
        "Rounding errors go up as often as down, and thousands of them are summed, so most cancel. "
        "Where they do not, in the last layers, the weights stay in floating point. The model card "
        "has the proof: how many answers stay the same.",
        Minutes(0, 3),
        "*Operations*: ONNX spells each layer out as several small operations, and fusing joins "
        "many of them again. *Answers* is the point: less precise weights, a file of half the size "
        "or less, and the same emotion.",
    ),
    Step(
        "Why 98 % is not 98 %",
        "The 24 actors of RAVDESS, the corpus our network learned from, say each sentence twice. "
        "If the test clips are drawn at random, four in five have their twin in the training set: "
        "same actor, same words, same emotion. That inflates the score. A test on unseen actors "
        "tells you what to expect for a new voice.",
        show_unseen,
        "A paper reports 98 % on RAVDESS. What is the first question you ask?",
        "“How did you split the data?” If the same people are in training and test, the figure "
        "measures how well the network remembers voices. Human listeners choose the intended "
        "emotion for 62 % of these clips.",
        Minutes(4, 6),
        "Begin with *Cheat the split*: take a guess from the class, then move the slider to the "
        "end. *The figures*: the same with all actors. *One left-out take* makes it concrete: play "
        "both takes. Stay with the question until somebody says “split”.",
        keep_unseen,
    ),
    Step(
        "Limits and the law",
        "These eight voices come from a computer that feels nothing, and still the model finds an "
        "emotion in each: it predicts which acted emotion a voice *sounds* like, not what anyone "
        "feels. And other people, languages and rooms sound different.",
        show_limits,
        "Where could such a system do good, and where would it do harm even if it were always "
        "right?",
        "Good: subtitles that convey tone of voice to deaf viewers, games, practicing your own "
        "speech. Harm: wherever people with power use it on others, such as at work, at school, "
        "at the border or on an insurance company's phone line.",
        Minutes(2, 4),
        "Read two rows aloud: one computer sounds *calm*, another *angry*. *Same sentence, many "
        "moods*, if somebody wants to act; nobody has to. Then the law, and the question; collect "
        "two answers for each side. End with the sentence above: what a voice *sounds* like, not "
        "what anyone feels. *Save* takes the lecture home.",
        keep_limits,
    ),
)


def show(step: Step, number: int, lesson: Lesson) -> None:
    """Text, figures, the question for the class and the numbers behind the figures."""
    st.markdown(step.text)
    rows = show_figures(step, number, lesson)
    question, numbers = st.columns([3, 2], gap="medium")
    with question, st.expander(f"**Ask the class:** {step.question}"):
        st.markdown(step.answer)
    if rows:
        with numbers:
            show_table_twin(rows, f"walkthrough-{number}", f"step {number}")


def show_figures(step: Step, number: int, lesson: Lesson) -> Rows:
    """The figures of a step, or why there are none; the numbers behind them."""
    rows: Rows = ()
    try:
        rows = step.show(lesson)
    except NotShownError as reason:
        st.info(str(reason))
    title = f"{number} · {step.title}"
    seen_steps()[number] = SeenStep(title, step.question, step.answer, _kept(step, lesson))
    return rows


def _kept(step: Step, lesson: Lesson) -> Kept:
    try:
        return step.keep(lesson)
    except NotShownError:
        return Kept()
