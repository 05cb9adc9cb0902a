"""A model: its labels, its contract, its card, and what it answers.

labels       the emotions and tasks
signature    what a network takes and gives
card         what the zoo knows about a model, as data: the types of card.json
zoo          the models that come with SER Lab, by name
recognizer   IR + signature: Clip to Prediction, from any thread
prediction   label, probabilities, status, emotion over time
sound_check  is there enough sound to classify
foreign_ir   IRs of unknown origin, in a process of their own with limits
"""
