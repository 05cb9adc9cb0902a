"""A model's README, generated from its card, so that no figure is written by hand."""

from __future__ import annotations

from typing import Any

from ser_core.zoo import ModelCard


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
        f"- `log_mel`, float32, (1, 1, {settings.n_mels}, {card.window['n_frames']}): "
        f"{card.window['seconds']:.2f} s of {settings.sample_rate} Hz mono audio; "
        f"n_fft {settings.n_fft}, win_length {settings.win_length}, "
        f"hop_length {settings.hop_length}, {settings.n_mels} mel bands from {settings.fmin:g} to "
        f"{settings.fmax:g} Hz in dB, level-normalised (`ser_core.features`).",
        f"- `logits` of {', '.join(card.labels)}; softmax at temperature {card.temperature:g}.",
        "- `evidence`: logits over time. `embedding`: what the last layer sees.",
        f"- An answer with a probability below {card.uncertain_below:.2f} is called uncertain.",
        "",
        "## Files",
        "",
        "| precision | files | size | largest logit difference | equal labels | UAR drop |",
        "|---|---|---|---|---|---|",
        *(_file_row(card, precision) for precision in card.precisions),
        "",
        "Differences are against the PyTorch network on the windows of the validation speakers.",
        "",
        "## Results",
        "",
        "| protocol | fold | of | channel | precision | n | UAR (95 %) | accuracy (95 %) | ECE |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_result_row(result) for result in card.results),
        "",
        "Reproduce them with:",
        "",
        "```",
        *dict.fromkeys(result["command"] for result in card.results),
        "```",
        "",
        "## Training",
        "",
        f"- Corpora: {', '.join(how['corpora'])}; protocol `{how['protocol']}`, fold "
        f"{how['fold']}, seed {how['seed']}; {how['n_train']} clips to train, "
        f"{how['n_validation']} for temperature and threshold. {how['date']}.",
        f"- Command: `{how['command']}`",
        "",
        "## Limits",
        "",
        *(f"- {sentence}" for sentence in card.limitations),
        "",
        f"Licence of the weights: {card.license}.",
    ]
    return "\n".join(lines) + "\n"


def _file_row(card: ModelCard, precision: str) -> str:
    entry, proof = card.files[precision], card.conversion[precision.lower()]
    return (
        f"| {precision} | {entry['xml']}, {entry['bin']} | {entry['bytes'] / 1e6:.2f} MB "
        f"| {proof['max_logit_difference']:.2g} | {proof['label_agreement']:.1%} "
        f"| {100 * proof['uar_drop']:.1f} points |"
    )


def _result_row(result: dict[str, Any]) -> str:
    figures = (
        f"{result[name]:.1%} ({result['intervals'][name][0]:.1%} to "
        f"{result['intervals'][name][1]:.1%})"
        for name in ("uar", "accuracy")
    )
    return (
        f"| {result['protocol']} | {result['fold']} | {result['of']} | {result['channel']} "
        f"| {result['precision']} | {result['n']} | {' | '.join(figures)} | {result['ece']:.3f} |"
    )
