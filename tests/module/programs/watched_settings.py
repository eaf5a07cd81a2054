"""The settings of the Django example, watched."""

from config.settings import *
from config.settings import MIDDLEWARE

MIDDLEWARE = ['watched.django', *MIDDLEWARE]
