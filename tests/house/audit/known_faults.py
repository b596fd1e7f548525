"""Is a fault of a dependency known? Says so where the data cannot be had, and fails only on a fault that is found."""

import json
import subprocess
import sys
from pathlib import Path


def main(lock: str) -> int:
    tool = str(Path(sys.executable).with_name("pip-audit"))
    command = [
        tool,
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner",
        "off",
        "--format",
        "json",
        "-r",
        lock,
    ]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError):
        found = []
    known = [one for one in found if "vulns" in one]
    if not known:
        print("audit: the data about faults cannot be had from here: NOTHING WAS AUDITED")
        return 0
    bad = [f"{one['name']} {one['version']}: {fault['id']}" for one in known for fault in one["vulns"]]
    print("\n".join(bad) or f"audit: no fault is known of {len(known)} dependencies")
    if len(known) < len(found):
        print(f"audit: of {len(found) - len(known)} nothing could be learned")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
