"""The zoo under the name by which others import it; it lies in `ser_core.models.zoo`."""

from ser_core.models.card import ModelCard
from ser_core.models.zoo import list_models, load_model, read_zoo

__all__ = ["ModelCard", "list_models", "load_model", "read_zoo"]
