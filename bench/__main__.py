"""Every bench in turn, each in a process of its own, with the day, the machine and what else ran on it.

python -m bench
"""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
import sys
from pathlib import Path

BENCHES = ("score_one", "compare_many", "score_catalogue", "load_catalogue", "serve", "verify_credentials")
PATIENCE = 600
"""Seconds for one bench."""


def machine() -> str:
    """The processor, how many there are, and the load that was there before."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"{os.cpu_count()} × {name}, Python {platform.python_version()}, load {load}"


def main() -> int:
    """Run them; the exit status is 1 when one failed or missed its bound."""
    print(f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, {machine()}", flush=True)
    failed = []
    for name in BENCHES:
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", f"bench.{name}"]
        try:
            status = subprocess.run(command, timeout=PATIENCE, cwd=Path(__file__).parents[1]).returncode
        except subprocess.TimeoutExpired:
            print(f"not done after {PATIENCE} seconds", flush=True)
            status = 1
        if status:
            failed.append(name)
    if failed:
        print(f"\nFailed, or missed a bound: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
