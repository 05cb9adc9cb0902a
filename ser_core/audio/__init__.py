"""From the bytes of a file to samples.

clip            a `Clip`: mono float32 at 16 kHz
decoding        any audio format to blocks of samples, within limits
distortions     telephone, babble, noise, room
voice_activity  where somebody speaks
"""
