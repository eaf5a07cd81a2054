"""A Falcon application: resources, media, converters, errors as JSON.

    script/server examples/falcon_app.py
"""

import re
from collections import Counter

import falcon


class Index:
    def on_get(self, request, response):
        response.media = {"words": "/words", "square": "/squares/7"}


class Square:
    def on_get(self, request, response, number):
        response.media = {"number": number, "square": number**2}


class Words:
    """Counts the words of a text, which is sent as JSON or as it is."""

    def on_get(self, request, response):
        response.content_type = falcon.MEDIA_TEXT
        response.text = "POST a text here.\n"

    def on_post(self, request, response):
        """curl --json '{"text": "a rose is a rose"}' .../words"""
        if request.content_type == falcon.MEDIA_JSON:
            text = self.text_of(request.get_media())
        else:
            text = request.bounded_stream.read().decode("utf-8", "replace")
        words = Counter(re.findall(r"\w+", text.lower()))
        most = request.get_param_as_int("most", min_value=1, default=3)
        response.status = falcon.HTTP_201
        response.media = {
            "words": words.total(),
            "most": dict(words.most_common(most)),
        }

    @staticmethod
    def text_of(media):
        match media:
            case {"text": str(text)}:
                return text
        raise falcon.HTTPUnprocessableEntity(
            title="No text", description='Expected {"text": "..."}.'
        )


class Lines:
    """A streaming answer: Falcon takes any iterable of bytes."""

    def on_get(self, request, response, count):
        response.content_type = falcon.MEDIA_TEXT
        response.stream = (b"%d\n" % line for line in range(1, count + 1))


app = falcon.App()
app.add_route("/", Index())
app.add_route("/squares/{number:int}", Square())
app.add_route("/words", Words())
app.add_route("/lines/{count:int(min=1, max=100000)}", Lines())
