"""Our sheets, scripts and icons over the wire: compressed once when the server starts.

WhiteNoise serves a compressed twin that `collectstatic` made; an installation that was only
cloned and started has none. This makes the twins of our own files (a dozen, in milliseconds) in
the data folder. What apps bring along goes out as it is.
"""

import gzip
import os
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import FileEntry, StaticFile

TEXT = {".css", ".js", ".svg", ".json", ".txt"}
WORTH_BYTES = 1_000


class CompressingWhiteNoise(WhiteNoiseMiddleware):  # type: ignore[misc]
    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> StaticFile:
        found = super().get_static_file(path, url, stat_cache)
        if self.autorefresh or not is_ours(Path(path)) or len(found.alternatives) > 1:
            return found
        twin = compressed(Path(path), Path(settings.DATA_DIR) / "run" / "static")
        return with_twin(found, path, twin)


def is_ours(path: Path) -> bool:
    own = any(path.is_relative_to(folder) for folder in settings.STATICFILES_DIRS)
    return own and path.suffix in TEXT and path.stat().st_size >= WORTH_BYTES


def compressed(path: Path, folder: Path) -> Path:
    """Named by its content, so that an update never serves an older twin."""
    content = path.read_bytes()
    twin = folder / f"{sha256(content).hexdigest()[:32]}.gz"
    if not twin.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # two servers, or two threads of one, may start at once
        part = twin.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        part.write_bytes(gzip.compress(content, mtime=0))
        part.replace(twin)
    return twin


def with_twin(found: StaticFile, path: str, twin: Path) -> StaticFile:
    [(_, _, plain)] = found.alternatives
    headers = Headers([pair for pair in plain if pair[0] != "Content-Length"])
    headers["Vary"] = "Accept-Encoding"
    files = {None: FileEntry(path), "gzip": FileEntry(str(twin))}
    found.alternatives = found.get_alternatives(headers, files)
    found.not_modified_response = found.get_not_modified_response(headers)
    return found
