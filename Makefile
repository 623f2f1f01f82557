# Needs Python 3.11 or later and nothing else. Another Python: make report PYTHON=/path/to/python
PYTHON ?= $(shell command -v python3 || command -v python || echo python3)
VENV := .venv
# EXTRAS=dev,spark tests the cluster's engine too, where there is Java.
EXTRAS ?= dev
BIN := $(VENV)/bin

report: $(VENV)/.installed  ## run the sample study; the last line says where its report is
	@$(BIN)/cjm run coffee-maker --as-of 2026-09-30  # so that there is a month to compare with
	@$(BIN)/cjm run coffee-maker

lab: $(VENV)/.installed  ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

test: $(VENV)/.installed-dev  ## run every check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadscope \
	    --no-loadscope-reorder

clean:  ## remove the environment; data and reports stay
	rm -rf $(VENV)

lock:  ## for maintainers, with uv: choose new versions within the ranges of pyproject.toml
	uv pip compile pyproject.toml --universal --all-extras --upgrade --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet \
	    --output-file requirements.lock
	sed -e '/^ *--hash/d' -e 's/ \\$$//' requirements.lock > constraints.txt

# Installed again only when the stamps are older than what they were installed from.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "CJM Lab needs Python 3.11 or later; $(PYTHON) is not that." \
	        "Name one with: make report PYTHON=/path/to/python" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) lacks venv. On Debian or Ubuntu install it with:" \
	        "sudo apt-get install" \
	        "$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; \
	    exit 2; }
	@echo "Installing CJM Lab into $(VENV): some minutes the first time ..."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	    -e '.[$(EXTRAS)]'
	@touch $@

.PHONY: report lab test clean lock
