"""Infomaniak's newsletter."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
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

_MODULES = {
    "Campaign": "._records",
    "CampaignStatus": "._records",
    "Condition": "._choices",
    "Credit": "._content_records",
    "CreditDetails": "._content_records",
    "NewsletterDomain": "._records",
    "NewsletterDomainStatus": "._records",
    "Field": "._records",
    "Group": "._records",
    "ImportReport": "._import_records",
    "InfomaniakNewsletterClient": "._client",
    "Listing": "._choices",
    "Operation": "._waiting",
    "Recipients": "._choices",
    "RefusedContact": "._import_records",
    "Segment": "._content_records",
    "SegmentRule": "._choices",
    "Selection": "._choices",
    "SendPlan": "._records",
    "Statistics": "._records",
    "Subscriber": "._records",
    "SubscriberStatus": "._records",
    "NewsletterTemplate": "._content_records",
    "Webform": "._content_records",
}
__all__ = [
    "Campaign",
    "CampaignStatus",
    "Condition",
    "Credit",
    "CreditDetails",
    "Field",
    "Group",
    "ImportReport",
    "InfomaniakNewsletterClient",
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
    "Webform",
]
__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
