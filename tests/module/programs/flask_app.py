"""For `flask run`."""

import flask
import watched

app = flask.Flask(__name__)
app.wsgi_app = watched.Middleware(app.wsgi_app)


@app.post('/<name>')
def hello(name):
    return f'{name}: {flask.request.form["word"]}'
