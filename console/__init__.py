"""The project package and the human face. Imports everything, is imported by nothing."""

from console.celery import app as celery_app

__all__ = ["celery_app"]
