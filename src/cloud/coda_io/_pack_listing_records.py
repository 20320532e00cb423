"""How Packs are listed, who makes them, who may use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud.coda_io._doc_records import Reference
from cloud.coda_io._pack_records import Pack, PackCategory, PackImage
from cloud.coda_io._record import CodaRecord, integer, many, mapping, moment, needed, one, strings, wire
from cloud.coda_io._sharing_records import Permission, UserSummary
from cloud.common.models import EMPTY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Maker(CodaRecord):
    """Who makes a Pack.

    Attributes:
        name: full name.
        login_id: e-mail address; None in listings.
        slug: end of the URL of their page.
        picture_link: URL of a picture.
        job_title: what they do.
        employer: for whom.
        description: text.
    """

    name: str
    login_id: str | None = None
    slug: str | None = None
    picture_link: str | None = None
    job_title: str | None = None
    employer: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackListing(CodaRecord):
    """A Pack as people find it. The fields from `discoverability` on are filled by `get_pack_listing` only.

    Attributes:
        pack_id: the Pack.
        pack_version: the version that is listed.
        release_id: its release.
        last_released_at: when that was, in UTC.
        name: its name.
        description: long text.
        short_description: text of one line.
        agent_description: long text, as an agent.
        agent_short_description: text of one line, as an agent.
        logo_url: URL of its logo.
        cover_url: URL of its cover.
        example_images: pictures.
        agent_images: pictures, as an agent.
        categories: what it is listed under.
        makers: who made it.
        certified: whether the service vouches for it.
        certified_agent: whether it does so for it as an agent.
        minimum_feature_set: the plan that it needs.
        unrestricted_feature_set: the plan that may use all of it.
        external_metadata_url: URL of what its formulas are.
        source_code_visibility: ``private`` or ``shared``.
        sdk_version: version of the SDK that built it.
        pack_category_type: ``connector``, ``agent`` or ``customAgent``.
        support_email: whom to ask.
        terms_of_service_url: URL.
        privacy_policy_url: URL.
        discoverability: ``public``, ``workspace``, ``private`` ...
        user_access: what you may do with it, by the service's names.
        coda_help_center_url: URL of its help.
        configuration: how it is configured, by the service's names.
    """

    pack_id: int = needed(integer)
    pack_version: str | None = None
    release_id: int | None = wire(integer)
    last_released_at: datetime | None = wire(moment)
    name: str = ""
    description: str | None = None
    short_description: str | None = None
    agent_description: str | None = None
    agent_short_description: str | None = None
    logo_url: str | None = None
    cover_url: str | None = None
    example_images: tuple[PackImage, ...] = wire(many(PackImage), default=())
    agent_images: tuple[PackImage, ...] = wire(many(PackImage), default=())
    categories: tuple[PackCategory, ...] = wire(many(PackCategory), default=())
    makers: tuple[Maker, ...] = wire(many(Maker), default=())
    certified: bool | None = None
    certified_agent: bool | None = None
    minimum_feature_set: str | None = None
    unrestricted_feature_set: str | None = None
    external_metadata_url: str | None = None
    source_code_visibility: str | None = None
    sdk_version: str | None = None
    pack_category_type: str | None = None
    support_email: str | None = None
    terms_of_service_url: str | None = None
    privacy_policy_url: str | None = None
    discoverability: str | None = None
    user_access: Mapping[str, Any] = wire(mapping, default=EMPTY, hashed=False)
    coda_help_center_url: str | None = None
    configuration: Mapping[str, Any] = wire(mapping, default=EMPTY, hashed=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackListingDraft(CodaRecord):
    """A listing that is not public yet.

    Attributes:
        pack_listing_draft_id: its id; None when there is no draft.
        listing_data: the listing, by the service's names.
    """

    pack_listing_draft_id: str | None = None
    listing_data: Mapping[str, Any] = wire(mapping, default=EMPTY, hashed=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackFeaturedDoc(CodaRecord):
    """A doc that shows what a Pack can do.

    Attributes:
        doc: the doc.
        is_pinned: whether it stays on top.
        doc_status: what is wrong with it.
        published_url: URL of the published doc.
    """

    doc: Reference = needed(one(Reference))
    is_pinned: bool = False
    doc_status: str | None = None
    published_url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackPermissions(CodaRecord):
    """Who may use or change a Pack.

    Attributes:
        permissions: the accesses.
        permission_users: the people among them.
    """

    permissions: tuple[Permission, ...] = needed(many(Permission), key="items")
    permission_users: tuple[UserSummary, ...] = wire(many(UserSummary), default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class PackInvitation(CodaRecord):
    """An invitation to a Pack.

    Attributes:
        invitation_id: what methods take.
        pack_id: the Pack.
        invitee_email: who is invited.
        inviter_user_id: who invites.
        access: to do what.
        created_at: when it was made, in UTC.
        expires_at: when it ends, in UTC.
    """

    invitation_id: str
    pack_id: int | None = wire(integer)
    invitee_email: str | None = None
    inviter_user_id: int | None = wire(integer)
    access: str | None = None
    created_at: datetime | None = wire(moment)
    expires_at: datetime | None = wire(moment)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedInvitation(CodaRecord):
    """An invitation that you have.

    Attributes:
        invitation: the invitation.
        pack: the Pack.
        makers: who makes it.
        network_domains: the hosts that it talks to.
    """

    invitation: PackInvitation = needed(one(PackInvitation))
    pack: Pack | None = wire(one(Pack))
    makers: tuple[Maker, ...] = wire(many(Maker), default=())
    network_domains: tuple[str, ...] = wire(strings, default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class PackOauthConfig(CodaRecord):
    """How a Pack logs in by OAuth. Secrets come masked.

    Attributes:
        masked_client_id: the end of the id.
        masked_client_secret: the end of the secret.
        authorization_url: where people are sent.
        token_url: where tokens come from.
        token_prefix: word before the token in the header.
        scopes: what is asked for.
        redirect_uri: where people come back.
        use_dynamic_client_registration: whether the client registers itself.
    """

    masked_client_id: str | None = None
    masked_client_secret: str | None = None
    authorization_url: str | None = None
    token_url: str | None = None
    token_prefix: str | None = None
    scopes: str | None = None
    redirect_uri: str | None = None
    use_dynamic_client_registration: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackConnection(CodaRecord):
    """The account that a Pack uses for everybody. Secrets come masked, in `raw`.

    Attributes:
        type: ``header``, ``httpBasic``, ``custom``, ``oauth2ClientCredentials``, ``awsAccessKey`` ...
        header_name: of a header: its name.
        token_prefix: of a header: word before the token.
        domain: of parameters: the host that gets them.
    """

    type: str
    header_name: str | None = None
    token_prefix: str | None = None
    domain: str | None = None
