"""What BaseHandler leaves open, in Python: to be mixed over it."""

import io


class Rest:

    def __init__(self, variables):
        super().__init__()
        self.variables = variables
        self.out, self.errors = [], io.StringIO()

    def _write(self, data):
        self.out.append(bytes(data))

    def _flush(self):
        self.out.append(b'|')

    def get_stdin(self):
        return io.BytesIO(b'body')

    def get_stderr(self):
        return self.errors

    def add_cgi_vars(self):
        self.environ.update(self.variables)
