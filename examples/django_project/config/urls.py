from django.contrib import admin
from django.urls import path

from guestbook.views import guest_book

urlpatterns = [
    path("", guest_book, name="guest-book"),
    path("admin/", admin.site.urls),
]
