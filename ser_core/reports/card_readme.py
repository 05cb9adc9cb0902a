"""A model's README, generated from its card, so that no figure is written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ser_core.corpora.protocols import PROTOCOLS
from ser_core.evaluation.published import LISTENERS_ACCURACY
from ser_core.evaluation.results import CHANNEL_WORDS, Result, seven_options
from ser_core.models.card import Adaptation, Draw, ModelCard, ResultEntry, Training
from ser_core.models.signature import RIGHT_WHEN_CERTAIN


def card_readme(card: ModelCard) -> str:
    """The card as Markdown for people."""
    how, settings = card.training, card.features
    lines = [
        f"# {card.title}",
        "",
        f"`{card.name}`, role *{card.role}*: {card.architecture}, {card.parameters:,} parameters, "
        f"{card.macs / 1e6:.0f} million multiply-accumulates per model window.",
        "",
        "## Input and output",
        "",
        f"- `log_mel`, float32, (1, 1, {settings.n_mels}, {card.window.n_frames}): "
        f"{card.window.seconds:.2f} s of {settings.sample_rate} Hz mono audio; "
        f"n_fft {settings.n_fft}, win_length {settings.win_length}, "
        f"hop_length {settings.hop_length}, {settings.n_mels} mel bands from {settings.fmin:g} to "
        f"{settings.fmax:g} Hz in dB, level-normalized (`ser_core.features.log_mel`).",
        f"- `logits` of {', '.join(card.labels)}; softmax at temperature {card.temperature:g}.",
        "- `evidence`: logits over time. `embedding`: what the last layer sees.",
        f"- An answer with a probability below {card.uncertain_below:.2f} counts as uncertain.",
        "",
        "## Files",
        "",
        "| precision | files | size | largest logit difference | equal labels | UAR drop |",
        "|---|---|---|---|---|---|",
        *(_file_row(card, precision) for precision in card.precisions),
        "",
        "Compared with the PyTorch network on the validation speakers: logits and labels of every "
        f"model window, UAR of whole clips.{_learned(how)}",
        "",
        *_conversion_section(card),
        *_waveform_section(card),
        "## Results",
        "",
        "| protocol | fold | of | channel | precision | n | UAR (95 %) | accuracy (95 %) | ECE |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_result_row(result) for result in card.results),
        "",
        *_certain_section(card),
        *_listeners_section(card),
        "Reproduce them with:",
        "",
        "```",
        *dict.fromkeys(result.command for result in card.results),
        "```",
        "",
        *_robustness_section(card),
        *_adaptation_section(card),
        "## Training",
        "",
        f"- Corpora: {_corpora(how)}; protocol `{how.protocol}`, fold "
        f"{how.fold}, seed {how.seed}; {how.n_train} training clips, {_calibration(how)}. "
        f"{how.date}.",
        f"- Start: {how.start}.",
        f"- Command: `{how.command}`",
        "",
        "## Limits",
        "",
        *(f"- {sentence}" for sentence in card.limitations),
        "",
        f"License of the weights: {card.license}.",
    ]
    return "\n".join(lines) + "\n"


def _certain_section(card: ModelCard) -> list[str]:
    """What the threshold leaves, and how much of that is right; empty where not measured."""
    lines = [
        f"- {Result(card, result).test}, {CHANNEL_WORDS[result.channel]}: "
        f"{certain.coverage:.1%} of the clips, and {certain.accuracy:.1%} of those are right"
        for result in card.results
        if Result(card, result).most_exact and (certain := result.certain)
        if certain.accuracy is not None
    ]
    if not lines:
        return []
    return [
        f"The threshold of {card.uncertain_below:.2f} was chosen so that at least "
        f"{RIGHT_WHEN_CERTAIN:.0%} of the answers above it are right on the validation clips. On "
        "the test clips, these answers are above it:",
        "",
        *lines,
        "",
    ]


def _listeners_section(card: ModelCard) -> list[str]:
    """The figure to compare with human listeners; empty where there is none."""
    # Of all actors, if they have been tested.
    for result in sorted(map(partial(Result, card), card.results), key=lambda r: not r.of_recipe):
        if result.unseen_actors and (counts := seven_options(result)):
            right, n = counts
            return [
                f"Counting calm and neutral as one, as in the human listening test, the model is "
                f"right on {right / n:.1%} ({right}/{n}) of the speech clips ({result.test}); "
                f"human listeners were right on {LISTENERS_ACCURACY:.1%} (Livingstone & Russo "
                "2018).",
                "",
            ]
    return []


def _robustness_section(card: ModelCard) -> list[str]:
    """What a microphone, a telephone and a room do to the answers; empty where not measured."""
    if not card.robustness:
        return []
    clean, *distorted = card.robustness
    lost = max(clean.accuracy - row.accuracy for row in distorted)
    return [
        "## Other microphones and rooms",
        "",
        f"Speech of the test actors, {clean.n} clips, {card.most_exact}; accuracy stays within "
        f"{100 * lost:.1f} points of the original recordings.",
        "",
        "| clips | UAR | accuracy | labels changed |",
        "|---|---|---|---|",
        *(
            f"| {row.distortion} | {row.uar:.1%} | {row.accuracy:.1%} | {row.changed:.1%} |"
            for row in card.robustness
        ),
        "",
        f'`python -m ser_core robustness -m {card.name} --data "$SER_DATA"`',
        "",
    ]


_DRAWS: dict[Draw, str] = {
    "any": "without labels",
    "labelled": "one sentence with labels, the other tested",
    "one-mood": "all of one mood, without labels",
    "mostly-one-mood": "four in five of one mood, without labels",
    "mixed-speakers": "of several speakers taken for one",
}


def _adaptation_section(card: ModelCard) -> list[str]:
    """What getting to know a speaker gains; empty where not measured."""
    if not card.adaptation:
        return []
    ks = sorted({entry.k for entry in card.adaptation})
    rows: dict[tuple[str, str, Draw], dict[int, Adaptation]] = {}
    for entry in card.adaptation:
        rows.setdefault((entry.of, entry.protocol, entry.draw), {})[entry.k] = entry
    option = f"-m {card.name} --precision {card.most_exact}"
    return [
        "## Getting to know a voice",
        "",
        "The model learns from some recordings of each speaker and is tested on the speaker's "
        "others: points of UAR gained, mean of 20 draws.",
        "",
        "| tested | learned from | " + " | ".join(map(str, ks)) + " |",
        "|---" * (len(ks) + 2) + "|",
        *(
            f"| {protocol}, {of} | {_DRAWS[draw]} | "
            + " | ".join(f"{100 * row[k].gain:+.1f}" if k in row else "" for k in ks)
            + " |"
            for (of, protocol, draw), row in rows.items()
        ),
        "",
        f'`python -m ser_core evaluate {option} --adapt 8 --data "$SER_DATA"`, with `--labelled` '
        "for labels and `--protocol cross-corpus` for EMO-DB. `python -m tools.measure` takes the "
        "recipe's rows from the stored answers of its networks, `cross-validate --adapt` measures "
        "them, and those with labels.",
        "",
    ]


def _conversion_section(card: ModelCard) -> list[str]:
    """What became of the operations on the way; empty for a card without a report."""
    report = card.conversion
    fp32, int8 = report.fp32, report.int8
    if report.pytorch is None or report.onnx is None or fp32 is None or int8 is None:
        return []
    lines = [
        "| step | operations | executed after fusion | in 8 bits |",
        "|---|---|---|---|",
        f"| PyTorch layers | {sum(report.pytorch.operations.values())} |  |  |",
        f"| ONNX | {sum(report.onnx.operations.values())} |  |  |",
    ]
    for precision, ir in (("FP32", fp32), ("INT8", int8)):
        lines.append(
            f"| {precision} | {sum(ir.operations.values())} | {sum(ir.executed.values())} "
            f"| {ir.layers_in_8_bits} of {ir.layers} layers |"
        )
    fused = "; ".join(f"{n} × {kinds}" for kinds, n in fp32.fused.items())
    return [
        "## From PyTorch to the IR",
        "",
        *lines,
        "",
        f"Fused into one operation in FP32: {fused}.",
        "",
        f"Deliberately kept in floating point in INT8: {int8.float_parts}. "
        f"{len(int8.tried)} attempt{'s' * (len(int8.tried) > 1)}; the first that kept at least "
        "97 % of the labels and lost at most 2 points of UAR on validation was chosen.",
        "",
    ]


_WAVEFORM_EXAMPLE = """\
import wave
import numpy as np
import openvino as ov
samples = wave.open("voice.wav").readframes({n_samples})  # {sample_rate} Hz, mono, 16 bits
window = np.zeros((1, {n_samples}), np.float32)
window[0, : len(samples) // 2] = np.frombuffer(samples, np.int16) / 32768
model = ov.Core().read_model("waveform.xml")
labels = model.get_rt_info(["model_info", "labels"]).astype(str).split()
compiled = ov.compile_model(model, "CPU", {{"INFERENCE_PRECISION_HINT": "f32"}})
print(dict(zip(labels, compiled(window)["probabilities"][0].tolist())))
"""


def _waveform_section(card: ModelCard) -> list[str]:
    """How to use the IR that takes samples; empty where there is none."""
    entry, proof, settings = card.files.get("waveform"), card.conversion.waveform, card.features
    if entry is None or proof is None:
        return []
    n_samples = entry.n_samples
    return [
        "## From samples to probabilities in one file",
        "",
        f"`{entry.xml}` and `{entry.bin}` ({entry.bytes / 1e6:.2f} MB, FP32) hold the "
        "front end, level normalization, network and softmax in one graph, for any OpenVINO "
        "runtime in any language.",
        "",
        f"- Input `waveform`, float32, (1, {n_samples}): samples of {settings.sample_rate} Hz mono "
        f"audio in [-1, 1]. They give exactly the {card.window.n_frames} centered frames of a "
        f"model window, the last one at sample {n_samples}.",
        "- Outputs `probabilities` and `logits`, (1, "
        f"{len(card.labels)}), and `log_mel` in dB, (1, {settings.n_mels}, "
        f"{card.window.n_frames}).",
        "- Not included: resampling; the voice detector (without it, a hum gets a label, too); "
        "trimming silence (start at the first frame that is at most "
        f"{settings.top_db:g} dB below the loudest one); and, for longer clips, averaging the "
        "logits over evenly spaced windows that overlap by at least 3/8. Pad shorter clips with "
        "zeros, which count as silence.",
        "- Request float32, as below: the bfloat16 that OpenVINO chooses on some CPUs is too "
        "coarse for a front end.",
        "- On the validation speakers its log-mel is within "
        f"{proof.max_db_difference:.2g} dB of `ser_core.features.log_mel`, its logits within "
        f"{proof.max_logit_difference:.2g} of the FP32 IR, and "
        f"{proof.label_agreement:.1%} of the labels are equal.",
        "",
        "```python",
        *_WAVEFORM_EXAMPLE.format(
            sample_rate=settings.sample_rate, n_samples=n_samples
        ).splitlines(),
        "```",
        "",
    ]


def models_table(cards: Sequence[ModelCard]) -> str:
    """What each model is, as Markdown; the links start in the folder of the zoo."""
    lines = [
        "| model | role | network | parameters | million MACs per window | start | trained on |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| [{card.name}]({card.name}/README.md) | {card.role} | {card.title} "
        f"| {card.parameters:,} | {card.macs / 1e6:.0f} | {card.training.start} "
        f"| {', '.join(card.training.corpora)} |"
        for card in cards
    ]
    return "\n".join(lines)


def results_table(
    cards: Sequence[ModelCard], channel: str = "speech", folder: str = "model_zoo/"
) -> str:
    """The test part of each model's own protocol, and the means of recipes, as Markdown.

    In the most exact precision of each model, with the UAR of INT8 beside it.

    Args:
        channel: speech, song or all.
        folder: of the zoo, as seen from the file that shows the table.
    """
    lines = [
        "| model | tested on | clips | UAR (95 % interval) | accuracy (95 % interval) "
        "| UAR in INT8 | size |",
        "|---|---|---|---|---|---|---|",
    ]
    for card in cards:
        results = [r for r in card.results if r.channel == channel]
        int8 = {r.protocol: r.uar for r in results if r.precision == "INT8"}
        link = f"[{card.name}]({folder}{card.name}/README.md)"
        sizes = ", ".join(f"{p} {card.files[p].bytes / 1e6:.1f}" for p in card.precisions)
        for result in results:
            protocol = result.protocol
            if not Result(card, result).most_exact:
                continue
            if result.of == "recipe":
                n = len(result.trials)
                trained = f"mean of {n} training runs" if n > 1 else "retrained"
                named = ", ".join(filter(None, (link, result.variant, trained)))
                lines.append(
                    f"| {named} | {protocol} | {result.n} | {' | '.join(_figures(result))} | | |"
                )
            elif protocol == card.training.protocol:
                share_in_8_bits = f"{int8[protocol]:.1%}" if protocol in int8 else ""
                lines.append(
                    f"| {link} | {protocol}{_which_fold(result)} | {result.n} "
                    f"| {' | '.join(_figures(result))} | {share_in_8_bits} | {sizes} MB |"
                )
    return "\n".join(lines)


def _which_fold(result: ResultEntry) -> str:
    return f", fold {result.fold}" if PROTOCOLS[result.protocol].n_folds > 1 else ""


def _figures(result: ResultEntry) -> list[str]:
    return [
        f"{share:.1%} ({low:.1%} to {high:.1%})"
        for share, (low, high) in (
            (result.uar, result.intervals.uar),
            (result.accuracy, result.intervals.accuracy),
        )
    ]


def _corpora(how: Training) -> str:
    return ", ".join(f"{name} ({license})" for name, license in how.corpus_licences.items())


def _learned(how: Training) -> str:
    return (
        " The model was trained on these, too, so the actual drop may be larger."
        if how.refit
        else ""
    )


def _calibration(how: Training) -> str:
    if how.calibrated_by:
        other = f"`{how.calibrated_by}` as of that date"
        return f"temperature and threshold taken from {other}, trained by the same recipe"
    if how.refit:
        return (
            f"{how.n_validation} of which were held out in an earlier run, for temperature, "
            "threshold and curves"
        )
    return f"{how.n_validation} validation clips for temperature and threshold"


def _file_row(card: ModelCard, precision: str) -> str:
    entry, proof = card.files[precision], card.conversion.of(precision)
    if proof is None:
        return f"| {precision} | {entry.xml}, {entry.bin} | {entry.bytes / 1e6:.2f} MB | | | |"
    return (
        f"| {precision} | {entry.xml}, {entry.bin} | {entry.bytes / 1e6:.2f} MB "
        f"| {proof.max_logit_difference:.2g} | {proof.label_agreement:.1%} "
        f"| {100 * proof.uar_drop:.1f} points |"
    )


def _fold(result: ResultEntry) -> str:
    return "mean" if result.fold is None else str(result.fold)


def _result_row(result: ResultEntry) -> str:
    tested = ", ".join(filter(None, (result.of, result.variant)))
    return (
        f"| {result.protocol} | {_fold(result)} | {tested} | {result.channel} "
        f"| {result.precision} | {result.n} | {' | '.join(_figures(result))} "
        f"| {result.ece:.3f} |"
    )
