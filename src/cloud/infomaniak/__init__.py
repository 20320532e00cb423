"""Infomaniak. Needs the extra ``infomaniak``: ``pip install 'cloud[infomaniak]'``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud._dialects.swift._acl import ContainerAcl as ContainerAcl
    from cloud._dialects.swift._container_records import AccountInfo as AccountInfo
    from cloud._dialects.swift._container_records import ArchiveError as ArchiveError
    from cloud._dialects.swift._container_records import ArchiveResult as ArchiveResult
    from cloud._dialects.swift._container_records import ContainerInfo as ContainerInfo
    from cloud._dialects.swift._options import SwiftOptions as SwiftOptions
    from cloud.infomaniak._object_storage import (
        InfomaniakObjectStorageClient as InfomaniakObjectStorageClient,
    )
    from cloud.infomaniak._s3 import InfomaniakS3Client as InfomaniakS3Client
    from cloud.infomaniak.newsletter._choices import Condition as Condition
    from cloud.infomaniak.newsletter._choices import Listing as Listing
    from cloud.infomaniak.newsletter._choices import Recipients as Recipients
    from cloud.infomaniak.newsletter._choices import SegmentRule as SegmentRule
    from cloud.infomaniak.newsletter._choices import Selection as Selection
    from cloud.infomaniak.newsletter._client import InfomaniakNewsletterClient as InfomaniakNewsletterClient
    from cloud.infomaniak.newsletter._content_records import Credit as Credit
    from cloud.infomaniak.newsletter._content_records import CreditDetails as CreditDetails
    from cloud.infomaniak.newsletter._content_records import NewsletterTemplate as NewsletterTemplate
    from cloud.infomaniak.newsletter._content_records import Segment as Segment
    from cloud.infomaniak.newsletter._content_records import Webform as Webform
    from cloud.infomaniak.newsletter._import_records import ImportReport as ImportReport
    from cloud.infomaniak.newsletter._import_records import RefusedContact as RefusedContact
    from cloud.infomaniak.newsletter._records import Campaign as Campaign
    from cloud.infomaniak.newsletter._records import CampaignStatus as CampaignStatus
    from cloud.infomaniak.newsletter._records import Field as Field
    from cloud.infomaniak.newsletter._records import Group as Group
    from cloud.infomaniak.newsletter._records import NewsletterDomain as NewsletterDomain
    from cloud.infomaniak.newsletter._records import NewsletterDomainStatus as NewsletterDomainStatus
    from cloud.infomaniak.newsletter._records import SendPlan as SendPlan
    from cloud.infomaniak.newsletter._records import Statistics as Statistics
    from cloud.infomaniak.newsletter._records import Subscriber as Subscriber
    from cloud.infomaniak.newsletter._records import SubscriberStatus as SubscriberStatus
    from cloud.infomaniak.newsletter._waiting import Operation as Operation

__all__ = [
    "AccountInfo",
    "ArchiveError",
    "ArchiveResult",
    "Campaign",
    "CampaignStatus",
    "Condition",
    "ContainerAcl",
    "ContainerInfo",
    "Credit",
    "CreditDetails",
    "Field",
    "Group",
    "ImportReport",
    "InfomaniakNewsletterClient",
    "InfomaniakObjectStorageClient",
    "InfomaniakS3Client",
    "Listing",
    "NewsletterDomain",
    "NewsletterDomainStatus",
    "NewsletterTemplate",
    "Operation",
    "Recipients",
    "RefusedContact",
    "Segment",
    "SegmentRule",
    "Selection",
    "SendPlan",
    "Statistics",
    "Subscriber",
    "SubscriberStatus",
    "SwiftOptions",
    "Webform",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "AccountInfo": "cloud._dialects.swift._container_records",
        "ArchiveError": "cloud._dialects.swift._container_records",
        "ArchiveResult": "cloud._dialects.swift._container_records",
        "Campaign": ".newsletter._records",
        "CampaignStatus": ".newsletter._records",
        "Condition": ".newsletter._choices",
        "ContainerAcl": "cloud._dialects.swift._acl",
        "ContainerInfo": "cloud._dialects.swift._container_records",
        "Credit": ".newsletter._content_records",
        "CreditDetails": ".newsletter._content_records",
        "Field": ".newsletter._records",
        "Group": ".newsletter._records",
        "ImportReport": ".newsletter._import_records",
        "InfomaniakNewsletterClient": ".newsletter._client",
        "InfomaniakObjectStorageClient": "._object_storage",
        "InfomaniakS3Client": "._s3",
        "Listing": ".newsletter._choices",
        "NewsletterDomain": ".newsletter._records",
        "NewsletterDomainStatus": ".newsletter._records",
        "NewsletterTemplate": ".newsletter._content_records",
        "Operation": ".newsletter._waiting",
        "Recipients": ".newsletter._choices",
        "RefusedContact": ".newsletter._import_records",
        "Segment": ".newsletter._content_records",
        "SegmentRule": ".newsletter._choices",
        "Selection": ".newsletter._choices",
        "SendPlan": ".newsletter._records",
        "Statistics": ".newsletter._records",
        "Subscriber": ".newsletter._records",
        "SubscriberStatus": ".newsletter._records",
        "SwiftOptions": "cloud._dialects.swift._options",
        "Webform": ".newsletter._content_records",
    },
)
