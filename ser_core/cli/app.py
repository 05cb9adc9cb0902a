"""`app`: start the app."""

from __future__ import annotations

from typing import Annotated

import typer

from ser_core.runtime.places import APP


def app(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the server.", show_default="8501")
    ] = None,
) -> None:
    """Start the app and open it in a browser.

    Streamlit's environment variables apply, such as STREAMLIT_SERVER_HEADLESS=true for no browser.
    """
    from streamlit.web.cli import main  # no other command needs it, or waits for it

    # The settings in .streamlit/config.toml are read from beside the script, wherever this runs.
    main(["run", str(APP), *([f"--server.port={port}"] if port else [])], prog_name="streamlit")
