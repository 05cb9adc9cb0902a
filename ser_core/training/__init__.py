"""From recordings to a model of the zoo; the only part that needs torch, onnx and nncf."""
