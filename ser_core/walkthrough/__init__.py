"""What the walkthrough computes: the pipeline from the inside. No page code.

short_time       frames, windows and the spectrogram before the mel bands
feature_maps     the output of each block of the network for a model window
occlusion        hide a region of the window and watch the probability
weights          the weights of a layer as its IR stores them
voice_variation  a voice faster, higher, noisier: augmentation to listen to
knobs            pitch, tempo, level, noise and telephone turned, and where the answer flips
gallery          the mean spectrogram of each emotion, female and male
moods            one sentence in several moods: pitch, level and answer
voice_map        embeddings as points of a map, and the nearest voices
left_out_take    one take in training, the other in the test
"""
