"""moto's server: many AWS services in memory, one Python process, from the PyPI package ``moto[server]``.

By default it believes every key; ``run(check_auth=True)`` makes it check signatures and IAM policies.
https://docs.getmoto.org/en/latest/docs/iam.html
"""

from __future__ import annotations

import http.client
import json
import sys
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

from servers._models import Identity, Server, new_identity
from servers._process import LOOPBACK, ServerError, Workspace, free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERYTHING = ["*"]
_READING = ["s3:Get*", "s3:List*", "s3:Head*", "ec2:Describe*"]


def _policy(actions: list[str]) -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _iam(endpoint_url: str, region: str) -> Any:
    import boto3

    bootstrap = new_identity()  # anybody is believed until the checks are switched on
    return boto3.client(
        "iam",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=bootstrap.access_key,
        aws_secret_access_key=bootstrap.secret_key,
    )


def _user(iam: Any, name: str, actions: list[str] | None) -> Identity:
    iam.create_user(UserName=name)
    if actions is not None:
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=_policy(actions))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Identity(key["AccessKeyId"], key["SecretAccessKey"])


def _switch_checks_on(port: int) -> None:
    """Let every request from now on be checked (zero unchecked actions are left)."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("POST", "/moto-api/reset-auth", body=b"0")
        status = connection.getresponse().status
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise ServerError(f"moto did not switch its checks on: HTTP {status}")


def _start(workspace: Workspace, *, check_auth: bool) -> Server:
    try:
        metadata.version("moto")
    except metadata.PackageNotFoundError as error:
        raise ServerError("moto is not installed beside this Python: run `make install`") from error
    (port,) = free_ports(1)
    endpoint_url = f"http://{LOOPBACK}:{port}"
    workspace.launch("moto", [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)])
    log = workspace.log_path("moto")
    # It says so when it listens. Asking the port could reach another process's server on it.
    workspace.wait_until(lambda: b"Running on" in log.read_bytes(), "moto's word that it listens")
    if not check_auth:
        return Server(endpoint_url, new_identity())
    iam = _iam(endpoint_url, Server.region)
    try:
        admin = _user(iam, "admin", _EVERYTHING)
        server = Server(endpoint_url, admin, _user(iam, "reader", _READING), _user(iam, "stranger", None))
    finally:
        iam.close()
    _switch_checks_on(port)
    return server


@contextmanager
def run(*, check_auth: bool = False) -> Iterator[Server]:
    """Yield a running moto server; it is gone afterwards.

    Args:
        check_auth: create the three identities as IAM users and check every request's signature and
            policy. Without it any key is believed, and `read_only` and `no_access` are None.
    """
    with running("moto", partial(_start, check_auth=check_auth)) as server:
        yield server
