"""What is not hot, through boto3: tags, versions, unfinished uploads, and settings of buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from cloud._dialects._answers import load_json, understood
from cloud._dialects._sdk_logs import sdk_call
from cloud._dialects.s3._etag import strip_quotes
from cloud._dialects.s3._store import S3ObjectStore
from cloud.common._observe import call_facts
from cloud.common._paging import Page
from cloud.common._storage_types import TagHooks, UnfinishedUploadHooks, VersionHooks
from cloud.common.errors import InvalidRequestError, ServiceUnavailableError
from cloud.common.models import ObjectInfo, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloud.common._storage_types import ListRequest
    from cloud.common.models import UnfinishedUpload


class S3StorageClient(S3ObjectStore, TagHooks, VersionHooks, UnfinishedUploadHooks):
    """The whole storage surface over the S3 protocol, and the settings of buckets."""

    # -- hooks -----------------------------------------------------------------------------------------------
    def _sdk(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return boto3's answer to one operation, leaving out arguments that are None."""
        payer = self._setup.options.requester_pays
        if payer and operation in _PAYER_OPERATIONS:
            arguments["RequestPayer"] = "requester"
        call_facts().requests += 1
        with sdk_call():
            method = getattr(self.native, operation)
        with sdk_call(), understood("answer"):
            answer: dict[str, Any] = method(
                **{name: value for name, value in arguments.items() if value is not None}
            )
        meta = answer.get("ResponseMetadata", {})
        call_facts().http_status = meta.get("HTTPStatusCode")
        call_facts().request_id = meta.get("RequestId")
        if operation in _TELLING_OPERATIONS and answer.keys() <= {"ResponseMetadata"}:
            raise ServiceUnavailableError("the answer holds nothing that was asked for: not an S3 service's")
        return answer

    def _get_tags(self, bucket: str, key: str, version_id: str | None) -> dict[str, str]:
        answer = self._sdk("get_object_tagging", Bucket=bucket, Key=key, VersionId=version_id)
        with understood("list of tags"):
            return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def _set_tags(self, bucket: str, key: str, version_id: str | None, tags: Mapping[str, str]) -> None:
        if not tags:
            self._sdk("delete_object_tagging", Bucket=bucket, Key=key, VersionId=version_id)
            return
        tag_set = [{"Key": name, "Value": value} for name, value in tags.items()]
        self._sdk(
            "put_object_tagging", Bucket=bucket, Key=key, VersionId=version_id, Tagging={"TagSet": tag_set}
        )

    def _list_versions_page(self, request: ListRequest) -> Page[ObjectInfo]:
        marker = _decode_token(request.token)
        answer = self._sdk(
            "list_object_versions",
            Bucket=request.bucket,
            Prefix=request.prefix,
            MaxKeys=request.page_size,
            EncodingType="url",
            KeyMarker=marker[0],
            VersionIdMarker=marker[1],
        )
        decode = _key_decoder(answer)
        with understood("listing of versions"):
            versions = [
                _version(request.bucket, decode(item["Key"]), item, is_marker=is_marker)
                for kind, is_marker in (("Versions", False), ("DeleteMarkers", True))
                for item in answer.get(kind, [])
            ]
            versions.sort(key=_newest_first)
        token = None
        if answer.get("IsTruncated"):
            token = _json(_next_marker(answer, decode, versions))
        return Page(tuple(versions), (), token)

    def _list_uploads_page(self, request: ListRequest) -> Page[UnfinishedUpload]:
        from cloud.common._records import UnfinishedUpload

        marker = _decode_token(request.token)
        answer = self._sdk(
            "list_multipart_uploads",
            Bucket=request.bucket,
            Prefix=request.prefix,
            MaxUploads=request.page_size,
            KeyMarker=marker[0],
            UploadIdMarker=marker[1],
        )
        with understood("listing of uploads"):
            uploads = tuple(
                UnfinishedUpload(
                    bucket=request.bucket,
                    key=item["Key"],
                    upload_id=item["UploadId"],
                    started_at=utc(item["Initiated"]) if "Initiated" in item else None,
                )
                for item in answer.get("Uploads", [])
            )
        token = None
        if answer.get("IsTruncated"):
            token = _json([answer.get("NextKeyMarker"), answer.get("NextUploadIdMarker")])
        return Page(uploads, (), token)

    # -- settings of buckets -----------------------------------------------------------------------------------
    @final
    def get_bucket_location(self, bucket: str) -> str:
        """Return the region that the bucket is in."""
        self._check_bucket(bucket)
        answer = self._run(
            "get_bucket_location", bucket, lambda: self._sdk("get_bucket_location", Bucket=bucket)
        )
        # An empty answer and "EU" are older than the names of regions:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
        location = answer.get("LocationConstraint") or "us-east-1"
        return "eu-west-1" if location == "EU" else str(location)

    @final
    def get_bucket_versioning(self, bucket: str) -> bool:
        """Return whether the bucket keeps a version of everything that is written to it."""
        self._check_bucket(bucket)
        answer = self._run(
            "get_bucket_versioning", bucket, lambda: self._sdk("get_bucket_versioning", Bucket=bucket)
        )
        return answer.get("Status") == "Enabled"

    @final
    def set_bucket_versioning(self, bucket: str, *, enabled: bool) -> None:
        """Start keeping versions, or stop (what was kept stays)."""
        self._check_bucket(bucket)
        status = {"Status": "Enabled" if enabled else "Suspended"}
        self._run(
            "set_bucket_versioning",
            bucket,
            lambda: self._sdk("put_bucket_versioning", Bucket=bucket, VersioningConfiguration=status),
        )

    @final
    def get_bucket_policy(self, bucket: str) -> dict[str, Any]:
        """Return the bucket's policy document.

        Raises:
            NotFoundError: it has none.
        """
        self._check_bucket(bucket)

        def get() -> dict[str, Any]:
            answer = self._sdk("get_bucket_policy", Bucket=bucket)
            with understood("policy"):
                return dict(load_json(answer["Policy"]))

        return self._run("get_bucket_policy", bucket, get)

    @final
    def set_bucket_policy(self, bucket: str, policy: Mapping[str, Any] | None) -> None:
        """Replace the bucket's policy document; None removes it."""
        self._check_bucket(bucket)
        if policy is None:
            self._run("set_bucket_policy", bucket, lambda: self._sdk("delete_bucket_policy", Bucket=bucket))
            return
        text = _json(policy)
        self._run(
            "set_bucket_policy", bucket, lambda: self._sdk("put_bucket_policy", Bucket=bucket, Policy=text)
        )

    @final
    def get_bucket_cors(self, bucket: str) -> list[dict[str, Any]]:
        """Return the bucket's rules for browsers of other origins, in the words of S3's API.

        Raises:
            NotFoundError: it has none.
        """
        self._check_bucket(bucket)

        def get() -> list[dict[str, Any]]:
            answer = self._sdk("get_bucket_cors", Bucket=bucket)
            with understood("list of rules"):
                return list(answer["CORSRules"])

        return self._run("get_bucket_cors", bucket, get)

    @final
    def set_bucket_cors(self, bucket: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace the bucket's rules for browsers of other origins; empty removes them.

        Args:
            bucket: the bucket.
            rules: ``CORSRules`` of
                https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
        """
        self._check_bucket(bucket)
        if not rules:
            self._run("set_bucket_cors", bucket, lambda: self._sdk("delete_bucket_cors", Bucket=bucket))
            return
        configuration = {"CORSRules": [dict(rule) for rule in rules]}
        self._run(
            "set_bucket_cors",
            bucket,
            lambda: self._sdk("put_bucket_cors", Bucket=bucket, CORSConfiguration=configuration),
        )

    @final
    def get_bucket_lifecycle(self, bucket: str) -> list[dict[str, Any]]:
        """Return the bucket's lifecycle rules, in the words of S3's API.

        Raises:
            NotFoundError: it has none.
        """
        self._check_bucket(bucket)

        def get() -> list[dict[str, Any]]:
            answer = self._sdk("get_bucket_lifecycle_configuration", Bucket=bucket)
            with understood("list of rules"):
                return list(answer["Rules"])

        return self._run("get_bucket_lifecycle", bucket, get)

    @final
    def set_bucket_lifecycle(self, bucket: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace the bucket's lifecycle rules; empty removes them.

        Args:
            bucket: the bucket.
            rules: ``Rules`` of
                https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
        """
        self._check_bucket(bucket)
        if not rules:
            self._run(
                "set_bucket_lifecycle", bucket, lambda: self._sdk("delete_bucket_lifecycle", Bucket=bucket)
            )
            return
        configuration = {"Rules": [dict(rule) for rule in rules]}
        self._run(
            "set_bucket_lifecycle",
            bucket,
            lambda: self._sdk(
                "put_bucket_lifecycle_configuration", Bucket=bucket, LifecycleConfiguration=configuration
            ),
        )


_PAYER_OPERATIONS = frozenset(
    {"get_object_tagging", "put_object_tagging", "list_object_versions", "list_multipart_uploads"}
)
# Every answer of these names at least the bucket, or an empty list. botocore takes any page, also a captive
# portal's, for an answer in which everything is left out.
_TELLING_OPERATIONS = frozenset({
    "get_bucket_cors", "get_bucket_lifecycle_configuration", "get_object_tagging", "list_multipart_uploads",
    "list_object_versions",
})  # fmt: skip  # one line reads best


def _key_decoder(answer: Mapping[str, Any]) -> Callable[[str], str]:
    """Return what makes keys of the keys in a listing: some services do not encode them when asked to."""
    from cloud._dialects.s3._listing import unquote_key

    return unquote_key if answer.get("EncodingType") == "url" else str


def _version(bucket: str, key: str, item: Mapping[str, Any], *, is_marker: bool) -> ObjectInfo:
    return ObjectInfo(
        bucket=bucket,
        key=key,
        size=0 if is_marker else item["Size"],
        etag=strip_quotes(item.get("ETag")),
        modified_at=utc(item["LastModified"]),
        storage_class=item.get("StorageClass"),
        version_id=item["VersionId"],
        is_latest=item["IsLatest"],
        is_delete_marker=is_marker,
        raw=item,
    )


def _next_marker(
    answer: Mapping[str, Any], decode: Callable[[str], str], versions: Sequence[ObjectInfo]
) -> tuple[str | None, str | None]:
    """Return where the next page begins: a key, and a version of it.

    The marker is the last key of the page. Some services encode it as they do keys, others never, and only the
    page tells which.

    Swift up to 2.30 (OpenStack Zed) says ``null`` for the version whatever the last one is, and gives an empty
    last page for that: everything after the first page would be missing. What it means is the last version of
    the page; its ids are times, the oldest the smallest.
    """
    named: str | None = answer.get("NextKeyMarker")
    version: str | None = answer.get("NextVersionIdMarker")
    if named is None:
        return None, version
    spellings = {named, decode(named)}
    key = next((info.key for info in reversed(versions) if info.key in spellings), decode(named))
    if version == "null":
        of_key = [info.version_id for info in versions if info.key == key and info.version_id is not None]
        version = version if version in of_key or not of_key else min(of_key)
    return key, version


def _newest_first(info: ObjectInfo) -> tuple[bytes, bool, float]:
    """Return what sorts versions by key, then age; the latest leads also where times have whole seconds only."""
    return (
        info.key.encode(),
        not info.is_latest,
        -info.modified_at.timestamp() if info.modified_at is not None else 0.0,
    )


def _decode_token(token: str | None) -> tuple[str | None, str | None]:
    """Return both markers of a page token of this library."""
    if token is None:
        return None, None
    try:
        first, second = load_json(token.encode())
    except (TypeError, ValueError) as exc:
        raise InvalidRequestError(f"{token!r} is no page token of this listing", request_sent=False) from exc
    if not all(part is None or isinstance(part, str) for part in (first, second)):
        raise InvalidRequestError(f"{token!r} is no page token of this listing", request_sent=False)
    return first, second


def _json(value: object) -> str:
    import json

    try:
        return json.dumps(value)
    except TypeError as exc:
        raise InvalidRequestError(f"this is no JSON: {exc}") from exc
