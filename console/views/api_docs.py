"""The API's pages: how to call, and each address with its fields, answers and an example."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.api_docs import description


@require_safe
@login_not_required
def index(request: HttpRequest) -> HttpResponse:
    context = {
        "chapters": description.chapters(),
        "problems": description.problems(),
        "problem": described("notifications").operations[0].samples[-1],
        "call": description.first_call(),
        "base": f"{settings.PUBLIC_URL}/api/v1",
    }
    return render(request, "api/index.html", context)


@require_safe
@login_not_required
def chapter(request: HttpRequest, name: str) -> HttpResponse:
    context = {"chapters": description.chapters(), "chapter": described(name)}
    return render(request, "api/chapter.html", context)


def described(name: str) -> description.Chapter:
    for one in description.chapters():
        if one.name == name:
            return one
    raise Http404
