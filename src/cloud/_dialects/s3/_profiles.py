"""What is known of each S3 service: how to reach it, what it takes, where its limits are.

Every entry says what its vendor documents, what was measured on a server that ran, and what is assumed.
Assumptions are made on the safe side:

- What a service might ignore in silence (a condition on a write) counts as unsupported until somebody
  documents it or it was measured: a lost update is worse than an error.
- What a service would refuse aloud (tags, a storage class) counts as supported.
- Headers that a service may refuse (``x-amz-checksum-*``) are not sent where they are not known to be taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cloud.common.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud._dialects.s3._addressing import Style

MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40
GB, TB = 10**9, 10**12

_CRCS = ("crc64nvme", "crc32c", "crc32")
_CONDITIONS = frozenset({
    "conditional_create", "conditional_replace", "conditional_delete", "conditional_copy",
})  # fmt: skip  # one line reads best


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProfile:
    """What one S3 service takes. Sizes are bytes. The defaults are Amazon's own.

    Attributes:
        name: what users call it (``profile=``).
        addressing: see `Endpoint.style`.
        default_region: region to sign for where nobody names one; None where there is no sensible one.
        endpoint: URL of the service with ``{region}`` in it; None where only the user can know it.
        endpoints: pairs of region and URL where `endpoint` does not give the URL.
        hosts: pattern of the service's host names, with a group ``region`` where the name holds it.
        checksums: what a write may carry as ``x-amz-checksum-*``, the best first; empty for nothing.
        sign_payload: whether the SHA-256 of a body is signed even under TLS, because no checksum header
            protects it. Without TLS it always is.
        content_md5: whether requests that need a checksum (DeleteObjects, bucket settings) send Content-MD5
            rather than ``x-amz-checksum-*``.
        checksum_mode: whether reads ask for the stored checksum (``x-amz-checksum-mode: ENABLED``).
        min_part_size: smallest part but the last.
        max_part_size: largest part.
        max_parts: parts of one upload.
        equal_parts: whether all parts but the last must have one size.
        max_object_size: largest object.
        single_put_limit: largest body of one PUT.
        copy_single_limit: largest object that one CopyObject copies.
        batch_delete_limit: keys of one DeleteObjects; 0 where there is none.
        conditional_complete: whether ``If-None-Match`` and ``If-Match`` hold for CompleteMultipartUpload;
            where not, a conditional write must be a single PUT.
        conditional_copy_target: whether ``If-None-Match`` holds for the target of CopyObject.
        max_segment_bytes: longest part of a key between two slashes; None for no such limit.
        etag_is_md5: whether the ETag of an object that was stored by one PUT is its MD5, so that reads can be
            compared with it where no checksum is stored.
        refused_keys: finds the keys that the service would store under another name or without their body;
            None where it is not known to do so.
        unsupported: values of `Capability` that the service does not have.
    """

    name: str
    addressing: Style = "auto"
    default_region: str | None = "us-east-1"
    endpoint: str | None = None
    endpoints: tuple[tuple[str, str], ...] = ()
    hosts: str | None = None
    checksums: tuple[str, ...] = ()
    sign_payload: bool = True
    content_md5: bool = True
    checksum_mode: bool = False
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
    min_part_size: int = 5 * MIB
    max_part_size: int = 5 * GIB
    max_parts: int = 10_000
    equal_parts: bool = False
    max_object_size: int = 5 * TIB
    single_put_limit: int = 5 * GIB
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    copy_single_limit: int = 5 * GIB
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    batch_delete_limit: int = 1000
    conditional_complete: bool = False
    conditional_copy_target: bool = False
    max_segment_bytes: int | None = None
    etag_is_md5: bool = False
    refused_keys: re.Pattern[str] | None = None
    unsupported: frozenset[str] = frozenset()

    def endpoint_for(self, region: str | None) -> str:
        """Return the URL of the service in `region`, or in the default one.

        Raises:
            ConfigurationError: the service's URL cannot be told from its region.
        """
        name = region or self.default_region
        known = dict(self.endpoints)
        if name in known:
            return known[name]
        if self.endpoint is None:
            choice = f"region one of {', '.join(known)}, or endpoint_url" if known else "endpoint_url"
            raise ConfigurationError(
                f"the profile {self.name!r} does not tell the endpoint of the region {name!r}",
                hint=f"pass {choice}",
                request_sent=False,
            )
        if name is None:
            raise ConfigurationError(f"the profile {self.name!r} needs a region", request_sent=False)
        return self.endpoint.format(region=name)

    def region_of(self, endpoint_url: str) -> str | None:
        """Return the region that the host name of `endpoint_url` tells, or None."""
        for region, url in self.endpoints:
            if _host(url) == _host(endpoint_url):
                return region
        match = re.fullmatch(self.hosts, _host(endpoint_url)) if self.hosts else None
        return match.groupdict().get("region") if match else None


AWS = ServiceProfile(
    name="aws",
    hosts=r"(?:.+\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-](?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d+))?\.amazonaws\.(?:com(?:\.cn)?|eu)",
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    checksums=_CRCS,
    sign_payload=False,
    content_md5=False,
    checksum_mode=True,
    # 10,000 parts of 5 GiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (48.8 TiB)
    max_object_size=10_000 * 5 * GIB,
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
    conditional_complete=True,
    conditional_copy_target=True,
)
"""Documented in full. Its endpoints: `Endpoint.for_aws`."""

SWIFT = ServiceProfile(
    name="swift",
    addressing="path",
    # Swift 2.38 checks x-amz-checksum-* and does not keep them; older ones refuse parts of it.
    # https://docs.openstack.org/swift/latest/middleware.html#s3-api (max_upload_part_num)
    max_parts=1000,
    # https://docs.openstack.org/api-ref/object-store/#get-object-content-and-metadata (ETag)
    etag_is_md5=True,
    # max_file_size of a segment: https://docs.openstack.org/swift/latest/deployment_guide.html
    max_object_size=1000 * 5 * GIB,
    # https://docs.openstack.org/swift/latest/s3_compat.html; the rest measured on 2.38.3: tags 501,
    # If-Match on PUT 501, POST forms 400, storage classes 400, and of 16 racing writers with
    # If-None-Match up to 16 won, so that no condition on a write can be relied upon.
    unsupported=_CONDITIONS - {"conditional_copy"} | {"tags", "presigned_post", "storage_class"},
)
"""OpenStack Swift's s3api. Measured on 2.38.3; limits from its documentation, where operators may differ."""

