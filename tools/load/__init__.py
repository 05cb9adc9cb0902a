"""Many visitors at once on one server: `make load`.

visitor   one session over Streamlit's protocol, like that of a browser
votes     phones that vote, and how soon the projector shows it: `python -m tools.load.votes`
run       visitors at once, and one after the other; their waits, results and costs
"""
