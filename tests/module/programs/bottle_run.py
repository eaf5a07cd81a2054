"""Bottle's own way to start a server."""

import bottle
import watched

app = bottle.Bottle()


@app.post('/<name>')
def hello(name):
    return f'{name}: {bottle.request.forms.word}'


bottle.run(watched.Middleware(app), server='wsgiref', host='127.0.0.1', port=0)
