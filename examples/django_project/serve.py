"""A Django project: a guest book with SQLite, admin site and static files.

    script/server examples/django_project/serve.py

The first run creates the database and the user "admin", password "admin".
"""

import sys

from config.wsgi import application  # first: it sets Django up
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection

call_command("migrate", verbosity=0)

User = get_user_model()
if not User.objects.exists():
    User.objects.create_superuser("admin", password="admin")
    print(
        'Created the demonstration user "admin" with the password "admin":'
        " log in at /admin/",
        file=sys.stderr,
    )

connection.close()  # SQLite forbids to take one over into a process of --fork
