"""Who you are and what you may do, on a real Keystone, by restricted and unrestricted credentials and a password."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from cloud.common import (
    AlreadyExistsError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ResourceType,
)
from cloud.infomaniak import (
    AccessRule,
    InfomaniakComputeClient,
    InfomaniakCredentials,
    InfomaniakDNSClient,
    InfomaniakHeatClient,
    InfomaniakIdentityClient,
    InfomaniakNetworkClient,
    InfomaniakS3Client,
    InfomaniakVolumeClient,
)
from servers.openstack_cloud import ADMIN, PASSWORD, RESTRICTED, UNRESTRICTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.openstack_cloud import OpenStackCloud


@pytest.fixture
def client(login: str) -> Iterator[InfomaniakIdentityClient]:
    with InfomaniakIdentityClient.from_cloud(login) as client:
        yield client


@pytest.fixture
def unrestricted(openstack_cloud: OpenStackCloud) -> Iterator[InfomaniakIdentityClient]:
    with InfomaniakIdentityClient.from_cloud(UNRESTRICTED) as client:
        yield client


@pytest.fixture
def by_password(openstack_cloud: OpenStackCloud) -> Iterator[InfomaniakIdentityClient]:
    with InfomaniakIdentityClient.from_cloud(PASSWORD) as client:
        yield client


def test_the_token_says_who_and_where(
    client: InfomaniakIdentityClient, login: str, openstack_cloud: OpenStackCloud
) -> None:
    info = client.get_token_info()
    assert info.methods == ("application_credential",)
    assert info.is_restricted is (login == RESTRICTED)
    assert info.application_credential_id
    assert info.expires_at is not None
    assert info.expires_at > datetime.now(timezone.utc)
    assert client.get_current_user().name == "ostack-user"
    assert client.get_current_project().id == openstack_cloud.project_id
    assert client.get_user(info.user.id).is_enabled is True
    assert client.get_project(openstack_cloud.project_id).name == "ostack-project"
    assert [project.name for project in client.list_projects()] == ["ostack-project"]
    assert {role.name for role in client.list_user_roles()} >= {"member", "reader"}
    assert client.get_endpoint("dns") == "http://127.0.0.1:21901"
    with pytest.raises(NotFoundError):
        client.get_endpoint("dns", region="elsewhere")
    assert {"compute", "dns", "identity"} <= {service.type for service in client.list_services()}


def test_what_only_administrators_may_is_said(client: InfomaniakIdentityClient) -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        client.list_roles()
    assert "list_user_roles" in (caught.value.hint or "")
    with InfomaniakIdentityClient.from_cloud(ADMIN) as admin:
        assert "admin" in {role.name for role in admin.list_roles()}
        roles = admin.list_user_roles(admin.get_current_project().id)
        assert "admin" in {role.name for role in roles}


def test_a_restricted_credential_says_what_it_may_not(openstack_cloud: OpenStackCloud) -> None:
    with InfomaniakIdentityClient.from_cloud(RESTRICTED) as client:
        for call in (
            lambda: client.create_application_credential("x"),
            lambda: client.create_application_credential("x", dry_run=True),
            lambda: client.delete_application_credential("x"),
        ):
            with pytest.raises(PermissionDeniedError) as caught:
                call()
            assert "restricted application credential" in (caught.value.hint or "")
        assert len(client.list_application_credentials()) >= 2


@pytest.mark.parametrize("cloud", [UNRESTRICTED, PASSWORD])
def test_application_credentials_are_made_used_and_deleted(
    openstack_cloud: OpenStackCloud, cloud: str, unique: str
) -> None:
    name, end = f"{unique} é", datetime.now(timezone.utc) + timedelta(hours=1)
    with InfomaniakIdentityClient.from_cloud(cloud) as client:
        rule = AccessRule(service="identity", method="GET", path="/v3/users/*")
        assert (
            "has the roles"
            in client.create_application_credential(name, roles=["reader"], dry_run=True).checks[1]
        )
        made = client.create_application_credential(
            name, description="for a test", expires_at=end, roles=["reader"], access_rules=[rule]
        )
        try:
            assert made.secret is not None
            secret = made.secret.reveal()
            assert secret not in repr(made)
            assert secret not in str(made.to_dict())
            assert secret not in str(made.raw)
            assert ([role.name for role in made.roles], made.description) == (["reader"], "for a test")
            assert made.expires_at == end
            assert made.access_rules is not None
            assert made.access_rules[0].path == "/v3/users/*"
            with pytest.raises(AlreadyExistsError):
                client.create_application_credential(name)
            found = client.get_application_credential(made.id)
            assert (found.name, found.secret) == (name, None)
            resource = client.get_resource(made.id)
            assert resource is not None
            assert resource.resource_type is ResourceType.IDENTITY
        finally:
            assert client.delete_application_credential(made.id) is True
            for each in client.list_access_rules():
                client.delete_access_rule(each.id or "")
        assert client.delete_application_credential(made.id) is False
        assert client.get_resource(made.id) is None
        with pytest.raises(InvalidRequestError):
            client.create_application_credential(name, roles=["no such role"], dry_run=True)


def test_access_rules_hold_in_every_service_and_a_refusal_says_so(
    openstack_cloud: OpenStackCloud, unrestricted: InfomaniakIdentityClient, unique: str
) -> None:
    rules = [
        AccessRule(service="compute", method="GET", path="/v2.1/servers/detail"),
        AccessRule(service="block-storage", method="GET", path="/v3/*/volumes/detail"),
        AccessRule(service="identity", method="GET", path="/v3/users/*"),
    ]
    made = unrestricted.create_application_credential(unique, roles=["member", "reader"], access_rules=rules)
    try:
        assert made.secret is not None
        own = InfomaniakCredentials(made.id, made.secret, auth_url=openstack_cloud.auth_url)
        with (
            InfomaniakIdentityClient(own) as identity,
            InfomaniakComputeClient(own) as compute,
            InfomaniakVolumeClient(own) as volumes,
            InfomaniakNetworkClient(own) as network,
        ):
            info = identity.get_token_info()
            assert info.access_rules is not None
            assert {(each.service, each.path) for each in info.access_rules} == {
                (rule.service, rule.path) for rule in rules
            }
            assert identity.get_user(info.user.id).name == info.user.name
            assert {"compute", "network"} <= {service.type for service in identity.list_services()}
            list(compute.list_instances())
            list(volumes.list_volumes())
            for refused in (compute.list_flavors, volumes.list_snapshots, network.list_networks):
                with pytest.raises(AuthenticationError) as caught:
                    list(refused())
                assert "access rules of the application credential allow GET /v" in (caught.value.hint or "")
    finally:
        assert unrestricted.delete_application_credential(made.id) is True
        for each in unrestricted.list_access_rules():
            if each.path in {rule.path for rule in rules}:
                unrestricted.delete_access_rule(each.id or "")


def test_wrong_logins_are_refused_and_nothing_is_tried_twice(openstack_cloud: OpenStackCloud) -> None:
    with InfomaniakIdentityClient.from_cloud(RESTRICTED) as client:
        own = client.get_token_info().application_credential_id
    for credential in (
        InfomaniakCredentials("0" * 32, "hush-hush", auth_url=openstack_cloud.auth_url),
        InfomaniakCredentials(own, "hush-hush", auth_url=openstack_cloud.auth_url),
        InfomaniakCredentials(
            username="ostack-user",
            password="hush-hush",
            project="ostack-project",
            auth_url=openstack_cloud.auth_url,
        ),
    ):
        with InfomaniakDNSClient(credential) as refused:
            with pytest.raises(AuthenticationError) as caught:
                refused.validate_connection()
            assert len(caught.value.attempts) == 1
            assert "hush-hush" not in str(caught.value)
    with (
        InfomaniakDNSClient(
            InfomaniakCredentials("a", "b", auth_url=f"{openstack_cloud.auth_url}/nowhere")
        ) as lost,
        pytest.raises(ConfigurationError),
    ):
        lost.list_zones()


def test_logins_by_password_environment_and_region(
    openstack_cloud: OpenStackCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = InfomaniakCredentials(
        username="ostack-user",
        password="ostackpw",
        project="ostack-project",
        auth_url=openstack_cloud.auth_url,
        region=openstack_cloud.region,
    )
    with InfomaniakIdentityClient(credentials) as client:
        assert client.validate_connection() is True
        assert client.get_token_info().methods == ("password",)
    monkeypatch.setenv("OS_CLOUD", UNRESTRICTED)
    with InfomaniakIdentityClient.from_env() as client:
        assert client.get_token_info().is_restricted is False
    with (
        InfomaniakDNSClient.from_cloud(RESTRICTED, region="elsewhere") as client_,
        pytest.raises(ConfigurationError),
    ):
        client_.list_zones()


def test_a_login_is_shared_and_survives_pickling(openstack_cloud: OpenStackCloud) -> None:
    with (
        InfomaniakDNSClient.from_cloud(RESTRICTED) as dns,
        InfomaniakHeatClient.from_cloud(RESTRICTED) as heat,
    ):
        assert dns._connection is heat._connection
        dns.validate_connection()
        token = dns.native.session.get_token()
        heat.list_stacks()
        assert heat.native.session.get_token() == token
        assert pickle.loads(pickle.dumps(heat)).list_stacks() == heat.list_stacks()  # noqa: S301  # our own
        assert token not in str(pickle.dumps(heat))


def test_logins_used_at_once_are_judged_each_by_its_own_rights(
    by_password: InfomaniakIdentityClient, openstack_cloud: OpenStackCloud
) -> None:
    with (
        InfomaniakIdentityClient.from_cloud(RESTRICTED) as restricted,
        InfomaniakIdentityClient.from_cloud(ADMIN) as admin,
    ):

        def refused() -> None:
            with pytest.raises(PermissionDeniedError):
                restricted.list_ec2_credentials()
            assert restricted.get_current_user().name == "ostack-user"

        def allowed() -> None:
            assert "admin" in {role.name for role in admin.list_roles()}

        def own() -> None:
            assert by_password.get_token_info().methods == ("password",)
            with pytest.raises(PermissionDeniedError):
                by_password.list_roles()

        with ThreadPoolExecutor(3) as pool:
            calls = [pool.submit(call) for _ in range(8) for call in (refused, allowed, own)]
        for call in calls:
            call.result()


def test_keys_for_s3_are_made_reused_and_deleted(
    by_password: InfomaniakIdentityClient, openstack_cloud: OpenStackCloud
) -> None:
    key = by_password.create_ec2_credentials()
    try:
        assert key.project_id == openstack_cloud.project_id
        assert key.secret_key.reveal() not in f"{key!r}{key.to_dict()}"
        assert by_password.get_ec2_credentials(key.access_key) == key
        count = len(by_password.list_ec2_credentials())
        assert by_password.ensure_ec2_credentials() in by_password.list_ec2_credentials()
        assert len(by_password.list_ec2_credentials()) == count
        with pytest.raises(NotFoundError):
            by_password.create_ec2_credentials("nowhere", dry_run=True)
    finally:
        assert by_password.delete_ec2_credentials(key.access_key) is True
    assert by_password.delete_ec2_credentials(key.access_key) is False


def test_an_s3_client_of_the_same_login(openstack_cloud: OpenStackCloud, unique: str) -> None:
    with InfomaniakS3Client.from_login(profile=PASSWORD) as s3:
        assert s3.create_bucket(unique) is True
        s3.upload_file(unique, "grüezi", b"hello")
        assert s3.download_file(unique, "grüezi") == b"hello"
        assert s3.delete_bucket(unique, force=True) is True


def test_application_credentials_may_not_make_keys_and_are_told_so(
    client: InfomaniakIdentityClient, login: str
) -> None:
    for call in (client.list_ec2_credentials, client.create_ec2_credentials, client.ensure_ec2_credentials):
        with pytest.raises(PermissionDeniedError) as caught:
            call()
        assert "user and password" in (caught.value.hint or "")
    with pytest.raises(PermissionDeniedError):
        InfomaniakS3Client.from_login(profile=login)
