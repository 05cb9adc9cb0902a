"""Many people at once on one server: `make load`.

visitor   one session over Streamlit's own protocol, as a browser would hold it
run       visitors at once, and one after the other; what they waited, got and cost
"""
