"""Whether the checks can tell: faults planted in a copy of the source, one at
a time, and what finds them. Part of script/test --long.
"""
