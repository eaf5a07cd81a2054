"""The tests. Python's run from the folder above, where "tests" is a package:

    CWSGIREF=build/study/cwsgiref \\
        python3 -m unittest -v tests/compare/test_compare.py
"""
