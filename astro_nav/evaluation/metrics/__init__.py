"""What an episode was worth, measured from the executed motion alone. docs/metrics.md says what each figure means."""

from astro_nav.evaluation.metrics.definitions import METRICS, Metric, get_metric
from astro_nav.evaluation.metrics.row import describe_crash, measure_episode
from astro_nav.evaluation.metrics.summary import drop_timing, summarize

__all__ = ["METRICS", "Metric", "describe_crash", "drop_timing", "get_metric", "measure_episode", "summarize"]
