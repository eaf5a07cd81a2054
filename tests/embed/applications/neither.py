from hello import other  # imported: not among the callables of the module


def main():
    pass


def web(environ, start_response):
    pass
