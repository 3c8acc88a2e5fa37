"""Part of tf_transformations."""
