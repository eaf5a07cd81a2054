def app(environ, start_response):
    pass


def application(environ, start_response):
    pass
