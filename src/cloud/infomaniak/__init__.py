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
    from cloud.infomaniak._credentials import InfomaniakCredentials as InfomaniakCredentials
    from cloud.infomaniak._errors import ResourceFailedError as ResourceFailedError
    from cloud.infomaniak._object_storage import (
        InfomaniakObjectStorageClient as InfomaniakObjectStorageClient,
    )
    from cloud.infomaniak._planning import Plan as Plan
    from cloud.infomaniak._s3 import InfomaniakS3Client as InfomaniakS3Client
    from cloud.infomaniak.compute._client import InfomaniakComputeClient as InfomaniakComputeClient
    from cloud.infomaniak.compute._records import AvailabilityZone as AvailabilityZone
    from cloud.infomaniak.compute._records import InstanceAddress as InstanceAddress
    from cloud.infomaniak.compute._records import InstanceEvent as InstanceEvent
    from cloud.infomaniak.compute._records import InstanceInterface as InstanceInterface
    from cloud.infomaniak.compute._records import InstanceOptions as InstanceOptions
    from cloud.infomaniak.compute._records import InstanceVolume as InstanceVolume
    from cloud.infomaniak.compute._records import RescueAccess as RescueAccess
    from cloud.infomaniak.compute._records import ServerGroup as ServerGroup
    from cloud.infomaniak.dns._client import InfomaniakDNSClient as InfomaniakDNSClient
    from cloud.infomaniak.dns._records import PtrRecord as PtrRecord
    from cloud.infomaniak.dns._records import RecordChange as RecordChange
    from cloud.infomaniak.dns._records import RecordSet as RecordSet
    from cloud.infomaniak.dns._records import Zone as Zone
    from cloud.infomaniak.dns._records import ZonePlan as ZonePlan
    from cloud.infomaniak.dns._records import ZoneTask as ZoneTask
    from cloud.infomaniak.dns._zonefile import WantedRecordSet as WantedRecordSet
    from cloud.infomaniak.dns._zonefile import WantedZone as WantedZone
    from cloud.infomaniak.heat._client import InfomaniakHeatClient as InfomaniakHeatClient
    from cloud.infomaniak.heat._records import Stack as Stack
    from cloud.infomaniak.heat._records import StackChanges as StackChanges
    from cloud.infomaniak.heat._records import StackEvent as StackEvent
    from cloud.infomaniak.heat._records import StackFailedError as StackFailedError
    from cloud.infomaniak.heat._records import StackFailure as StackFailure
    from cloud.infomaniak.heat._records import StackResource as StackResource
    from cloud.infomaniak.heat._records import TemplateInfo as TemplateInfo
    from cloud.infomaniak.heat._records import TemplateParameter as TemplateParameter
    from cloud.infomaniak.identity._client import InfomaniakIdentityClient as InfomaniakIdentityClient
    from cloud.infomaniak.identity._records import AccessRule as AccessRule
    from cloud.infomaniak.identity._records import ApplicationCredential as ApplicationCredential
    from cloud.infomaniak.identity._records import Ec2Credential as Ec2Credential
    from cloud.infomaniak.identity._records import Endpoint as Endpoint
    from cloud.infomaniak.identity._records import Project as Project
    from cloud.infomaniak.identity._records import Role as Role
    from cloud.infomaniak.identity._records import Service as Service
    from cloud.infomaniak.identity._records import TokenInfo as TokenInfo
    from cloud.infomaniak.identity._records import User as User
    from cloud.infomaniak.metering._client import InfomaniakMeteringClient as InfomaniakMeteringClient
    from cloud.infomaniak.metering._records import INFOMANIAK_RATES as INFOMANIAK_RATES
    from cloud.infomaniak.metering._records import ChargedMetric as ChargedMetric
    from cloud.infomaniak.metering._records import ComputeUsage as ComputeUsage
    from cloud.infomaniak.metering._records import IcuRates as IcuRates
    from cloud.infomaniak.metering._records import InstanceUsage as InstanceUsage
    from cloud.infomaniak.metering._records import Measure as Measure
    from cloud.infomaniak.metering._records import MeteredResource as MeteredResource
    from cloud.infomaniak.metering._records import Metric as Metric
    from cloud.infomaniak.metering._records import RatedRow as RatedRow
    from cloud.infomaniak.metering._records import ServiceUsage as ServiceUsage
    from cloud.infomaniak.metering._records import UsagePeriod as UsagePeriod
    from cloud.infomaniak.metering._records import UsageReport as UsageReport
    from cloud.infomaniak.network._balancer_records import HealthMonitor as HealthMonitor
    from cloud.infomaniak.network._balancer_records import L7Policy as L7Policy
    from cloud.infomaniak.network._balancer_records import L7Rule as L7Rule
    from cloud.infomaniak.network._balancer_records import Listener as Listener
    from cloud.infomaniak.network._balancer_records import LoadBalancer as LoadBalancer
    from cloud.infomaniak.network._balancer_records import LoadBalancerStatistics as LoadBalancerStatistics
    from cloud.infomaniak.network._balancer_records import Pool as Pool
    from cloud.infomaniak.network._balancer_records import PoolMember as PoolMember
    from cloud.infomaniak.network._client import InfomaniakNetworkClient as InfomaniakNetworkClient
    from cloud.infomaniak.network._records import FixedAddress as FixedAddress
    from cloud.infomaniak.network._records import FloatingIp as FloatingIp
    from cloud.infomaniak.network._records import Network as Network
    from cloud.infomaniak.network._records import Port as Port
    from cloud.infomaniak.network._records import PortForwarding as PortForwarding
    from cloud.infomaniak.network._records import Route as Route
    from cloud.infomaniak.network._records import Router as Router
    from cloud.infomaniak.network._records import RouterInterface as RouterInterface
    from cloud.infomaniak.network._records import SecurityGroup as SecurityGroup
    from cloud.infomaniak.network._records import SecurityGroupRule as SecurityGroupRule
    from cloud.infomaniak.network._records import Subnet as Subnet
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
    from cloud.infomaniak.volume._client import InfomaniakVolumeClient as InfomaniakVolumeClient
    from cloud.infomaniak.volume._records import RestoredBackup as RestoredBackup
    from cloud.infomaniak.volume._records import UploadedImage as UploadedImage
    from cloud.infomaniak.volume._records import Volume as Volume
    from cloud.infomaniak.volume._records import VolumeAttachment as VolumeAttachment
    from cloud.infomaniak.volume._records import VolumeBackup as VolumeBackup
    from cloud.infomaniak.volume._records import VolumeSnapshot as VolumeSnapshot
    from cloud.infomaniak.volume._records import VolumeTransfer as VolumeTransfer
    from cloud.infomaniak.volume._records import VolumeType as VolumeType

