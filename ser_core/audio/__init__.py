"""From the bytes of a file to samples.

clip            a `Clip`: mono float32 at 16 kHz
decoding        any audio format to blocks of samples, within limits
encoding        samples to a WAV or FLAC file
distortions     telephone, babble, noise, room
pitch           how high a voice is, at any moment
voice_activity  is anybody speaking
"""
