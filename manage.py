#!/usr/bin/env python
"""Django's command line; a bad value in the environment ends it with one line and exit code 2."""

import os
import sys

from django.core.management import execute_from_command_line

from console.env import BadSetting


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    try:
        execute_from_command_line(sys.argv)
    except BadSetting as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
