"""A Bottle application: a shopping list with a page, a form and JSON.

    script/server examples/bottle_app.py
"""

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
items = ["bread", "milk"]


@app.get("/")
def page():
    return template(PAGE, items=items)


@app.post("/")
def add_from_form():
    items.append(request.forms.getunicode("item"))
    redirect("/")


@app.get("/items")
def list_items():
    return {"items": items}  # Bottle answers a dict as JSON


@app.delete("/items/<index:int>")
def remove(index):
    """curl -X DELETE http://127.0.0.1:8000/items/0"""
    if index >= len(items):
        abort(404, "There is no such item.")
    del items[index]
    response.status = 204
