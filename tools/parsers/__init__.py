"""What script/parsers is made of: each parser of the chain against Python's
own, in one process, on texts made up at random."""
