"""The card of a head on a shipped network, as Markdown."""

from __future__ import annotations

from ser_core.evaluation.metrics import percent
from ser_core.evaluation.own_head import OwnHead
from ser_core.models.recognizer import Recognizer


def own_head_card(head: OwnHead, recognizer: Recognizer, command: str) -> str:
    """What the head is, how good it is, and which license it carries.

    Args:
        command: that made it.
    """
    card, gain = recognizer.card, head.gain
    title = card.title if card else recognizer.name
    left_out = (
        "Whole speakers were left out in turn, so this is what to expect for a new voice."
        if head.by_speaker
        else "The recordings name no speakers, so single ones were left out in turn. The voices "
        "are known then, which inflates the figures."
    )
    lines = [
        f"# A head on {title}",
        "",
        f"`head.json` corrects the answers of `{recognizer.name}` in {recognizer.precision}. It "
        f"was learned from {head.speaker.n_takes} recordings and fits that file alone "
        f"(sha256 of its weights: {recognizer.weights_sha256}).",
        "",
        "| left-out recordings | UAR | right |",
        "|---|---|---|",
        f"| the network as shipped | {percent(head.uar_before, 1)} | {gain.before}/{gain.total} |",
        f"| with this head | {percent(head.uar_after, 1)} | {gain.after}/{gain.total} |",
        "",
        left_out,
        "",
        "```",
        command,
        "python -m ser_core predict voice.wav --speaker head.json",
        "```",
        "",
        f"License: that of the network, {card.license if card else 'unknown'}, and of the "
        "recordings' owner.",
    ]
    return "\n".join(lines) + "\n"
