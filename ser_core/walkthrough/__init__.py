"""What the walkthrough computes: the insides of the pipeline, made visible. No page in here.

short_time       frames, windows and the spectrogram before the mel bands
feature_maps     what each block of the running network makes of a model window
occlusion        hide a region of the window and watch the probability
weights          the weights of a layer as its IR stores them
voice_variation  a voice faster, higher, noisier: augmentation to listen to
gallery          the mean spectrogram of each emotion, female and male
left_out_take    one take in training, the other in the test
pitch            pitch and MFCC by librosa, imported only when they are asked for
"""
