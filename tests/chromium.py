"""Where Chromium is. `python -m tests.chromium` installs it where that is possible."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DEBIAN_PACKAGES = ["chromium", "fonts-noto-color-emoji"]
EMOJI_FONT = "Noto Color Emoji"
NPM_PACKAGE = "@sparticuz/chromium@147.0.0"
UNPACKED = ROOT / ".chromium"
WRAPPER = UNPACKED / "chromium"
MISSING = (
    "Chromium is missing, and this user cannot install it. Install it with "
    f"`apt-get install {' '.join(DEBIAN_PACKAGES)}`, or set CHROMIUM to its path."
)


class NoChromium(RuntimeError):
    """There is no Chromium on this machine; the message says what to do."""


def find_chromium() -> str:
    """The path of a Chromium: `$CHROMIUM`, then `PATH`, then one unpacked by `install()`."""
    if named := os.environ.get("CHROMIUM"):
        if not shutil.which(named):
            raise NoChromium(f"CHROMIUM={named}: no such program.")
        return named
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if WRAPPER.exists():
        return str(WRAPPER)
    raise NoChromium(MISSING)


def install() -> str:
    """Find Chromium, or get it: from Debian as root, otherwise from npm. Returns its path."""
    as_root = os.getuid() == 0 and shutil.which("apt-get")
    try:
        found = find_chromium()
    except NoChromium:
        if as_root:
            from_debian(DEBIAN_PACKAGES)
        elif shutil.which("npm") and shutil.which("node"):
            from_npm()
        found = find_chromium()
    if as_root and not has_emoji():
        from_debian(["fonts-noto-color-emoji"])
    return found


def has_emoji() -> bool:
    """Whether pages will show emoji as pictures: screenshots of them are looked at."""
    if not shutil.which("fc-list"):
        return Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf").exists()
    fonts = subprocess.run(["fc-list"], capture_output=True, text=True, check=False).stdout
    return EMOJI_FONT in fonts


def from_debian(packages: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {', '.join(packages)} with apt-get …", file=sys.stderr, flush=True)
    for arguments in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(
            ["apt-get", *arguments], env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NoChromium(f"apt-get {arguments[0]} failed: {done.stderr.strip()[-400:]}")


def from_npm() -> None:
    """Unpack npm's build, which brings the libraries it needs, and wrap it in a small script."""
    print(f"Getting {NPM_PACKAGE} with npm …", file=sys.stderr, flush=True)
    folder = UNPACKED / "npm"
    unpacked = UNPACKED / "tmp"
    unpacked.mkdir(parents=True, exist_ok=True)
    script = (
        "const c = require('@sparticuz/chromium'); const d = c.default || c;"
        "d.executablePath().then((path) => console.log(path));"
    )
    try:
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--prefix", str(folder), NPM_PACKAGE],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
        path = subprocess.run(
            ["node", "-e", script], cwd=folder, env=os.environ | {"TMPDIR": str(unpacked)},
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        libraries = unpack_libraries(folder, unpacked)
    except (subprocess.CalledProcessError, OSError) as error:
        raise NoChromium(f"{NPM_PACKAGE} could not be used ({error}). {MISSING}") from error
    WRAPPER.write_text(
        "#!/bin/sh\n"
        f'LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" '
        f'exec "{path}" "$@"\n'
    )
    WRAPPER.chmod(0o755)


def unpack_libraries(folder: Path, into: Path) -> Path:
    """nss, nspr and expat come beside the browser as a brotli archive; node can read it."""
    archive = next(folder.glob("node_modules/@sparticuz/chromium/bin/al2023.tar.br"))
    plain = into / "al2023.tar"
    script = (
        "const fs = require('fs'); const z = require('zlib');"
        "fs.writeFileSync(process.argv[2], z.brotliDecompressSync(fs.readFileSync(process.argv[1])));"
    )
    subprocess.run(["node", "-e", script, str(archive), str(plain)], check=True)
    with tarfile.open(plain) as tar:
        tar.extractall(into, filter="data")
    return into / "al2023" / "lib" if (into / "al2023" / "lib").is_dir() else into / "lib"


if __name__ == "__main__":
    try:
        print(install())
    except NoChromium as problem:
        sys.exit(str(problem))
