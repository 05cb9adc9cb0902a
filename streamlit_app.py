"""The app: the page at `/`, Analyze, and what the server answers beside the pages.

`streamlit run` finds `app` here and serves it; Streamlit then runs this file once more for every
visit of `/`, as `__main__`. The other pages are the files of `pages/`.
"""

import streamlit as st

if __name__ == "__main__":
    from pages.home.analyze import show_page

    show_page()
else:
    from pages.shell.server.lifespan import lifespan
    from pages.shell.server.routes import routes

    app = st.App(__file__, lifespan=lifespan, routes=routes())
