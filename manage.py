#!/usr/bin/env python
"""Django's command line; a bad value in the environment, or a database that cannot be used, ends it
with one line and exit code 2."""

import os
import sys

try:
    from django.core.management import execute_from_command_line
    from django.db import OperationalError
except ModuleNotFoundError:
    sys.exit("Django is not in this Python. Run make run once, then .venv/bin/python manage.py …")

from console.env import BadSetting


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    try:
        execute_from_command_line(sys.argv)
    except BadSetting as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        print(f"The database cannot be used: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
