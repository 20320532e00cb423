"""`open_functions`: which class opens which provider, and with what."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cloud import open_functions
from cloud._registry import function_providers
from cloud.aws import LambdaClient
from cloud.common import CloudConfig
from cloud.common import errors as e
from cloud.local import LocalServerlessClient

if TYPE_CHECKING:
    from pathlib import Path


def test_every_provider_opens(tmp_path: Path) -> None:
    assert function_providers() == ["aws", "local"]
    aws = open_functions("aws", region="eu-west-3", endpoint_url=None)
    assert isinstance(aws, LambdaClient)
    assert aws.region == "eu-west-3"
    local = open_functions("local", root=tmp_path / "f")
    assert isinstance(local, LocalServerlessClient)
    assert local.native == tmp_path / "f"


def test_local_folder_comes_from_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(e.ConfigurationError, match="CLOUD_LOCAL_FUNCTIONS"):
        open_functions("local")
    monkeypatch.setenv("CLOUD_LOCAL_FUNCTIONS", str(tmp_path / "f"))
    assert open_functions("local").native == tmp_path / "f"


def test_profile_gives_the_options(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(
        '{"profiles": {"lab": {"provider": "aws", "region": "us-west-2", "endpoint_url": "http://127.0.0.1:1"},'
        f' "mine": {{"provider": "local", "root": "{tmp_path}/f"}}}}}}'
    )
    config = CloudConfig.from_file(path)
    aws = open_functions("aws", profile="lab", config=config)
    assert (aws.region, aws.provider.value) == ("us-west-2", "aws")
    assert open_functions("local", profile="mine", config=config).native == tmp_path / "f"
    with pytest.raises(e.ConfigurationError, match="not for"):
        open_functions("local", profile="lab", config=config)


def test_unknown_providers_and_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(e.InvalidRequestError, match="known are aws, local"):
        open_functions("nobody")
    with pytest.raises(e.InvalidRequestError, match="takes no colour"):
        open_functions("local", root=tmp_path, colour="red")


def test_opening_loads_no_sdk(tmp_path: Path) -> None:
    code = (
        "import sys; from cloud import open_functions as o; o('aws', region='r'); o('local', root=sys.argv[1])\n"
        "print({name.partition('.')[0] for name in sys.modules} & {'boto3', 'botocore', 'requests', 'urllib3', 'pytest'})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "set()"
