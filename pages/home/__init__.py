"""The page at `/`, shown by `streamlit_app.py`; beside the others, it would be `/analyze`, too.

analyze  from a voice to its spectrogram and the models' predictions
"""
