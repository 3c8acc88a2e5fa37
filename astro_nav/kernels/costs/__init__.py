"""The terms of the local planner's cost, one per file; each adds to its own row and says what it means.

All work on a block [first, last) of candidates in arrays `(T, K)`, right after their rollout, while it is in the cache.
Costs are in metres of progress: a term of 0.1 is worth a detour of 0.1 m.
"""
