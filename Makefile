PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-quick check soak fuzz load audit lock licenses bench resolve hosting clean

run: $(VENV)/app  ## start the app on http://localhost:8501
	@echo "Starting the app on http://localhost:8501; Ctrl+C ends it."
	@$(BIN)/streamlit run streamlit_app.py --server.port 8501 --server.maxUploadSize 256

# Tests of one file stay together, since they share servers, trained networks and browsers; in the
# order of their folders, since the long files are the few with a browser.
PYTEST := $(BIN)/python -m pytest --numprocesses 3 --dist loadfile \
  --no-loadscope-reorder
test: $(VENV)/dev  ## the whole suite; set SER_DATA to a folder of corpora to test on real speech too
	$(PYTEST)

# The folders of tests that start no app, browser, installation or training.
QUICK := adaptation audio charts cli corpora evaluation features inference live models reports \
  runtime walkthrough test_imports.py test_rooms.py test_function_length.py test_readme.py \
  test_examples.py
test-quick: $(VENV)/dev  ## the computing half on synthetic voices: no pages, browser or training
	SER_DATA= $(PYTEST) -m "not training and not slow" $(QUICK:%=tests/%)

check: $(VENV)/dev  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: $(VENV)/dev  ## 20 minutes of live recognition with three models on one core
	$(BIN)/python -m tools.soak --minutes 20 --models 3 --core 0

CASES ?= 2000
fuzz: $(VENV)/dev  ## broken and hostile files and models through the app; CASES=20000 for more
	$(BIN)/python -m tools.fuzz --cases $(CASES)

load: $(VENV)/dev  ## 20 people at once on one server, and 500 analyses; needs a quiet machine
	$(BIN)/python -m tools.load

audit: $(VENV)/dev  ## known weaknesses of the locked packages; fails where it cannot find out
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements/app.lock.txt

lock: $(VENV)/dev  ## write the exact versions and hashes anew
	$(BIN)/uv pip compile $(LOCK) requirements.txt --output-file requirements/app.lock.txt
	$(BIN)/uv pip compile $(LOCK) requirements-dev.txt --output-file requirements/dev.lock.txt

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
  --custom-compile-command "make lock"

licenses: $(VENV)/dev  ## write docs/licenses.md anew
	$(BIN)/python -m tools.licenses

bench: $(VENV)/dev  ## time every model, PyTorch, ONNX Runtime and the path of 2020; needs a quiet machine
	$(BIN)/python -m ser_core benchmark

resolve: $(VENV)/dev  ## every requirement has wheels for each Python that hosts offer
	for version in 3.11 3.12 3.13; do \
	  $(BIN)/pip install --quiet --dry-run --ignore-installed --only-binary=:all: \
	    --python-version $$version --target $(VENV)/nowhere \
	    --requirement requirements.txt --requirement requirements/serving.txt \
	    && echo "Python $$version: all wheels found" || exit 1; \
	done

hosting: $(VENV)/dev  ## the app with requirements.txt alone, on one core with 1 GB, nothing writable
	$(BIN)/python -m tools.hosting

clean:
	rm -rf $(VENV)

$(VENV)/app: requirements.txt
	@echo "Installing what the app needs into $(VENV), about a minute…"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/dev: $(VENV)/app requirements-dev.txt requirements/serving.txt requirements/train.txt
	@echo "Installing what training, tests and checks need into $(VENV), a few minutes…"
	@$(BIN)/pip install --quiet --requirement requirements-dev.txt
	@touch $@
