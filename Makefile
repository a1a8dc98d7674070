# What can be done here, each in one command. Everything is kept in this folder (.venv, .servers) unless it says so.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SAY = @printf '%s\n'

.PHONY: help demo demo-wiki test test-quick servers lint types docs screenshots dist deb deb-try constraints bench
.PHONY: reloads first-entry torture soak clean

help:
	$(SAY) "make demo        see it work: an IRC server, a wiki and the bot on this machine (Python alone, no root)" \
	       "make demo-wiki   the same with a real MediaWiki and a real IRC server (Debian; installs them, as root)" \
	       "make test        every test, also against the real servers, and coverage (Debian; installs them, as root)" \
	       "make test-quick  the tests of the rooms that do no I/O: less than a minute" \
	       "make lint types  ruff and mypy" \
	       "make docs        the documentation, into docs/_build/index.html" \
	       "make screenshots takes the pictures of the documentation anew (chromium)" \
	       "make dist        wheel and sdist of the last commit, into dist; tried in a virtual environment of their own" \
	       "make deb         a Debian package of the last commit, with its own libraries, into dist (Debian 12)" \
	       "make deb-try     installs, upgrades and purges that package in a Debian of its own (as root)" \
	       "make constraints writes down the versions of the libraries that are in .venv: constraints.txt" \
	       "make bench       speed and memory, side by side; REPLAY=FILE also types a log of years anew" \
	       "make reloads     a hundred reloads while people log, and no line may be lost" \
	       "make first-entry a stopwatch: from the first command to an entry on a wiki, at the speed of a person" \
	       "make torture     everything goes wrong, and nothing may be lost: docs/torture.rst" \
	       "make soak        half an hour over a bad line to a real IRC server, and nothing may be missed" \
	       "make clean       removes .venv, .servers and what the tools left in this folder"

demo: $(VENV)/.run
	@$(BIN)/labsbot demo $(ARGS)

demo-wiki: $(VENV)/.tests servers
	@$(BIN)/python -m tests.servers.demo_wiki $(ARGS)

# Compiled tests are kept, whatever the environment says: to compile them anew takes longer than many of them, in each of
# the processes that run them; and so it is with labsbot in each command that is started.
test test-quick: export PYTHONDONTWRITEBYTECODE =

# What is slow is not watched: much of it measures its own processor time, and coverage.py makes it half as slow again.
# With ARGS it is only some of the tests, whose coverage would say nothing. Each process begins with a part of its own, so
# that few servers of a module are started twice, and takes of the other's when it has no more (worksteal).
test: $(VENV)/.test-servers
ifeq ($(ARGS),)
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 3 --dist worksteal -m "not slow"
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
else
	$(BIN)/python -m pytest $(ARGS)
endif

# The rooms that do no I/O; of others, nothing is even collected. What meets a server says so in its name, or by its mark.
QUICK = $(addprefix tests/,chat config desk formats importing people text wikitext)

test-quick: $(VENV)/.tests
	$(BIN)/python -m pytest -n 2 -m "not servers and not slow and not processes" --hypothesis-profile=quick --ignore-glob="*/test_*_on_*.py" $(QUICK) $(ARGS)

servers:
	@$(PYTHON) -m tests.servers.install
	@$(PYTHON) -m tests.servers.unpacked

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The directives of the documentation are of Sphinx's types.
types: $(VENV)/.tests $(VENV)/.docs
	$(BIN)/mypy

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W -q -b html docs docs/_build
	@$(BIN)/python -m release.links docs/_build
	$(SAY) "Open docs/_build/index.html in a browser."

screenshots: $(VENV)/.run
	@$(BIN)/python -m release.screenshots

dist: $(VENV)/.dist
	@$(BIN)/python -m release.dist $(ARGS)

deb: $(VENV)/.dist
	@$(BIN)/python -m release.deb

deb-try: $(VENV)/.dist
	@$(BIN)/python -m release.deb_try

constraints: $(VENV)/.test-servers
	$(BIN)/python -m release.constraints > constraints.new && mv constraints.new constraints.txt

bench: $(VENV)/.tests servers
	@$(BIN)/python -m bench $(ARGS)
	@$(BIN)/python -m bench $(ARGS) --wiki mariadb
	@$(BIN)/python -m bench.burst
	@$(BIN)/python -m bench.burst --wiki mariadb
	@$(BIN)/python -m bench.steady
	@$(BIN)/python -m bench.steady --wiki mariadb
	@$(BIN)/python -m bench.long_day
	@$(BIN)/python -m bench.large
	@$(BIN)/python -m bench.many
	$(if $(REPLAY),@$(BIN)/python -m bench.replay $(REPLAY))
	@$(BIN)/python -m bench.outage
	@$(BIN)/python -m bench.ping
	@$(BIN)/python -m bench.talk
	@$(BIN)/python -m bench.acceptance
	@$(BIN)/python -m bench.readers
	@$(BIN)/python -m bench.search
	@$(BIN)/python -m bench.pages
	@$(BIN)/python -m bench.http
	@$(BIN)/python -m bench.commands

reloads: $(VENV)/.tests
	@$(BIN)/python -m bench.reloads $(ARGS)

first-entry: $(VENV)/.tests servers
	@$(BIN)/python -m bench.first_entry

torture: $(VENV)/.tests servers
	@$(BIN)/python -m tests.torture $(ARGS)

soak: $(VENV)/.tests servers
	@$(BIN)/python -m tests.soak $(ARGS)

clean:
	rm -rf $(VENV) .servers .tox .coverage* .hypothesis .pytest_cache .mypy_cache .ruff_cache build dist docs/_build *.egg-info

# One virtual environment, filled as far as is needed, with the versions that constraints.txt names; made anew where one of
# the two changed.
$(VENV)/bin/python:
	$(SAY) "Making a virtual environment in $(VENV) and installing labsbot into it (half a minute, once) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "labsbot needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: apt install python3-venv"; exit 1; }

$(VENV)/.run: $(VENV)/bin/python setup.cfg constraints.txt
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[web]"
	@touch $@

$(VENV)/.tests: $(VENV)/bin/python setup.cfg constraints.txt
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[test,lint,types]"
	@touch $@ $(VENV)/.run

# What this brings must be compiled, so the Debian packages come first.
$(VENV)/.test-servers: $(VENV)/.tests setup.cfg constraints.txt | servers
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[test-servers,test-browser]"
	@touch $@

$(VENV)/.docs: $(VENV)/bin/python setup.cfg constraints.txt
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[web,docs]"
	@touch $@

$(VENV)/.dist: $(VENV)/bin/python setup.cfg constraints.txt
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dist]"
	@touch $@