INFOMANIAK = replace(
    SWIFT,
    name="infomaniak",
    default_region="dc3-a",
    # https://docs.infomaniak.cloud/object_storage/acls (host names); regions as OpenStack names them
    endpoints=(
        ("dc3-a", "https://s3.pub1.infomaniak.cloud"),
        ("dc4-a", "https://s3.pub2.infomaniak.cloud"),
    ),
    hosts=r"s3\.pub[12]\.infomaniak\.cloud",
)
"""Infomaniak Public Cloud, which is OpenStack Swift: what is not documented is assumed to be as there.

Documented: the two hosts, and that there are no bucket policies. Assumed: path style and the region names as
signing region (published client profiles use them; pass ``region="us-east-1"`` with an ``endpoint_url`` if
the service refuses), Content-MD5 for DeleteObjects, all limits.
"""

MINIO = ServiceProfile(
    name="minio",
    addressing="path",
    checksums=_CRCS,
    sign_payload=False,
    checksum_mode=True,
    # https://docs.min.io/community/minio-object-store/operations/concepts/thresholds.html: 50 TiB an object,
    # 10,000 parts of 5 MiB to 5 GiB, which is less; 5 TiB in one PUT
    max_object_size=10_000 * 5 * GIB,
    single_put_limit=5 * TIB,
    conditional_complete=True,
    unsupported=frozenset({"conditional_delete"}),
)
"""MinIO. Documented: limits. Assumed: checksums and conditions of releases since 2025, none on DELETE;
Content-MD5 for DeleteObjects, which every release takes; Amazon's 5 GiB for one copy."""

CEPH = ServiceProfile(
    name="ceph",
    addressing="path",
    checksums=("crc32c", "crc32"),
    # Releases before 20 ignore the checksum headers; they do check the signed SHA-256 and Content-MD5.
    # The server's own defaults: rgw_multipart_part_upload_limit, rgw_max_put_size and
    # rgw_delete_multi_obj_max_num in https://docs.ceph.com/en/latest/radosgw/config-ref/
    checksum_mode=True,
    unsupported=frozenset({"conditional_replace", "conditional_delete", "conditional_copy"}),
)
"""Ceph RGW. Documented: operations (https://docs.ceph.com/en/latest/radosgw/s3/). Measured on 16.2.15: a
right ``If-Match`` on PUT is refused, on DELETE and on the source of a copy it is ignored, and so is
``If-None-Match`` on CompleteMultipartUpload. Newer releases may do better. Assumed: limits as Amazon's."""

