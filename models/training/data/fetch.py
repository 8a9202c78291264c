"""Installs the pinned npm packages into build/npm; packages of the right version are kept."""
import json
import shutil
import subprocess
import sys
from pathlib import Path

LICENCES = ("MIT", "Apache-2.0", "CC-BY-4.0", "OFL-1.1")  # no share-alike, no non-commercial licences

OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH")


class FetchError(RuntimeError):
    """The message says what is missing and how to get it."""


def read_sets(path=None):
    """Reads sets.json and checks that every licence permits publishing the weights."""
    path = Path(path or Path(__file__).parent / "sets.json")
    pinned = json.loads(path.read_text(encoding="utf-8"))
    for entry in [*pinned["sets"], *pinned["fonts"], pinned["words"]]:
        if entry["licence"] not in LICENCES:
            raise FetchError(f"{path.name}: {entry['package']} is under {entry['licence']}, allowed are {', '.join(LICENCES)}")
    return pinned


def versions(pinned):
    """{package: exact version} of all sets, fonts and words."""
    return {entry["package"]: entry["version"] for entry in [*pinned["sets"], *pinned["fonts"], pinned["words"]]}


def installed(node_modules, package):
    """The installed version, or None."""
    manifest = Path(node_modules) / package / "package.json"
    try:
        return json.loads(manifest.read_text(encoding="utf-8"))["version"]
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return None


def install(pinned, folder, npm="npm"):
    """Installs missing packages under `folder` and returns its node_modules."""
    folder = Path(folder)
    node_modules, wanted = folder / "node_modules", versions(pinned)
    missing = {package: version for package, version in wanted.items() if installed(node_modules, package) != version}
    if not missing:
        print(f"{len(wanted)} packages are in {node_modules}")
        return node_modules
    if not shutil.which(npm):
        raise FetchError("npm is missing: install Node.js 18 or later, then run this again")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"private": True, "description": "pinned by data/sets.json", "dependencies": wanted}
    (folder / "package.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    print(f"npm installs {len(missing)} of {len(wanted)} packages into {node_modules}", file=sys.stderr)
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        reason = "\n".join(done.stderr.strip().splitlines()[:6])  # npm prints the cause first
        hint = "is the registry reachable? " if any(code in done.stderr for code in OFFLINE) else ""
        raise FetchError(f"npm install failed ({hint}run this again to continue):\n{reason}")
    wrong = [f"{package}@{version}" for package, version in wanted.items() if installed(node_modules, package) != version]
    if wrong:
        raise FetchError(f"npm did not install {', '.join(wrong)}")
    return node_modules
