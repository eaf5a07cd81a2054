"""A FastAPI application: parameters, a checked JSON body, a streaming answer.

    script/server examples/fastapi_app.py

FastAPI speaks ASGI; a2wsgi, or else asgi_adapter.py, translates.
"""

import asyncio
import functools
import os

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

try:
    from a2wsgi import ASGIMiddleware
except ImportError:
    from asgi_adapter import ASGIMiddleware

api = FastAPI(title="FastAPI on cwsgiref")


@functools.cache
def middleware(process):
    """Has a thread, which a process of --fork would not take over."""
    return ASGIMiddleware(api)


def application(environ, start_response):
    return middleware(os.getpid())(environ, start_response)


class Order(BaseModel):
    item: str
    price: float = Field(gt=0)
    count: int = Field(default=1, gt=0)


@api.get("/")
async def index():
    return {"message": "Hello, world!"}


@api.get("/repeat/{count}")
async def repeat(count: int, word: str = "hello"):
    """The path gives one parameter, the query another: /repeat/3?word=hi"""
    return {"words": [word] * count}


@api.post("/orders", status_code=201)
def add_up(order: Order):  # not async: FastAPI calls it in a worker thread
    """curl --json '{"item": "tea", "price": 2.5}' .../orders"""
    return {"item": order.item, "total": order.price * order.count}


@api.get("/stream")
async def stream(lines: int = 10):
    """curl -N 'http://127.0.0.1:8000/stream?lines=20'"""

    async def count():
        for number in range(1, lines + 1):
            yield f"{number}\n"  # the server sends each block at once
            await asyncio.sleep(0.1)

    return StreamingResponse(count(), media_type="text/plain")
