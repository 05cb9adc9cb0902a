"""The pages beside Analyze (`streamlit_app.py`): one file each, `pages/live.py` is `/live`."""
