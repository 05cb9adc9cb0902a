"""A model: its labels, its signature, its card and its predictions.

labels       the emotions and tasks
signature    a network's inputs and outputs
card         a model described as data: the types of card.json
zoo          the models that come with SER Lab, by name
recognizer   IR + signature: Clip to Prediction, from any thread
many         many recordings on all cores, by threads or processes
speaker      what a model has learned of one voice; its JSON file
prediction   label, probabilities, status, emotion over time
segments     the emotion of each stretch of a long recording
sound_check  is there enough sound to classify
foreign_ir   IRs of unknown origin, in a separate process with limits
"""
