"""Typed, validated parameters. Meaning lives in frozen dataclasses here, values live in config/*.yaml."""
