"""How fast the parts are, side by side with what others offer for the same work, in one run."""
