"""From the bytes of a file to samples.

clip            a `Clip`: mono float32 at 16 kHz
decoding        any audio format to one waveform, within limits
containers      any audio format to blocks of samples
headers         files that hold more than their headers state
channels        several channels become one
encoding        samples to a WAV or FLAC file
distortions     telephone, babble, noise, room
pitch           how high a voice is, at any moment
voice_activity  where somebody speaks
"""
