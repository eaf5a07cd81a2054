"""A Bottle application: a shopping list with a page, a form and JSON.

    script/server examples/bottle_app.py
"""

import fcntl
import json
import tempfile
from contextlib import contextmanager

from bottle import Bottle, abort, redirect, request, response, template

PAGE = """\
<!doctype html>
<html lang="en">
<title>Shopping list</title>
<h1>Shopping list</h1>
<ul>
% for item in items:
  <li>{{item}}</li>
% end
</ul>
<form method="post">
  <label>Item <input name="item" required></label>
  <button>Add</button>
</form>
</html>
"""

app = Bottle()

# With --fork each request runs in a process of its own, which takes its
# variables with it when it ends; a file remains, until the server ends.
file = tempfile.NamedTemporaryFile("w")
file.write('["bread", "milk"]')
file.flush()


@contextmanager
def shopping_list():
    """The items, to look at or to change; other requests wait meanwhile."""
    with open(file.name, "r+") as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        items = json.load(mine)
        yield items
        mine.seek(0)
        mine.truncate()
        json.dump(items, mine)


@app.get("/")
def page():
    with shopping_list() as items:
        return template(PAGE, items=items)


@app.post("/")
def add_from_form():
    with shopping_list() as items:
        items.append(request.forms.getunicode("item"))
    redirect("/")


@app.get("/items")
def list_items():
    with shopping_list() as items:
        return {"items": items}  # Bottle answers a dict as JSON


@app.delete("/items/<index:int>")
def remove(index):
    """curl -X DELETE http://127.0.0.1:8000/items/0"""
    with shopping_list() as items:
        if index >= len(items):
            abort(404, "There is no such item.")
        del items[index]
    response.status = 204
