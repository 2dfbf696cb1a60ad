"""Phones of those who move here: a file of tokens becomes people and devices.

`lines` reads the file, `keep` writes a chunk of it. Nothing that the app itself said is touched:
a token that a registered device holds stays there, a phone that FCM called dead stays dead.
"""

from devices.imports.keep import Imported, run
from devices.imports.lines import Failure, Line, read

__all__ = ["Failure", "Imported", "Line", "read", "run"]
