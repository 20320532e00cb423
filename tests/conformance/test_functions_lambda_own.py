"""What only LambdaClient has, on ministack, which runs the functions: versions, aliases, layers, S3, Node."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from cloud.aws import LambdaClient, LambdaOptions, S3Client
from cloud.aws import _lambda as lambda_module
from cloud.common import CloudCredentials, CloudProvider
from cloud.common import errors as e

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers import Server

ROLE = "arn:aws:iam::000000000000:role/functions"


def _credentials(server: Server) -> CloudCredentials:
    return CloudCredentials(
        CloudProvider.AWS, access_key=server.admin.access_key, secret_key=server.admin.secret_key
    )


@pytest.fixture
def client(ministack_server: Server) -> Iterator[LambdaClient]:
    with LambdaClient(
        _credentials(ministack_server),
        region=ministack_server.region,
        endpoint_url=ministack_server.endpoint_url,
        role=ROLE,
    ) as client:
        yield client


@pytest.fixture
def name(client: LambdaClient) -> Iterator[str]:
    """A name; the function that gets it is gone afterwards."""
    name = f"own-{uuid.uuid4().hex[:12]}"
    yield name
    client.delete_function(name)


def _code(folder: Path, answer: object) -> Path:
    (folder / "app.py").write_text(f"def handler(event, context):\n    return {answer!r}\n")
    return folder / "app.py"


def test_alias_runs_the_version_that_it_names(client: LambdaClient, name: str, tmp_path: Path) -> None:
    client.create_function(name, "python3.12", "app.handler", _code(tmp_path, [1]))
    first = client.publish_version(name, description="one")
    assert first.version == "1"
    client.update_function(name, code_path=_code(tmp_path, [2]))
    second = client.publish_version(name)
    assert (second.version, second.code_sha256 != first.code_sha256) == ("2", True)
    client.create_alias(name, "live", "1")
    assert client.invoke_function(f"{name}:live", {}) == [1]
    assert client.invoke_function(name, {}) == [2]
    client.update_alias(name, "live", version="2")
    assert client.invoke_function(f"{name}:live", {}) == [2]
    assert client.invoke(f"{name}:1", {}).value == [1]
    assert [each.version for each in client.list_versions(name)] == ["$LATEST", "1", "2"]
    assert client.delete_alias(name, "live") is True
    with pytest.raises(e.NotFoundError):
        client.invoke_function(f"{name}:live", {})


def test_version_of_other_code_is_not_published(client: LambdaClient, name: str, tmp_path: Path) -> None:
    made = client.create_function(name, "python3.12", "app.handler", _code(tmp_path, [1]))
    assert client.publish_version(name, code_sha256=made.code_sha256).code_sha256 == made.code_sha256


def test_address_is_made_once_and_removed_once(client: LambdaClient, name: str, tmp_path: Path) -> None:
    client.create_function(name, "python3.12", "app.handler", _code(tmp_path, [1]))
    made = client.create_function_url(name, public=True)
    assert made.public
    with pytest.raises(e.AlreadyExistsError):
        client.create_function_url(name)
    assert client.get_function_url(name).url == made.url
    assert client.delete_function_url(name) is True
    assert client.delete_function_url(name) is False


def test_function_imports_from_its_layer(client: LambdaClient, name: str, tmp_path: Path) -> None:
    (tmp_path / "layer" / "python").mkdir(parents=True)
    (tmp_path / "layer" / "python" / "shared_of_layer.py").write_text("VALUE = 'from the layer'\n")
    layer = client.publish_layer(f"layer-{name}", tmp_path / "layer", runtimes=["python3.12"])
    (tmp_path / "app.py").write_text(
        "import shared_of_layer\ndef handler(e, c):\n    return [shared_of_layer.VALUE]\n"
    )
    options = LambdaOptions(layers=(layer.id,))
    client.create_function(name, "python3.12", "app.handler", tmp_path / "app.py", options=options)
    assert client.invoke_function(name, {}) == ["from the layer"]
    again = client.deploy_function(name, "python3.12", "app.handler", tmp_path / "app.py", options=options)
    assert again.action == "unchanged"


def test_function_of_another_language_runs(client: LambdaClient, name: str, tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text(
        "exports.handler = async (event) => {\n"
        "  if (event.fail) throw new RangeError('bad');\n"
        "  return { doubled: event.n * 2 };\n"
        "};\n"
    )
    client.create_function(name, "nodejs20.x", "index.handler", tmp_path / "index.js", timeout_seconds=20)
    assert client.invoke_function(name, {"n": 21}) == {"doubled": 42}
    with pytest.raises(e.FunctionError, match="bad"):
        client.invoke_function(name, {"fail": True})


def test_large_package_runs_from_s3(
    ministack_server: Server, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lambda_module, "MAX_DIRECT_BYTES", 10)
    credentials, bucket = _credentials(ministack_server), f"code-{uuid.uuid4().hex[:12]}"
    url, region = ministack_server.endpoint_url, ministack_server.region
    with (
        S3Client(credentials, region=region, endpoint_url=url) as store,
        LambdaClient(
            credentials, region=region, endpoint_url=url, role=ROLE, code_bucket=bucket, code_endpoint_url=url
        ) as client,
    ):
        store.create_bucket(bucket)
        client.create_function(name, "python3.12", "app.handler", _code(tmp_path, [1]))
        assert client.invoke_function(name, {}) == [1]
        client.update_function(name, code_path=_code(tmp_path, [2]))
        assert client.invoke_function(name, {}) == [2]
        assert len(store.list_objects(bucket, "functions/").to_list()) == 2
        store.delete_bucket(bucket, force=True)


def test_reserved_concurrency(client: LambdaClient, name: str, tmp_path: Path) -> None:
    client.create_function(name, "python3.12", "app.handler", _code(tmp_path, [1]))
    client.set_concurrency(name, 3)
    assert client.get_concurrency(name) == 3
    client.set_concurrency(name, None)
    assert client.get_concurrency(name) is None