SEAWEEDFS = ServiceProfile(
    name="seaweedfs",
    addressing="path",
    checksums=_CRCS,
    sign_payload=False,  # measured: it does not compare the signed SHA-256 with the body anyway
    content_md5=False,
    checksum_mode=True,
    conditional_complete=True,
    # Measured: "/x" becomes "x", "a//b" becomes "a/b", a backslash changes, "a/" loses its body; "." and ".."
    # as a segment are answered with 400.
    max_segment_bytes=255,  # its files are named so
    conditional_copy_target=True,
    refused_keys=re.compile(r"\A/|//|/\Z|\\|(?:\A|/)\.{1,2}(?:/|\Z)"),
)
"""SeaweedFS. Measured on 4.48: checksums, conditions (atomic), tags, versions, POST forms, altered keys.
Assumed: limits as Amazon's. https://github.com/seaweedfs/seaweedfs/wiki/Amazon-S3-API"""

R2 = ServiceProfile(
    name="r2",
    addressing="path",
    default_region="auto",
    hosts=r"[0-9a-f]+(?:\.(?:eu|fedramp))?\.r2\.cloudflarestorage\.com",
    # https://developers.cloudflare.com/r2/api/s3/api/ : the only one that holds for a whole multipart object
    checksums=("crc64nvme",),
    sign_payload=False,
    # https://developers.cloudflare.com/r2/platform/limits/ : a body and a part 5 MiB under 5 GiB (4.995 GiB),
    # an object 5 GiB under 5 TiB
    max_part_size=5 * GIB - 5 * MIB,
    single_put_limit=5 * GIB - 5 * MIB,
    copy_single_limit=5 * GIB - 5 * MIB,
    max_object_size=5 * TIB - 5 * GIB,
    equal_parts=True,
    # https://developers.cloudflare.com/r2/api/s3/api/ (tagging and versioning not implemented),
    # https://developers.cloudflare.com/r2/api/s3/presigned-urls/ (no POST forms),
    # https://developers.cloudflare.com/r2/api/s3/extensions/ (conditions of PutObject)
    unsupported=frozenset({"tags", "presigned_post", "versions", "delete_markers", "conditional_delete"}),
)
"""Cloudflare R2; its endpoint holds the account's id. Documented: region, checksums, limits, operations.
Reported by others: equal parts (https://github.com/apache/arrow/issues/34363). Assumed: Content-MD5 for
DeleteObjects, no conditions on DELETE and CompleteMultipartUpload, stored checksums are not asked for."""

B2 = ServiceProfile(
    name="b2",
    default_region=None,
    endpoint="https://s3.{region}.backblazeb2.com",
    hosts=r"(?:.+\.)?s3\.(?P<region>[a-z]+-[a-z]+-\d+)\.backblazeb2\.com",
    # https://www.backblaze.com/docs/cloud-storage-s3-compatible-api lists the checksum headers as unsupported
    # and no tagging and no POST form among its calls.
    # https://www.backblaze.com/docs/cloud-storage-large-files : decimal units
    max_part_size=5 * GB,
    single_put_limit=5 * GB,
    copy_single_limit=5 * GB,
    max_object_size=10 * TB,
    unsupported=_CONDITIONS | {"tags", "presigned_post"},
)
"""Backblaze B2. Documented: endpoint, calls, refused headers, sizes. Assumed: Amazon's 5 MiB as the least
part (its own is 5 MB), 1,000 keys a batch, no conditions on writes (none is documented)."""

WASABI = ServiceProfile(
    name="wasabi",
    addressing="path",  # recommended: https://docs.wasabi.com/docs/rest-api-introduction
    endpoint="https://s3.{region}.wasabisys.com",
    hosts=r"(?:.+\.)?s3(?:\.(?P<region>[a-z]+-[a-z]+-\d+))?\.wasabisys\.com",
    unsupported=_CONDITIONS,
)
"""Wasabi. Documented: endpoints, both styles, "bit-compatible" (https://docs.wasabi.com/apidocs/wasabi-api).
Assumed: limits as Amazon's, no checksum headers and no conditions on writes, which its pages do not name."""

