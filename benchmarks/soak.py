"""`python -m benchmarks.soak`: half an hour of two hundred donors and every trouble that the sandbox can make."""

import argparse
import asyncio
import pickle
import subprocess
import tempfile
from pathlib import Path

from benchmarks.soaking.logs import counted
from benchmarks.soaking.plan import Plan, schedule
from benchmarks.soaking.report import lines, write
from benchmarks.soaking.running import soak
from tests import postgres
from tests.stage import ROOT


def _url(engine: str, folder: Path) -> str:
    """An empty database: SQLite's in the folder, or one on a server of our own, which is gone afterwards."""
    if engine == "sqlite":
        return f"sqlite:///{folder}/soak.db"
    postgres.server()
    return postgres.create("soak", "template1")


def _commit() -> str:
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--donors", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--pause", type=float, default=60, help="seconds between a donor's visits, on average"
    )
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--write", action="store_true", help="put the report among the docs")
    parser.add_argument("--folder", type=Path, help="where to leave the log and the database")
    asked = parser.parse_args()
    plan = Plan(asked.minutes, asked.donors, asked.seed, asked.engine, asked.pause)
    print(f"seed {plan.seed}", *schedule(plan), sep="\n", flush=True)
    commit = _commit()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    outcome = asyncio.run(soak(plan, folder, _url(plan.engine, folder)))
    outcome.log = counted(folder / "log")
    # What can be judged and drawn again without another half hour.
    (folder / "outcome.pickle").write_bytes(pickle.dumps(outcome))
    report = lines(outcome, commit)
    print("\n".join(report))
    if asked.write:
        write(report, outcome)
    raise SystemExit(1 if outcome.findings else 0)


if __name__ == "__main__":
    main()
