"""Folders synced by command line tools: `cloud sync`, s5cmd and rclone, each with sixteen workers."""

from __future__ import annotations

import os
import random
import subprocess
import time
from typing import TYPE_CHECKING

from benchmarks._sample import Sample
from benchmarks.peers._peer import BUCKET, REGION

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks._servers import Endpoint
    from benchmarks.workloads import Scale

TOOLS = ("rclone", "s5cmd", "cloud")
"""The first is what ratios refer to."""
_WORKERS = "16"
_LARGE = 256 << 20
_SMALL = (512, 16 << 10)
_FOLDERS = 50
_TIMEOUT_SECONDS = 600


def make_folder(scale: Scale) -> Path:
    """Return a folder of small files of 0.5 to 16 KiB, and of large ones."""
    folder = scale.folder / "sync"
    if folder.is_dir():
        return folder
    chance = random.Random(4)  # noqa: S311  # content, not a secret
    for number in range(scale.sync_small):
        path = folder / f"part={number % _FOLDERS:02d}" / f"file-{number:05d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randint(*_SMALL)))
    block = chance.randbytes(1 << 20)
    size = min(_LARGE, scale.large)
    for number in range(scale.sync_large):
        with (folder / f"large-{number}.bin").open("wb") as file:
            for _ in range(size >> 20):
                file.write(block)
    return folder


def measure_sync(tool: str, programs: Path, endpoint: Endpoint, run: int) -> tuple[Sample, Sample]:
    """Return what the first sync to an empty prefix uses, and what the second uses, which finds no change."""
    scale = endpoint.scale
    prefix = f"sync-{tool}-{run}"
    command = _command(tool, programs, endpoint.url, make_folder(scale), prefix)
    environment = _environment(endpoint, scale.folder)
    first, again = (_run(command, environment) for _ in range(2))
    return first, again


def _command(tool: str, programs: Path, url: str, folder: Path, prefix: str) -> list[str]:
    program = str(programs / tool)
    if tool == "rclone":
        options = ["--transfers", _WORKERS, "--checkers", _WORKERS, "--fast-list", "-q"]
        return [program, "sync", *options, str(folder), f"bench:{BUCKET}/{prefix}"]
    target = f"s3://{BUCKET}/{prefix}/"
    if tool == "s5cmd":
        options = ["--log", "error", "--numworkers", _WORKERS, "--endpoint-url", url]
        return [program, *options, "sync", f"{folder}/", target]
    return [program, "sync", "-q", "--workers", _WORKERS, "--endpoint", url, str(folder), target]


def _environment(endpoint: Endpoint, folder: Path) -> dict[str, str]:
    key, secret = endpoint.environment["BENCH_ACCESS_KEY"], endpoint.environment["BENCH_SECRET_KEY"]
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    rclone = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ACCESS_KEY_ID": key,
        "SECRET_ACCESS_KEY": secret,
        "ENDPOINT": endpoint.url,
        "FORCE_PATH_STYLE": "true",
        "REGION": REGION,
    }
    return {
        **kept,
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "RCLONE_CONFIG": os.devnull,
        **{f"RCLONE_CONFIG_BENCH_{name}": value for name, value in rclone.items()},
    }


def _run(command: list[str], environment: dict[str, str]) -> Sample:
    started = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command[:2])
    return Sample(1, wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss << 10)
