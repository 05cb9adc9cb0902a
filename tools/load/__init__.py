"""Many visitors at once on one server: `make load`.

visitor   one session over Streamlit's protocol, like that of a browser
run       visitors at once, and one after the other; their waits, results and costs
"""
