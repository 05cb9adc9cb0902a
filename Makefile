PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check clean

run: $(VENV)/app  ## start the app on http://localhost:8501
	$(BIN)/streamlit run streamlit_app.py --server.port 8501

test: $(VENV)/dev  ## the whole suite; set SER_DATA to a folder of corpora to test on real speech too
	$(BIN)/python -m pytest

check: $(VENV)/dev  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV)

$(VENV)/app: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/dev: $(VENV)/app requirements-dev.txt
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	touch $@
