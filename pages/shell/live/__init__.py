"""The Live page.

session     what one visitor's live recognition holds
connection  what the browser and the network allow, and what to tell the user if they do not
microphone  the microphone by WebRTC, or a recording where that cannot be
settings    models, window and smoothing, changed while it runs
view        the label, the meter, the river, and what can be kept of them
"""
