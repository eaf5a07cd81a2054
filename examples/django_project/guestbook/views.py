from django.forms import modelform_factory
from django.shortcuts import redirect, render

from .models import Entry

EntryForm = modelform_factory(Entry, fields=["name", "message"])


def guest_book(request):
    form = EntryForm(request.POST or None)
    if form.is_valid():
        form.save()
        return redirect("guest-book")
    entries = Entry.objects.all()
    return render(
        request, "guestbook/entries.html", {"form": form, "entries": entries}
    )
