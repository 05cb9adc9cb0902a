"""`ser_core.models.zoo`, for programs that import `ser_core.zoo`."""

from ser_core.models.card import ModelCard
from ser_core.models.zoo import list_models, load_model, read_zoo

__all__ = ["ModelCard", "list_models", "load_model", "read_zoo"]
