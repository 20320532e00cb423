"""The same command line on S3: what local stores cannot show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run
    from servers._models import Server


@pytest.fixture
def bucket(moto_server: Server, run: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", moto_server.admin.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", moto_server.admin.secret_key)
    run("--endpoint", moto_server.endpoint_url, "rb", "--force", "s3://command-line")
    assert run("--endpoint", moto_server.endpoint_url, "mb", "s3://command-line").code == 0
    return "s3://command-line"


def test_the_endpoint_option(run: Run, moto_server: Server, bucket: str, folder: Path) -> None:
    where = ("--endpoint", moto_server.endpoint_url, "--region", moto_server.region)
    assert run("cp", "-r", folder, f"{bucket}/p", *where).code == 0
    assert run(*where, "ls", "-l", f"{bucket}/p").lines[0].split("\t")[1:] == ["7 B", "STANDARD", "one.txt"]
    assert run("cp", "-r", f"{bucket}/p", f"{bucket}/q", *where).code == 0
    assert run("mv", f"{bucket}/q/one.txt", f"{bucket}/r", "--storage-class", "STANDARD_IA", *where).code == 0
    facts = run("stat", "--json", f"{bucket}/r", *where).json
    assert (facts["size"], facts["storage_class"]) == (7, "STANDARD_IA")
    assert run("rm", "-r", f"{bucket}/q", *where).lines == [
        f"{bucket}/q/sub/three.txt",
        f"{bucket}/q/two.bin",
    ]
    assert run("du", "--bytes", "-d", "0", bucket, *where).lines == [f"34\t4\t{bucket}/"]


def test_urls_with_their_own_endpoint_are_printed_with_it(
    run: Run, moto_server: Server, bucket: str, folder: Path
) -> None:
    options = f"?endpoint={moto_server.endpoint_url}"
    assert run("cp", folder / "one.txt", f"{bucket}/{options}").code == 0
    (url,) = run("find", f"{bucket}{options}").lines
    assert run("cat", url).out == b"one.txt"
    assert run("cp", url, "memory://none/x").code == 4
    assert run("mv", url, folder / "moved", "--quiet").code == 0
    assert (folder / "moved").read_text() == "one.txt"
    assert run("find", f"{bucket}{options}").lines == []


def test_presign(run: Run, moto_server: Server, bucket: str, folder: Path) -> None:
    where = ("--endpoint", moto_server.endpoint_url)
    run("cp", folder / "one.txt", bucket, *where)
    (url,) = run("presign", f"{bucket}/one.txt", "--expires", "15m", *where).lines
    assert requests.get(url, timeout=30).content == b"one.txt"
    signed = run("presign", f"{bucket}/new", "--method", "PUT", "--json", *where).json
    assert requests.put(signed["url"], data=b"put", timeout=30).status_code == 200
    assert run("cat", f"{bucket}/new", *where).out == b"put"
    assert signed["expires_in"] == 3600
    assert run("presign", f"{bucket}/one.txt", "--expires", "8d", *where).code == 2


def test_errors_carry_the_service_code(run: Run, moto_server: Server, bucket: str) -> None:
    where = ("--endpoint", moto_server.endpoint_url)
    ran = run("cat", f"{bucket}/none", *where)
    assert (ran.code, ran.err.count("\n")) == (4, 1)
    assert ran.err.startswith("cloud: iter_file command-line/none: ")
    assert "NoSuchKey" in ran.err
    assert run("rb", bucket, *where).code == 0
    assert run("rb", bucket, *where).code == 4
