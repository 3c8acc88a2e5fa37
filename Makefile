# Astro Nav: the few commands that matter. `make` alone lists them.
#
# With a ROS 2 distribution sourced they use it; without one they use .venv, which they make from PyPI.

PYTHON ?= python3
# Whatever the user writes reaches the programs through the environment, where no shell takes quotes or blanks apart.
export MAP GOALS
PROJECT = $(PYTHON) tools/project.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test clean check-python

help:
	@echo 'make demo    drive a tour through the simulated home; the first call sets everything up'
	@echo '             MAP=path/to/map.yaml GOALS="x,y,yaw; x,y,yaw"   in another home, to other goals'
	@echo '             ARGS="..."      more options, listed by: .venv/bin/astro-nav demo --help'
	@echo 'make test    build, run all tests, print the result'
	@echo '             ARGS="-m long"  the long ones; any arguments of pytest'
	@echo 'make setup   only set everything up'
	@echo 'make clean   remove what these commands made, but for runs/'
	@echo
	@echo 'PYTHON=python3.12 chooses the interpreter (3.10 or newer).'

setup: check-python
	@$(PROJECT) setup

demo: check-python
	@$(PROJECT) demo $${MAP:+--map="$$MAP"} $${GOALS:+--goals="$$GOALS"} $(ARGS)

test: check-python
	@$(PROJECT) test $(ARGS)

clean:
	rm -rf .venv .venv.lock .venv.log build install log

check-python:
	@command -v $(PYTHON) > /dev/null || { echo 'There is no $(PYTHON) on this machine. Install one with: sudo apt-get install python3 python3-venv' >&2; exit 1; }
