"""A page of the app without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
START = "streamlit_app.py"
TIMEOUT_S = 90
SYNTHETIC_AT_ONCE = {"begin": "analysis", "sample group": "Synthetic"}
"""State of a session that skips the question of Analyze and sees a voice of no corpus."""


def open_page(
    file: str = START,
    query: dict[str, str] | None = None,
    state: dict[str, object] | None = None,
    secrets: dict[str, object] | None = None,
) -> AppTest:
    """A page, opened cold: nobody has been at another one before.

    Args:
        file: `START`, or as `pages/live.py`.
        query: what stands behind the `?` of the address.
        state: of the session, before the page runs.
        secrets: as `st.secrets` gives them.
    """
    app = AppTest.from_file(str(ROOT / START), default_timeout=TIMEOUT_S)
    for key, value in (query or {}).items():
        app.query_params[key] = value
    for key, value in (state or {}).items():
        app.session_state[key] = value
    for key, value in (secrets or {}).items():
        app.secrets[key] = value
    if file != START:
        app.switch_page(file)
    app.run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    """What is written on the page, but for titles, tables and errors."""
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning]
    return "\n".join(block.value for block in blocks)
