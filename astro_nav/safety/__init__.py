"""The last word on every command: scan and trajectory -> verdict -> command; shares no code with the planners."""
