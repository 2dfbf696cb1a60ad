# Everything a person needs; see README.md. Each target works on a bare clone.
SHELL := bash
PYTHON_BIN := .venv/bin/python

.PHONY: help run demo test check soak bench pictures format lock vendor clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 16

run: ## install if needed and start all of Beckon; Ctrl-C stops it
	@bin/bootstrap run && exec $(PYTHON_BIN) manage.py up

demo: ## the same on a folder of its own (var-demo), with 20,000 pretend phones
	@bin/bootstrap run && DATA_DIR=$${DATA_DIR:-var-demo} exec $(PYTHON_BIN) manage.py up --demo

test: ## all tests, on SQLite and PostgreSQL, with real Redis and Chromium
	@bin/bootstrap test && exec bin/test

check: ## style, types, architecture, templates, system checks, missing migrations
	@bin/bootstrap test && exec bin/check

# Tried there on ten times as many examples as on every day.
PROPERTIES := $(addprefix tests/,devices/audiences/test_rules.py devices/prompts/test_counts.py \
  devices/test_schema.py notifications/test_reach.py notifications/test_explain.py \
  notifications/api/test_schema.py notifications/fcm/test_frames.py \
  notifications/sandbox/test_any_request.py)
soak: ## random misfortunes, many seeds, both databases: SEEDS="1 2 3…"
	@bin/bootstrap test && export BECKON_HEAVY=1 BECKON_PROCESSES=$${PROCESSES:-2} && for db in sqlite postgres; do \
	  BECKON_SEEDS="$${SEEDS:-$$(seq -s ' ' 1 50)}" $(PYTHON_BIN) -m pytest --db $$db -q --timeout 3600 tests/notifications/test_heavy.py tests/notifications/test_schedule.py $(PROPERTIES) || exit 1; \
	done

bench: ## measure sending, side by side with others
	@bin/bootstrap test && exec $(PYTHON_BIN) manage.py bench

pictures: ## every page on contact sheets in var-pictures, and the README's pictures
	@bin/bootstrap test && exec $(PYTHON_BIN) -m tests.pictures

format: ## write the code the way `make check` wants it
	@bin/bootstrap test && $(PYTHON_BIN) -m ruff check --fix --quiet . ; $(PYTHON_BIN) -m ruff format .

lock: ## resolve requirements.in into requirements.txt
	@bin/bootstrap run && bin/lock

vendor: ## fetch the vendored style sheets, fonts, script and icons anew (needs npm)
	@sh bin/vendor

clean: ## remove what was installed; the folder var with its data stays
	rm -rf .venv .uv .bootstrap.lock .chromium .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './node_modules/*' -prune -exec rm -rf {} +
