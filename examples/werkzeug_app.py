"""A Werkzeug application: URL map, request, response, HTTP exceptions, files.

    script/server examples/werkzeug_app.py

It is what Werkzeug's development server runs, without its debugger.
SharedDataMiddleware serves this file itself.
"""

from calendar import HTMLCalendar

from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

INDEX = """\
<!doctype html>
<html lang="en">
<title>Calendars</title>
<h1>A calendar</h1>
<form method="post">
  <label>Year <input type="number" name="year" value="2000"></label>
  <label>Month <input type="number" name="month" value="1"></label>
  <button>Show</button>
</form>
<p><a href="/source">How it is made</a></p>
</html>
"""

MONTH = """\
<!doctype html>
<html lang="en">
<title>Calendar</title>
{calendar}
<p><a href="{index}">Another one</a></p>
</html>
"""


class Calendars:
    urls = Map(
        [
            Rule("/", endpoint="index", methods=["GET"]),
            Rule("/", endpoint="choose", methods=["POST"]),
            Rule(
                "/<int(min=1, max=9999):year>/<int(min=1, max=12):month>",
                endpoint="month",
                methods=["GET"],
            ),
        ]
    )

    @Request.application
    def __call__(self, request):
        """Each endpoint is a method; an HTTPException is a response, too."""
        urls = self.urls.bind_to_environ(request.environ)
        try:
            endpoint, arguments = urls.match()
            return getattr(self, endpoint)(request, urls, **arguments)
        except HTTPException as exception:
            return exception

    def index(self, request, urls):
        return Response(INDEX, mimetype="text/html")

    def choose(self, request, urls):
        year = request.form.get("year", type=int)
        month = request.form.get("month", type=int)
        if year is None or month is None:
            raise BadRequest("A calendar needs a year and a month.")
        return redirect(urls.build("month", {"year": year, "month": month}))

    def month(self, request, urls, year, month):
        calendar = HTMLCalendar().formatmonth(year, month)
        page = MONTH.format(calendar=calendar, index=urls.build("index"))
        response = Response(page, mimetype="text/html")
        response.add_etag()
        return response.make_conditional(request)


application = SharedDataMiddleware(Calendars(), {"/source": __file__})