OVH = ServiceProfile(
    name="ovh",
    default_region="gra",
    endpoint="https://s3.{region}.io.cloud.ovh.net",
    endpoints=(
        ("us-east-va", "https://s3.us-east-va.io.cloud.ovh.us"),
        ("us-west-or", "https://s3.us-west-or.io.cloud.ovh.us"),
    ),
    hosts=r"(?:.+\.)?s3\.(?P<region>[a-z0-9-]+)\.io\.cloud\.ovh\.(?:net|us)",
    # https://docs.ovhcloud.com/en/guides/storage-and-backup/object-storage/s3-conditional-writes
    conditional_complete=True,
    unsupported=frozenset({"conditional_copy"}),
)
"""OVHcloud. Documented: conditions on PutObject, DeleteObject and CompleteMultipartUpload; that the newer
checksum headers are refused (https://github.com/ovh/public-cloud-roadmap/issues/781). Endpoints as rclone
lists them. Assumed: limits as Amazon's."""

SCALEWAY = ServiceProfile(
    name="scaleway",
    default_region="fr-par",
    endpoint="https://s3.{region}.scw.cloud",
    hosts=r"(?:.+\.)?s3\.(?P<region>[a-z]+-[a-z]+)\.scw\.cloud",
    # https://www.scaleway.com/en/docs/object-storage/api-cli/multipart-uploads/ : 1,000 parts of 5 MB to
    # 5 GB, 5 TB an object; decimal where that is less
    max_parts=1000,
    max_part_size=5 * GB,
    single_put_limit=5 * GB,
    copy_single_limit=5 * GB,
    max_object_size=5 * TB,
    unsupported=_CONDITIONS,
)
"""Scaleway. Documented: endpoints, multipart limits. Assumed: one PUT and one copy as one part, no checksum
headers, no conditions on writes."""

GCS_INTEROP = ServiceProfile(
    name="gcs-interop",
    addressing="path",
    default_region="auto",
    endpoint="https://storage.googleapis.com",
    hosts=r"(?:.+\.)?storage\.googleapis\.com",
    # https://cloud.google.com/storage/quotas : 5 TiB an object, whole or in up to 10,000 parts
    single_put_limit=5 * TIB,
    # Parts cannot be copied from an object: https://issuetracker.google.com/issues/323465186
    copy_single_limit=5 * TIB,
    batch_delete_limit=0,
    # https://cloud.google.com/storage/docs/migrating : generations instead of version ids and ETag conditions,
    # no tagging, no multi-object delete in the S3 way
    unsupported=_CONDITIONS | {"batch_delete", "tags", "presigned_post", "versions", "delete_markers"},
)
"""Google Cloud Storage through its S3 interface with HMAC keys; its own client does more. Documented: limits
and what is missing. Assumed: no POST forms (its policies carry other names), no checksum headers."""

CUSTOM = ServiceProfile(name="custom", addressing="path", unsupported=_CONDITIONS)
"""Any other endpoint. All is assumed: path style, Amazon's limits, no checksum headers, and no conditions on
writes, because a service that ignores them loses updates in silence. Naming a profile lifts that."""

PROFILES: Mapping[str, ServiceProfile] = MappingProxyType({
    profile.name: profile
    for profile in (
        AWS, INFOMANIAK, MINIO, CEPH, SEAWEEDFS, SWIFT, R2, B2, WASABI, OVH, SCALEWAY, GCS_INTEROP, CUSTOM,
    )
})  # fmt: skip  # one line reads best
"""All profiles by name."""


def profile_for(endpoint_url: str | None, name: str | None) -> ServiceProfile:
    """Return the profile called `name`, else the one of the host in `endpoint_url`, else a default.

    The default is `AWS` without an endpoint and `CUSTOM` with an unknown one.

    Raises:
        ConfigurationError: there is no profile called `name`.
    """
    if name is not None:
        if name not in PROFILES:
            raise ConfigurationError(
                f"there is no S3 profile {name!r}", hint=f"one of {', '.join(PROFILES)}", request_sent=False
            )
        return PROFILES[name]
    if endpoint_url is None:
        return AWS
    host = _host(endpoint_url)
    known = (profile for profile in PROFILES.values() if profile.hosts and re.fullmatch(profile.hosts, host))
    return next(known, CUSTOM)


def _host(url: str) -> str:
    """Return the host name of `url`; empty where there is none, which `Endpoint.from_url` reports."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
