"""The result of a batch: the table, the distribution, and how often it was right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from pages.shell.chart import csv_button, show_chart, show_table_twin
from pages.shell.confusion import confusion_table, show_confusion_chart, show_per_class
from pages.shell.player import show_compact_player
from pages.shell.tables import ROW_HEIGHT, table_height
from ser_core.audio.clip import Clip
from ser_core.charts.accuracy import label_bars
from ser_core.evaluation.batch import Batch, BatchRow, labeled_answers
from ser_core.evaluation.figures import Report, figures, report
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.results import new_voices_entry
from ser_core.models.labels import emotion_name
from ser_core.reports.csv_table import TableRow, guarded

FILTERS: dict[str, Callable[[BatchRow], bool]] = {
    "all": lambda row: True,
    "wrong": lambda row: row.right is False,
    "uncertain": lambda row: row.status == "uncertain",
    "no answer": lambda row: row.label is None,
    "heard in training": lambda row: row.heard_in_training,
    "copies": lambda row: bool(row.copy_of),
}
_MOST_ROWS = 15  # more are scrolled to


def show_summary(batch: Batch) -> None:
    """How many clips, how many without an answer, what was skipped."""
    rows, card = batch.rows, batch.recognizer.card
    model = f"{card.title}, {batch.recognizer.precision}" if card else batch.recognizer.path.name
    if batch.stopped:
        st.warning(f"Stopped after {len(rows)} of {batch.n_total} recordings.")
    if not rows:
        show_report_of_upload(batch)
        st.stop()
    answered = [row for row in rows if row.label]
    mean_ms = 1000 * batch.busy_s / len(rows)
    with st.container(horizontal=True, gap="medium"):
        st.metric("Recordings", len(rows), width="content")
        st.metric("No answer", len(rows) - len(answered), width="content")
        st.metric("Uncertain", sum(row.status == "uncertain" for row in rows), width="content")
        st.metric("Time per recording", f"{mean_ms:.0f} ms", width="content")
    st.caption(
        f"Predicted by {model}. No file is kept; the first recordings stay in this session's "
        "memory so that you can hear them."
    )
    show_report_of_upload(batch)


def show_report_of_upload(batch: Batch) -> None:
    """How many files were uploaded, as what, and what was left out and why."""
    if batch.report is None:
        return
    lines = batch.report.lines()
    if copies := [row for row in batch.rows if row.copy_of]:
        lines.append(
            f"Copies of others, which count once: {len(copies)} ({copies[0].name} of "
            f"{copies[0].copy_of}, for example)."
        )
    heading, *details = lines
    with st.expander(heading, icon=":material/folder_open:", expanded=batch.report.n_left_out > 0):
        # As code, since names are a stranger's and Markdown would follow them.
        st.code("\n".join(details) or "Nothing was left out.", language=None, wrap_lines=True)


def show_distribution(batch: Batch) -> None:
    """How many clips were predicted as each emotion."""
    labels = batch.recognizer.signature.labels
    predicted = Counter(row.label for row in batch.rows if row.label)
    actual = Counter(row.actual for row in batch.rows if row.actual)
    show_chart(
        label_bars(predicted, labels, actual),
        "distribution",
        "Bar chart of clips by predicted emotion: "
        + ", ".join(f"{label} {predicted[label]}" for label in labels),
    )
    table: list[TableRow] = [
        {
            "emotion": label,
            "predicted": predicted[label],
            **({"actual": actual[label]} if actual else {}),
        }
        for label in labels
    ]
    show_table_twin(table, "distribution", "distribution")


def show_rows(batch: Batch) -> None:
    """Every recording, with filters, and the CSV of all of them."""
    labels = batch.recognizer.signature.labels
    possible = [name for name, fits in FILTERS.items() if any(map(fits, batch.rows))]
    kind = st.segmented_control(
        "Show",
        possible,
        default="all",
        required=True,
        format_func=lambda name: f"{name} ({sum(map(FILTERS[name], batch.rows))})",
        key=f"rows among {possible}",
        wrap=True,
    )
    emotions = st.multiselect(
        "Predicted", labels, format_func=emotion_name, placeholder="any emotion", key="heard as"
    )
    fits = FILTERS[kind]
    shown = [r for r in batch.rows if fits(r) and (not emotions or r.label in emotions)]
    if not shown:
        st.info("No recording matches.")
        return
    st.dataframe(
        _on_screen(shown, any(row.actual for row in batch.rows)),
        hide_index=True,
        key="rows",
        row_height=ROW_HEIGHT,
        height=table_height(min(len(shown), _MOST_ROWS)),
        column_config={
            "Probability": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.0f %%"
            ),
            "Length": st.column_config.NumberColumn(format="%.2f s"),
            "File": st.column_config.TextColumn(width=240),
            "Note": st.column_config.TextColumn(width="large"),
        },
        alt=f"{len(shown)} recordings with their predicted emotions",
    )
    csv_button("All rows (CSV)", as_records(batch), "batch", "rows")
    if stretches := segment_records(batch):
        csv_button("All stretches (CSV)", stretches, "batch-segments", "stretches")


def show_sounds(batch: Batch) -> None:
    """A recording to hear, with its answer in its name; wrong answers come first."""
    rows = {number: batch.rows[number] for number in batch.sounds}
    if not rows:
        return
    number = st.selectbox(
        "Listen to",
        sorted(rows, key=lambda n: (rows[n].right is not False, n)),
        format_func=lambda n: _title(rows[n]),
        key="row to hear",
        help=f"The first {len(rows)} of these {len(batch.rows)} recordings; wrong answers first.",
    )
    name = rows[number].name
    clip = Clip.from_bytes(batch.sounds[number], name)
    show_compact_player(clip, "sound of a row", f"The recording {name}")


def _title(row: BatchRow) -> str:
    label = f"predicted {row.label}" if row.label else "no answer"
    return f"{row.name} · {label}" + (f" · actual {row.actual}" if row.actual else "")


def _on_screen(rows: Sequence[BatchRow], with_actual: bool) -> list[TableRow]:
    return [
        {
            "File": guarded(row.name),  # the table has a CSV button of its own
            "Predicted": emotion_name(row.label) if row.label else "–",
            "Probability": 100 * row.probabilities[row.label] if row.label else None,
        }
        | ({"Actual": _verdict(row)} if with_actual else {})
        | {
            "Note": " ".join(
                filter(
                    None,
                    (
                        "Heard in training." if row.heard_in_training else "",
                        f"Copy of {row.copy_of}." if row.copy_of else "",
                        row.sentence,
                    ),
                )
            ),
            "Length": row.duration_s or None,
        }
        for row in rows
    ]


def _verdict(row: BatchRow) -> str:
    if not row.actual:
        return "–"
    return f"{'✓' if row.right else '✗'} {row.actual}"


def as_records(batch: Batch) -> list[TableRow]:
    """The rows with every probability, for CSV."""
    card = batch.recognizer.card
    return [
        {
            "file": row.name,
            "model": card.name if card else batch.recognizer.path.name,
            "precision": batch.recognizer.precision,
            "label": row.label or "",
            "status": row.status,
            "actual": row.actual,
            "right": "" if row.right is None else int(row.right),
            "heard_in_training": int(row.heard_in_training),
            **{
                label: round(row.probabilities[label], 6) if row.label else ""
                for label in batch.recognizer.signature.labels
            },
            "duration_s": round(row.duration_s, 3),
            "latency_ms": round(row.latency_ms, 3),
            "copy_of": row.copy_of,
            "remark": row.sentence,
        }
        for row in batch.rows
    ]


def segment_records(batch: Batch) -> list[TableRow]:
    """A row for each stretch of each recording, for CSV; empty if none were requested."""
    return [
        {
            "file": row.name,
            "start_s": round(segment.start_s, 3),
            "end_s": round(segment.end_s, 3),
            "label": segment.label or "",
            "status": segment.status,
            **{
                label: round(segment.probabilities[label], 6) if segment.label else ""
                for label in batch.recognizer.signature.labels
            },
        }
        for row in batch.rows
        for segment in row.segments
    ]


def _show_what_to_expect(batch: Batch, result: Report) -> None:
    """The headline figure in large type, and the one on clips heard in training in small print."""
    card = batch.recognizer.card
    headline = new_voices_entry(card) if card else None
    if headline:
        st.metric("UAR to expect on new voices", percent(headline.uar, 1))
    st.caption(
        f"On these {result.n} clips, of which some were heard in training: UAR "
        f"{percent(result.uar, 1)}, accuracy {percent(result.accuracy, 1)}."
    )


def show_report(batch: Batch) -> None:
    """How often the model was right about the clips whose actual emotion is known."""
    known = [row for row in batch.rows if row.actual and not row.copy_of]
    if not known:
        st.info(
            "These file names do not tell the actual emotion, so there is nothing to check the "
            "answers against. Names of public corpora would, folders such as `happy/`, or a "
            "`labels.csv`."
        )
        return
    labeled = [row for row in known if row.counts]
    if not labeled:
        st.info(f"None of the {len(known)} recordings with a known emotion could be read.")
        return
    n_read = len(labeled)
    st.header("Accuracy report", anchor=False)
    in_training = [row for row in labeled if row.heard_in_training]
    if in_training:
        were = "was" if len(in_training) == 1 else "were"
        st.warning(
            f"{len(in_training)} of these {len(labeled)} clips {were} in the training set. "
            "Counting them inflates the score."
        )
        if len(in_training) < len(labeled):
            only = st.segmented_control(
                "Count",
                ["all clips", "only clips not heard in training"],
                default="only clips not heard in training",
                required=True,
                key="which clips count",
            )
            labeled = [row for row in labeled if only == "all clips" or not row.heard_in_training]
    labels = batch.recognizer.signature.labels
    result = figures(labeled_answers(labeled, labels), labels)
    if any(row.heard_in_training for row in labeled):
        _show_what_to_expect(batch, result)
    else:
        with st.container(horizontal=True, gap="medium"):
            st.metric("UAR", percent(result.uar, 1), width="content")
            st.metric("Accuracy", percent(result.accuracy, 1), width="content")
            st.metric("Clips", result.n, width="content")
    (low, high), (uar_low, uar_high) = result.intervals.accuracy, result.intervals.uar
    st.caption(
        f"95 % intervals: UAR {100 * uar_low:.0f} to {percent(uar_high)}, accuracy "
        f"{100 * low:.0f} to {percent(high)}. A recording without an answer counts as wrong"
        + (f" (here, {result.unanswered})." if result.unanswered else ".")
        + (_unread(len(known) - n_read) if len(known) > n_read else "")
    )
    chart_column, table_column = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with chart_column:
        show_confusion_chart(result.confusion, labels, True, "batch confusion")
    with table_column:
        show_per_class(result.per_class, "batch")
    show_table_twin(confusion_table(result.confusion, labels), "batch-confusion", "batch confusion")
    with st.expander("The report as text"):
        st.code(report(result), language=None)


def _unread(n: int) -> str:
    return f" {n} could not be read and {'does' if n == 1 else 'do'} not count."
