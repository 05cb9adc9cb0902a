"""Fit the voice map of a model of the zoo again, and write it beside its card; `convert` does, too.

    SER_DATA=DATA python -m tools.voice_map whisper se-resnet

The map is fitted on the embeddings of spoken RAVDESS clips of the model's training actors, and
drawn with those of its test actors, on whom nothing was fitted. It needs only the IR.
"""

from __future__ import annotations

import sys

from ser_core.corpora.readers import default_data
from ser_core.training.voice_map_fit import NEIGHBORS, neighbors_agree, write_voice_map

if __name__ == "__main__":
    for model in sys.argv[1:]:
        drawn = write_voice_map(model, default_data())
        print(
            f"{model}: {len(drawn.points)} voices of actors {sorted(set(drawn.speakers))}; the "
            f"{NEIGHBORS} nearest agree with {neighbors_agree(drawn):.1%} (chance 12.5 %)",
            flush=True,
        )
