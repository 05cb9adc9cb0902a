"""From recordings to a model of the zoo; the only part that needs torch, onnx and nncf.

recipe            how a network is trained, as a checkpoint keeps it
networks          the architectures
workspace         where a training works: corpora, feature cache, runs, device
features_cache    log-mels of a corpus, computed once
clips             a part of a split in memory
augment           variations that do not change the emotion
copies            varied copies of clips that networks and folds share
pretrained        weights that others trained and published
embedding_cache   what a frozen network makes of clips, computed once
low_rank          a pretrained encoder, changed a little
head_fit          a linear head: logistic regression, strongly regularized
head_training     a training where the encoder stays frozen
teachers          trained networks whose answers a student learns
train             the loop
run               from a folder of corpora to a checkpoint
checkpoint        what a run leaves behind: recipe, averaged weights, curves
calibration       temperature and threshold by validation, ranges for INT8
cross_validation  a recipe for every fold or seed, and its figures in a card
ablation          what each part of a recipe is worth, and which recipe to choose
convert           PyTorch to ONNX to OpenVINO IR
quantization      INT8 with accuracy control
verification      every step held against PyTorch
waveform_ir       an IR with the front end inside
front_end         level and log-mel in PyTorch
operations        what became of the operations on the way
voice_map_fit     where a converted network puts voices that it never heard
packaging         a checkpoint becomes a model of the zoo
rivals            what the benchmark compares with
images            spectrograms and waveforms as pictures
"""
