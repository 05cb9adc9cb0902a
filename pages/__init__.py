"""The pages: one file each, `pages/live.py` is `/live`; that at `/`, Analyze, is `pages/home/`."""
