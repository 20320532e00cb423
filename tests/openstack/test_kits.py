"""The kit on Swift and its S3 as Keystone guards them: logins by an application credential, keys that it made."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
import yaml

from cloud.common import CloudCredentials, CloudProvider, Secret
from cloud.infomaniak import InfomaniakObjectStorageClient, InfomaniakS3Client, SwiftOptions
from cloud.testing import StorageConformance, StorageHarness
from conformance._swift import POSSIBLE_BUCKETS
from conformance.deviations import SWIFT_ZED
from conformance.harnesses import S3Harness, s3_client
from servers._models import Identity, Server
from servers.openstack_cloud import RESTRICTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.openstack_cloud import OpenStackCloud

_URL_KEY_VARIABLE = "CLOUD_OPENSTACK_TEMPURL_KEY"  # its name
_URL_KEY = secrets.token_hex(20)


@pytest.fixture(scope="module")
def swift(openstack_cloud: OpenStackCloud) -> Iterator[InfomaniakObjectStorageClient]:
    """Give a client of clouds.yaml, whose one further secret is in the environment, so that it can be pickled."""
    assert openstack_cloud.clouds_yaml.is_file()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_URL_KEY_VARIABLE, _URL_KEY)
        options = SwiftOptions(temp_url_key=Secret.from_env(_URL_KEY_VARIABLE))
        with InfomaniakObjectStorageClient(profile=RESTRICTED, options=options) as client:
            client.set_temp_url_key(key=_URL_KEY)
            yield client


class KeystoneHarness(StorageHarness):
    """A Swift whose users Keystone knows.

    A credential for reading only would need another user, whom only an administrator makes.
    """

    authorizes = False
    expires = False  # application credentials of clouds.yaml tell nobody when they end

    def __init__(self, client: InfomaniakObjectStorageClient, cloud: OpenStackCloud) -> None:
        super().__init__(client)
        self._swift = client
        self._cloud = cloud
        self._own = yaml.safe_load(cloud.clouds_yaml.read_text("utf-8"))["clouds"][RESTRICTED]["auth"]
        self.secrets = (_URL_KEY, self._own["application_credential_secret"])

    def _login(self, credential_id: str) -> InfomaniakObjectStorageClient:
        credentials = CloudCredentials(
            CloudProvider.INFOMANIAK,
            application_credential_id=credential_id,
            application_credential_secret=secrets.token_hex(20),
            auth_url=self._cloud.auth_url,
        )
        return InfomaniakObjectStorageClient(credentials, region=self._cloud.region)

    def with_wrong_secret(self) -> InfomaniakObjectStorageClient:
        return self._login(self._own["application_credential_id"])

    def with_unknown_identity(self) -> InfomaniakObjectStorageClient:
        return self._login(secrets.token_hex(16))

    def keep_versions(self, bucket: str) -> None:
        self._swift.set_bucket_versioning(bucket, enabled=True)


class TestSwiftUnderKeystone(StorageConformance):
    title = "InfomaniakObjectStorageClient on Swift, Keystone"
    possible_buckets = POSSIBLE_BUCKETS

    @pytest.fixture
    def client(self, swift: InfomaniakObjectStorageClient) -> InfomaniakObjectStorageClient:
        return swift

    @pytest.fixture
    def harness(
        self, client: InfomaniakObjectStorageClient, openstack_cloud: OpenStackCloud
    ) -> KeystoneHarness:
        return KeystoneHarness(client, openstack_cloud)


@pytest.fixture(scope="module")
def s3_server(openstack_cloud: OpenStackCloud) -> Server:
    keys = Identity(openstack_cloud.access_key, openstack_cloud.secret_key)
    return Server(openstack_cloud.s3_url, keys, region=openstack_cloud.region)


@pytest.fixture(scope="module")
def s3(s3_server: Server) -> Iterator[InfomaniakS3Client]:
    with s3_client(InfomaniakS3Client, s3_server) as client:
        yield client


class TestS3UnderKeystone(StorageConformance):
    title = "InfomaniakS3Client on Swift, Keystone"
    deviations = SWIFT_ZED

    @pytest.fixture
    def client(self, s3: InfomaniakS3Client) -> InfomaniakS3Client:
        return s3

    @pytest.fixture
    def harness(self, client: InfomaniakS3Client, s3_server: Server) -> S3Harness:
        return S3Harness(client, s3_server)
