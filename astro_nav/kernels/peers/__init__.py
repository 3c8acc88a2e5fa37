"""Kernels of the planners that this one is compared with: a dynamic window and path integrals."""
