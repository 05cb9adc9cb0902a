"""From samples to what a network takes, and the same as a picture.

log_mel            the log-mel spectrogram: one definition for everything
model_windows      fixed windows of it, evened out in level
spectrogram_image  log-mel to PNG and back; spectrogram pictures from elsewhere
color_maps         level to color and back
"""
