"""`astro-nav demo`: starts simulator and stack as separate processes, sends a tour of goals, measures, records, reports."""
