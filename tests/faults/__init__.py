"""Faults. Planted in a copy of the source, one at a time: whether the checks
can tell, and which of them (test_faults.py, a part of script/test --long). And
allocations that fail, one at a time (test_no_memory.py).
"""
