"""What gunicorn serves."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

application = get_wsgi_application()

# Import every page now, before gunicorn forks: its workers share them, and none starts slowly.
get_resolver().url_patterns  # noqa: B018

# What is loaded by now stays: no collection needs to look at it, or copy its pages, ever again.
gc.freeze()

# Each call of the database lets another thread run; see console.celery.
sys.setswitchinterval(0.0005)
