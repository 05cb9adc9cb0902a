"""Recorded corpora: what lies where, who says what, and who may be in which split.

utterance   one file and what its corpus says about it
readers     RAVDESS, EMO-DB, nEMO and others as utterances; any folder of recordings
cleaning    unreadable, silent, clipped, duplicate and too short files
download    fetch RAVDESS from Zenodo
protocols   named, deterministic splits into train, validation and test
"""
