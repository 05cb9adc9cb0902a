"""Many recordings, answered by one model on all cores: a few by threads, more by processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from ser_core.runtime.in_order import in_order
from ser_core.runtime.workers import TOGETHER, Workers

MANY = 200
"""Recordings for which processes are started: the main model gains on them what the start takes."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Answering = Callable[[Recognizer], Callable[[Item], Result]]
"""Makes of a model what answers an item."""


def answer_many(
    answering: Answering[Item, Result],
    recognizer: Recognizer,
    items: Iterable[Item],
    n_recordings: int,
    together: int = TOGETHER,
) -> Iterator[Result]:
    """The answers, in the order of the items, as many at once as the recognizer is meant for.

    Args:
        answering: picklable, as are items and results.
        items: taken as they are needed.
        n_recordings: how many there are in all items.
        together: as in `Workers.in_order`.

    Raises:
        What answering raises, at the place of its item.
        WorkerError: a process has ended.
    """
    if n_recordings < MANY or recognizer.at_once == 1 or not _can_be_loaded_again(recognizer):
        yield from in_order(answering(recognizer), items, recognizer.at_once)
        return
    with workers(answering, recognizer, recognizer.at_once) as processes:
        yield from processes.in_order(items, together)


def workers(
    answering: Answering[Item, Result], recognizer: Recognizer, n: int
) -> Workers[Item, Result]:
    """Processes that each load the same model, from the zoo, for one thread."""
    load = partial(
        load_model,
        recognizer.name,
        recognizer.precision,
        zoo=recognizer.path.parents[1],
        threads=1,
    )
    return Workers(partial(_prepare, load, answering), n)


def _prepare(
    load: Callable[[], Recognizer], answering: Answering[Item, Result]
) -> Callable[[Item], Result]:
    return answering(load())


def _can_be_loaded_again(recognizer: Recognizer) -> bool:
    # Not a model from elsewhere, which has a process already; not a GPU, of which there is one.
    return recognizer.card is not None and recognizer.device == "CPU"
