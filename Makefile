# Astro Nav: the few commands that matter. `make` alone lists them.
#
# With a ROS 2 distribution sourced they use it; without one they use .venv, which they make from PyPI.

PYTHON ?= python3
PROJECT = $(PYTHON) tools/project.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test clean

help:
	@echo 'make demo    drive a tour through the simulated home; the first call sets everything up'
	@echo '             MAP=path/to/map.yaml GOALS="x,y,yaw; x,y,yaw"   in another home, to other goals'
	@echo 'make test    build, run all tests, print the result'
	@echo 'make setup   only set everything up'
	@echo 'make clean   remove what these commands made'
	@echo
	@echo 'PYTHON=python3.12 chooses the interpreter (3.10 or newer).'

setup:
	@$(PROJECT) setup
