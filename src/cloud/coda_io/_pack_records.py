"""Packs, their versions, releases, reviews and uploads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.coda_io._record import CodaRecord, integer, many, mapping, moment, needed, one, strings, wire
from cloud.common.models import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PackCategory(CodaRecord):
    """A category that Packs are listed under.

    Attributes:
        category_id: its id.
        category_name: what `add_pack_category` takes.
        category_slug: end of its URL.
    """

    category_name: str
    category_id: str | None = None
    category_slug: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackImage(CodaRecord):
    """A picture of a Pack.

    Attributes:
        filename: its name.
        image_url: where it is.
        asset_id: id of the upload.
        alt_text: what it shows.
        mime_type: media type.
    """

    filename: str
    image_url: str | None = None
    asset_id: str | None = None
    alt_text: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackRateLimit(CodaRecord):
    """How often a Pack may call its service.

    Attributes:
        interval_seconds: in this time.
        operations_per_interval: so many calls.
    """

    interval_seconds: int = needed(integer)
    operations_per_interval: int = needed(integer)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pack(CodaRecord):
    """A Pack.

    Attributes:
        id: what methods take.
        name: its name.
        description: long text.
        short_description: text of one line.
        agent_description: long text, as an agent.
        agent_short_description: text of one line, as an agent.
        workspace_id: the workspace that it belongs to.
        categories: what it is listed under.
        certified: whether the service vouches for it.
        certified_agent: whether it does so for it as an agent.
        source_code_visibility: ``private`` or ``shared``.
        pack_entrypoints: ``go``, ``docs``.
        verified_version: the version that was reviewed.
        logo_url: URL of its logo.
        cover_url: URL of its cover.
        example_images: pictures.
        agent_images: pictures, as an agent.
        support_email: whom to ask.
        terms_of_service_url: URL.
        privacy_policy_url: URL.
        overall_rate_limit: of all its calls together; None in listings.
        per_connection_rate_limit: of the calls of one account; None in listings.
        featured_doc_status: what is wrong with its featured docs.
    """

    id: int = needed(integer)
    name: str = ""
    description: str | None = None
    short_description: str | None = None
    agent_description: str | None = None
    agent_short_description: str | None = None
    workspace_id: str | None = None
    categories: tuple[PackCategory, ...] = wire(many(PackCategory), default=())
    certified: bool | None = None
    certified_agent: bool | None = None
    source_code_visibility: str | None = None
    pack_entrypoints: tuple[str, ...] = wire(strings, default=())
    verified_version: str | None = None
    logo_url: str | None = None
    cover_url: str | None = None
    example_images: tuple[PackImage, ...] = wire(many(PackImage), default=())
    agent_images: tuple[PackImage, ...] = wire(many(PackImage), default=())
    support_email: str | None = None
    terms_of_service_url: str | None = None
    privacy_policy_url: str | None = None
    overall_rate_limit: PackRateLimit | None = wire(one(PackRateLimit))
    per_connection_rate_limit: PackRateLimit | None = wire(one(PackRateLimit))
    featured_doc_status: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackVersion(CodaRecord):
    """A version of a Pack.

    Attributes:
        pack_id: the Pack.
        pack_version: number of the version.
        build_notes: text.
        created_at: when it was made, in UTC.
        creation_user_login_id: e-mail address of who made it.
        release_id: id of its release, if it was released.
        sdk_version: version of the SDK that built it.
        source: ``web`` or ``cli``.
    """

    pack_version: str
    pack_id: int | None = wire(integer)
    build_notes: str = ""
    created_at: datetime | None = wire(moment)
    creation_user_login_id: str | None = None
    release_id: int | None = wire(integer)
    sdk_version: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding(CodaRecord):
    """A difference between two versions.

    Attributes:
        finding: what.
        path: where.
    """

    finding: str
    path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NextPackVersion(CodaRecord):
    """The version that would come next.

    Attributes:
        next_version: its number.
        findings: what has changed.
        finding_details: what has changed, and where.
    """

    next_version: str
    findings: tuple[str, ...] = wire(strings, default=())
    finding_details: tuple[Finding, ...] = wire(many(Finding), default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class PackVersionDiffs(CodaRecord):
    """How two versions differ.

    Attributes:
        findings: what has changed.
        finding_details: what has changed, and where.
    """

    findings: tuple[str, ...] = needed(strings)
    finding_details: tuple[Finding, ...] = wire(many(Finding), default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload(CodaRecord):
    """Where to send a file of a Pack, by PUT and without the token.

    Attributes:
        upload_url: where; whoever has it may upload: a secret.
        headers: what the request must carry.
        path_name: of an asset or source code: the name that it gets.
    """

    upload_url: str = field(repr=False)
    headers: Mapping[str, Any] = wire(mapping, default=EMPTY, hashed=False)
    path_name: str | None = None

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Upload:
        """Return the record of a JSON object of the service, which has two names for `path_name`."""
        name = document.get("uploadedPathName") or document.get("packAssetUploadedPathName")
        found = super(Upload, cls).from_dict({**document, "pathName": name})
        object.__setattr__(found, "raw", document)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class FinishedUpload(CodaRecord):
    """A file that was uploaded.

    Attributes:
        request_id: the service's id of its processing.
        asset_id: of an asset: what updates of the Pack take.
    """

    request_id: str
    asset_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionProblem(CodaRecord):
    """Something in a version that will not work for ever.

    Attributes:
        path: where.
        message: what.
    """

    path: str
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFile(CodaRecord):
    """A file of a version's source code.

    Attributes:
        filename: its name.
        url: where it can be read for some time, by anyone: a secret.
    """

    filename: str
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackRelease(CodaRecord):
    """A release of a Pack.

    Attributes:
        release_id: what `update_pack_release` takes.
        pack_id: the Pack.
        pack_version: the version.
        release_notes: text.
        sdk_version: version of the SDK that built it.
        created_at: when it was made, in UTC.
    """

    release_id: int = needed(integer)
    pack_id: int | None = wire(integer)
    pack_version: str | None = None
    release_notes: str = ""
    sdk_version: str | None = None
    created_at: datetime | None = wire(moment)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackReview(CodaRecord):
    """A review of a Pack.

    Attributes:
        pack_review_id: its id.
        pack_id: the Pack.
        pack_version: the version.
        includes_listing_review: whether its listing is reviewed, too.
        pack_review_status: ``pending``, ``approved``, ``denied``, ``canceled`` or ``superseded``.
        submitted_by_user_id: who asked for it.
        submission_timestamp: when, in UTC.
        additional_information: what the reviewers were told, by the service's names.
    """

    pack_review_id: str
    pack_id: int | None = wire(integer)
    pack_version: str | None = None
    includes_listing_review: bool | None = None
    pack_review_status: str | None = None
    submitted_by_user_id: int | None = wire(integer)
    submission_timestamp: datetime | None = wire(moment)
    additional_information: Mapping[str, Any] = wire(mapping, default=EMPTY, hashed=False)
