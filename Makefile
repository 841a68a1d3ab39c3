# Two ways in: `make run` serves, `make test` checks. Both set up what they need and reuse it the next time.

PYTHON ?= python3
BIN := .venv/bin
PORT ?= $(or $(ASSISTANT_SERVER__PORT),8000)

.PHONY: run test check chromium firefox clean

run: .venv/installed
	@ASSISTANT_SERVER__PORT=$(PORT) $(BIN)/clinic-assistant serve

test: .venv/installed-dev node_modules/.package-lock.json chromium firefox
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm run --silent check
	$(BIN)/pytest --cov --cov-report=term

check: test

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.11, 3.12 or 3.13 is needed; say which with PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

# torch comes first and by itself: asked for by a resolver, it would bring gigabytes of CUDA packages.
.venv/torch: .venv/bin/python
	$(BIN)/pip install --quiet torch==2.13.0
	@touch $@

.venv/installed: .venv/torch pyproject.toml
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/installed-dev: .venv/torch pyproject.toml
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@ .venv/installed

# Only the check of the widget's types needs node; nothing of it is shipped.
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --silent --no-audit --no-fund
	@touch $@

chromium:
	@command -v chromium >/dev/null || { \
		echo "Installing Chromium from Debian for the browser tests."; \
		{ apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1; \
		command -v chromium >/dev/null; \
	} || { echo "The browser tests need Chromium and it may not be installed here: apt-get install chromium, as root."; exit 1; }

firefox:
	@command -v firefox-esr >/dev/null || { \
		echo "Installing Firefox from Debian for one more walk through the widget."; \
		apt-get install -y -qq firefox-esr >/dev/null 2>&1; \
	} || echo "Firefox may not be installed here; its walk is skipped."

clean:
	rm -rf .venv data node_modules
