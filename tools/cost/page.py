"""The tree in a page, between two comments."""

BEGIN, END = '<!-- cost -->\n', '<!-- /cost -->'


def write(path, report):
    """Puts the report in the place of the one that the page has."""
    text = path.read_text(encoding='utf-8')
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise RuntimeError(f'{path} has no lines <!-- cost --> and '
                           '<!-- /cost -->')
    tree = '\n'.join(report)
    path.write_text(f'{before}{begin}```text\n{tree}\n```\n{end}{after}',
                    encoding='utf-8')


def read(path):
    """The lines of the report in the page."""
    text = path.read_text(encoding='utf-8')
    shown = text.partition(BEGIN)[2].partition(END)[0]
    return shown.removeprefix('```text\n').removesuffix('\n```\n').split('\n')
