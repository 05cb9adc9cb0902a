"""One session over Streamlit's protocol, like that of a browser but without the browser."""

from __future__ import annotations

import time
import uuid
from typing import Any

import msgspec
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

from ser_core.reports.rows import AnswerRow

XSRF_COOKIE = "_streamlit_xsrf"


class Visitor:
    """Opens the Analyze page; `analyze` uploads a clip and returns the rows of its download.

    Attributes:
        traffic: everything that the server has sent to this session since the last `analyze`.
        last_run_s: how long the last run of the page or of a fragment took.
    """

    def __init__(self, address: str, timeout_s: float = 120.0, query: str = ""):
        self.address, self.timeout_s, self._query = address, timeout_s, query
        self._http = requests.Session()
        # The server ends idle connections after 5 s; a browser then simply opens another one.
        self._http.headers["Connection"] = "close"
        self._http.get(f"{address}/_stcore/health", timeout=timeout_s).raise_for_status()
        token = self._http.cookies[XSRF_COOKIE]
        self._http.headers["X-Xsrftoken"] = token
        self._socket = connect(
            address.replace("http", "ws", 1) + "/_stcore/stream",
            origin=address,
            subprotocols=["streamlit", token],  # the browser hides its token there
            additional_headers={"Cookie": f"{XSRF_COOKIE}={token}"},
            max_size=None,
        )
        self.traffic, self.last_run_s = b"", 0.0
        self._states: dict[str, WidgetState] = {}
        self._elements: dict[tuple[int, ...], Element] = {}
        self._session_id = self._fragment = ""
        self._forget = ""  # where to delete the file that was uploaded last
        self._run()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._http.close()

    def choose_file(self) -> None:
        """Switch the page to uploads."""
        self._choose("button_group", "Voice source", ["File"])

    def models(self) -> list[str]:
        """The models that the page offers, as `name, precision`."""
        return list(self._widget("multiselect", "Models to compare").options)

    def choose_models(self, names: list[str]) -> None:
        self._choose("multiselect", "Models to compare", names)

    def analyze(self, name: str, data: bytes) -> list[AnswerRow]:
        """Upload a clip; returns the rows that the page then offers as JSON, one per model."""
        self.traffic = b""
        state = WidgetState(id=self._widget("file_uploader").id)
        state.file_uploader_state_value.uploaded_file_info.append(self._upload(name, data))
        self._states[state.id] = state
        self._run()
        return msgspec.json.decode(self.download("(JSON)"), type=list[AnswerRow])

    def switch(self, label: str) -> None:
        """Turn a toggle on."""
        state = WidgetState(id=self._widget("checkbox", label).id)
        state.bool_value = True
        self._states[state.id] = state
        self._run()

    def html(self) -> str:
        """All HTML of ours on the page."""
        return "\n".join(element.html.body for element in self._elements.values())

    def run_fragment(self) -> None:
        """Run the fragment that runs by itself, as a browser does when its time has come."""
        assert self._fragment, "nothing runs by itself"
        self._run(self._fragment)

    def download(self, label: str) -> bytes:
        """The file behind the download button with these words in its label."""
        for element in self._elements.values():
            if label in element.download_button.label:
                url = self.address + element.download_button.url
                answer = self._http.get(url, timeout=self.timeout_s)
                answer.raise_for_status()
                return answer.content
        raise AssertionError(f"There is no download {label!r}. {self._complaints()}")

    def _choose(self, kind: str, label: str, values: list[str]) -> None:
        state = WidgetState(id=self._widget(kind, label).id)
        state.string_array_value.data.extend(values)
        self._states[state.id] = state
        self._run()

    def _widget(self, kind: str, label: str = "") -> Any:
        for element in self._elements.values():
            if element.WhichOneof("type") == kind and label in getattr(element, kind).label:
                return getattr(element, kind)
        raise AssertionError(f"There is no {kind} {label!r}. {self._complaints()}")

    def _complaints(self) -> str:
        """The alerts and exceptions on the page."""
        kinds = ("alert", "exception")
        elements = (e for e in self._elements.values() if e.WhichOneof("type") in kinds)
        return " ".join(str(element) for element in elements)

    def _upload(self, name: str, data: bytes) -> Any:
        ask = BackMsg()
        ask.file_urls_request.request_id = uuid.uuid4().hex
        ask.file_urls_request.file_names.append(name)
        ask.file_urls_request.session_id = self._session_id
        self._socket.send(ask.SerializeToString())
        message = self._next()
        while message.WhichOneof("type") != "file_urls_response":
            message = self._next()
        (urls,) = message.file_urls_response.file_urls
        answer = self._http.put(
            self.address + urls.upload_url, files={"file": (name, data)}, timeout=self.timeout_s
        )
        answer.raise_for_status()
        if self._forget:  # as a browser does with a file that was replaced
            self._http.delete(self.address + self._forget, timeout=self.timeout_s)
        self._forget = urls.delete_url
        info = WidgetState().file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(data), urls.file_id
        info.file_urls.CopyFrom(urls)
        return info

    def _run(self, fragment: str = "") -> None:
        """Run the page or a fragment with the current widget states, and collect its elements."""
        began = time.monotonic()
        ask = BackMsg()
        ask.rerun_script.query_string = self._query
        ask.rerun_script.fragment_id = fragment
        ask.rerun_script.is_auto_rerun = bool(fragment)
        ask.rerun_script.widget_states.widgets.extend(self._states.values())
        self._socket.send(ask.SerializeToString())
        finished = False
        while not finished:
            message = self._next()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._session_id = message.new_session.initialize.session_id
                if not fragment:
                    self._elements = {}
            elif kind == "auto_rerun":
                self._fragment = message.auto_rerun.fragment_id
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                path = tuple(message.metadata.delta_path)
                self._elements[path] = message.delta.new_element
            # A run that requests a rerun reports so, and the rerun follows.
            finished = kind == "script_finished" and message.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
            )
        self.last_run_s = time.monotonic() - began

    def _next(self) -> ForwardMsg:
        data = self._socket.recv(self.timeout_s)
        assert isinstance(data, bytes)
        self.traffic += data
        message = ForwardMsg()
        message.ParseFromString(data)
        return message
