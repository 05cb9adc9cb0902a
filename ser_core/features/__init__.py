"""From samples to what a network takes, and the same as a picture.

log_mel            the log-mel spectrogram: one definition for everything
spectrogram        a log-mel spectrogram: level, sounding part, model windows
mfcc               the shape of each spectrum in a dozen numbers
source             bytes with a name, decoded once for any number of models
spectrogram_image  log-mel to PNG and back; spectrogram pictures from elsewhere
color_maps         level to color and back
"""