__all__ = [
    "INFOMANIAK_RATES",
    "AccessRule",
    "AccountInfo",
    "ApplicationCredential",
    "ArchiveError",
    "ArchiveResult",
    "AvailabilityZone",
    "Campaign",
    "CampaignStatus",
    "ChargedMetric",
    "ComputeUsage",
    "Condition",
    "ContainerAcl",
    "ContainerInfo",
    "Credit",
    "CreditDetails",
    "Ec2Credential",
    "Endpoint",
    "Field",
    "FixedAddress",
    "FloatingIp",
    "Group",
    "HealthMonitor",
    "IcuRates",
    "ImportReport",
    "InfomaniakComputeClient",
    "InfomaniakCredentials",
    "InfomaniakDNSClient",
    "InfomaniakHeatClient",
    "InfomaniakIdentityClient",
    "InfomaniakMeteringClient",
    "InfomaniakNetworkClient",
    "InfomaniakNewsletterClient",
    "InfomaniakObjectStorageClient",
    "InfomaniakS3Client",
    "InfomaniakVolumeClient",
    "InstanceAddress",
    "InstanceEvent",
    "InstanceInterface",
    "InstanceOptions",
    "InstanceUsage",
    "InstanceVolume",
    "L7Policy",
    "L7Rule",
    "Listener",
    "Listing",
    "LoadBalancer",
    "LoadBalancerStatistics",
    "Measure",
    "MeteredResource",
    "Metric",
    "Network",
    "NewsletterDomain",
    "NewsletterDomainStatus",
    "NewsletterTemplate",
    "Operation",
    "Plan",
    "Pool",
    "PoolMember",
    "Port",
    "PortForwarding",
    "Project",
    "PtrRecord",
    "RatedRow",
    "Recipients",
    "RecordChange",
    "RecordSet",
    "RefusedContact",
    "RescueAccess",
    "ResourceFailedError",
    "RestoredBackup",
    "Role",
    "Route",
    "Router",
    "RouterInterface",
    "SecurityGroup",
    "SecurityGroupRule",
    "Segment",
    "SegmentRule",
    "Selection",
    "SendPlan",
    "ServerGroup",
    "Service",
    "ServiceUsage",
    "Stack",
    "StackChanges",
    "StackEvent",
    "StackFailedError",
    "StackFailure",
    "StackResource",
    "Statistics",
    "Subnet",
    "Subscriber",
    "SubscriberStatus",
    "SwiftOptions",
    "TemplateInfo",
    "TemplateParameter",
    "TokenInfo",
    "UploadedImage",
    "UsagePeriod",
    "UsageReport",
    "User",
    "Volume",
    "VolumeAttachment",
    "VolumeBackup",
    "VolumeSnapshot",
    "VolumeTransfer",
    "VolumeType",
    "WantedRecordSet",
    "WantedZone",
    "Webform",
    "Zone",
    "ZonePlan",
    "ZoneTask",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "AccessRule": ".identity._records",
        "AccountInfo": "cloud._dialects.swift._container_records",
        "ApplicationCredential": ".identity._records",
        "ArchiveError": "cloud._dialects.swift._container_records",
        "ArchiveResult": "cloud._dialects.swift._container_records",
        "AvailabilityZone": ".compute._records",
        "Campaign": ".newsletter._records",
        "CampaignStatus": ".newsletter._records",
        "ChargedMetric": ".metering._records",
        "ComputeUsage": ".metering._records",
        "Condition": ".newsletter._choices",
        "ContainerAcl": "cloud._dialects.swift._acl",
        "ContainerInfo": "cloud._dialects.swift._container_records",
        "Credit": ".newsletter._content_records",
        "CreditDetails": ".newsletter._content_records",
        "Ec2Credential": ".identity._records",
        "Endpoint": ".identity._records",
        "Field": ".newsletter._records",
        "FixedAddress": ".network._records",
        "FloatingIp": ".network._records",
        "Group": ".newsletter._records",
        "HealthMonitor": ".network._balancer_records",
        "INFOMANIAK_RATES": ".metering._records",
        "IcuRates": ".metering._records",
        "ImportReport": ".newsletter._import_records",
        "InfomaniakComputeClient": ".compute._client",
        "InfomaniakCredentials": "._credentials",
        "InfomaniakDNSClient": ".dns._client",
        "InfomaniakHeatClient": ".heat._client",
        "InfomaniakIdentityClient": ".identity._client",
        "InfomaniakMeteringClient": ".metering._client",
        "InfomaniakNetworkClient": ".network._client",
        "InfomaniakNewsletterClient": ".newsletter._client",
        "InfomaniakObjectStorageClient": "._object_storage",
        "InfomaniakS3Client": "._s3",
        "InfomaniakVolumeClient": ".volume._client",
        "InstanceAddress": ".compute._records",
        "InstanceEvent": ".compute._records",
        "InstanceInterface": ".compute._records",
        "InstanceOptions": ".compute._records",
        "InstanceUsage": ".metering._records",
        "InstanceVolume": ".compute._records",
        "L7Policy": ".network._balancer_records",
        "L7Rule": ".network._balancer_records",
        "Listener": ".network._balancer_records",
        "Listing": ".newsletter._choices",
        "LoadBalancer": ".network._balancer_records",
        "LoadBalancerStatistics": ".network._balancer_records",
        "Measure": ".metering._records",
        "MeteredResource": ".metering._records",
        "Metric": ".metering._records",
        "Network": ".network._records",
        "NewsletterDomain": ".newsletter._records",
        "NewsletterDomainStatus": ".newsletter._records",
        "NewsletterTemplate": ".newsletter._content_records",
        "Operation": ".newsletter._waiting",
        "Plan": "._planning",
        "Pool": ".network._balancer_records",
        "PoolMember": ".network._balancer_records",
        "Port": ".network._records",
        "PortForwarding": ".network._records",
        "Project": ".identity._records",
        "PtrRecord": ".dns._records",
        "RatedRow": ".metering._records",
        "Recipients": ".newsletter._choices",
        "RecordChange": ".dns._records",
        "RecordSet": ".dns._records",
        "RefusedContact": ".newsletter._import_records",
        "RescueAccess": ".compute._records",
        "ResourceFailedError": "._errors",
        "RestoredBackup": ".volume._records",
        "Role": ".identity._records",
        "Route": ".network._records",
        "Router": ".network._records",
        "RouterInterface": ".network._records",
        "SecurityGroup": ".network._records",
        "SecurityGroupRule": ".network._records",
        "Segment": ".newsletter._content_records",
        "SegmentRule": ".newsletter._choices",
        "Selection": ".newsletter._choices",
        "SendPlan": ".newsletter._records",
        "ServerGroup": ".compute._records",
        "Service": ".identity._records",
        "ServiceUsage": ".metering._records",
        "Stack": ".heat._records",
        "StackChanges": ".heat._records",
        "StackEvent": ".heat._records",
        "StackFailedError": ".heat._records",
        "StackFailure": ".heat._records",
        "StackResource": ".heat._records",
        "Statistics": ".newsletter._records",
        "Subnet": ".network._records",
        "Subscriber": ".newsletter._records",
        "SubscriberStatus": ".newsletter._records",
        "SwiftOptions": "cloud._dialects.swift._options",
        "TemplateInfo": ".heat._records",
        "TemplateParameter": ".heat._records",
        "TokenInfo": ".identity._records",
        "UploadedImage": ".volume._records",
        "UsagePeriod": ".metering._records",
        "UsageReport": ".metering._records",
        "User": ".identity._records",
        "Volume": ".volume._records",
        "VolumeAttachment": ".volume._records",
        "VolumeBackup": ".volume._records",
        "VolumeSnapshot": ".volume._records",
        "VolumeTransfer": ".volume._records",
        "VolumeType": ".volume._records",
        "WantedRecordSet": ".dns._zonefile",
        "WantedZone": ".dns._zonefile",
        "Webform": ".newsletter._content_records",
        "Zone": ".dns._records",
        "ZonePlan": ".dns._records",
        "ZoneTask": ".dns._records",
    },
)
