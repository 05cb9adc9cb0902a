"""What the server answers beside the pages: light routes, without a session of Streamlit.

routes      all of them
lifespan    what happens when the server starts and ends
predict     `POST /api/predict`: a file in, the prediction out
vote        `/vote`: the page of a phone, its vote, its news
body        the file in a request, within limits
"""
