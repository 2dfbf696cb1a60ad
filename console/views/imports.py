"""Phones from a file, for those who move here: up to what an upload may have. Larger files go
through `manage.py import_devices`."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from console.templatetags.beckon import kb
from console.uploads import TooLargeFile
from console.views.gate import address, requires
from devices import imports
from notifications import audit
from notifications.images import UPLOAD_MAX_BYTES

FAILURES_SHOWN = 500


class ImportForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text=f"CSV or JSON lines, up to {kb(UPLOAD_MAX_BYTES)}.",
        widget=forms.FileInput(attrs={"accept": ".csv,.json,.jsonl,.ndjson,text/csv"}),
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if isinstance(file, TooLargeFile):
            raise forms.ValidationError(
                f"{kb(file.size)} is more than {kb(UPLOAD_MAX_BYTES)}. Import it on the server: "
                "python manage.py import_devices FILE"
            )
        return file


@require_http_methods(["GET", "POST"])
@requires("settings")
def phones(request: HttpRequest) -> HttpResponse:
    form = ImportForm()
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        if form.is_valid():
            return imported(request, form)
    return render(request, "console/import.html", {"form": form})


def imported(request: HttpRequest, form: ImportForm) -> HttpResponse:
    """Keep what can be kept, and name every line that cannot."""
    failures: list[imports.Failure] = []
    now = timezone.now()
    done = imports.run(imports.read(form.cleaned_data["file"].file, now), now, told=failures.append)
    audit.record(request.user, "imported phones", None, asdict(done), address(request))
    context = {
        "form": ImportForm(),
        "done": done,
        "failures": failures[:FAILURES_SHOWN],
        "hidden": max(0, len(failures) - FAILURES_SHOWN),
    }
    return render(request, "console/import.html", context)
