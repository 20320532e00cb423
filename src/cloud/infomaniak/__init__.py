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
    from cloud.infomaniak._compute import InfomaniakComputeClient as InfomaniakComputeClient
    from cloud.infomaniak._compute_records import AvailabilityZone as AvailabilityZone
    from cloud.infomaniak._compute_records import InstanceAddress as InstanceAddress
    from cloud.infomaniak._compute_records import InstanceEvent as InstanceEvent
    from cloud.infomaniak._compute_records import InstanceInterface as InstanceInterface
    from cloud.infomaniak._compute_records import InstanceOptions as InstanceOptions
    from cloud.infomaniak._compute_records import InstanceVolume as InstanceVolume
    from cloud.infomaniak._compute_records import RescueAccess as RescueAccess
    from cloud.infomaniak._compute_records import ServerGroup as ServerGroup
    from cloud.infomaniak._credentials import InfomaniakCredentials as InfomaniakCredentials
    from cloud.infomaniak._dns import InfomaniakDNSClient as InfomaniakDNSClient
    from cloud.infomaniak._dns_records import PtrRecord as PtrRecord
    from cloud.infomaniak._dns_records import RecordChange as RecordChange
    from cloud.infomaniak._dns_records import RecordSet as RecordSet
    from cloud.infomaniak._dns_records import Zone as Zone
    from cloud.infomaniak._dns_records import ZonePlan as ZonePlan
    from cloud.infomaniak._dns_zonefile import WantedRecordSet as WantedRecordSet
    from cloud.infomaniak._dns_zonefile import WantedZone as WantedZone
    from cloud.infomaniak._errors import ResourceFailedError as ResourceFailedError
    from cloud.infomaniak._heat import InfomaniakHeatClient as InfomaniakHeatClient
    from cloud.infomaniak._heat_records import Stack as Stack
    from cloud.infomaniak._heat_records import StackChanges as StackChanges
    from cloud.infomaniak._heat_records import StackEvent as StackEvent
    from cloud.infomaniak._heat_records import StackFailedError as StackFailedError
    from cloud.infomaniak._heat_records import StackFailure as StackFailure
    from cloud.infomaniak._heat_records import StackResource as StackResource
    from cloud.infomaniak._heat_records import TemplateInfo as TemplateInfo
    from cloud.infomaniak._heat_records import TemplateParameter as TemplateParameter
    from cloud.infomaniak._identity import InfomaniakIdentityClient as InfomaniakIdentityClient
    from cloud.infomaniak._identity_records import AccessRule as AccessRule
    from cloud.infomaniak._identity_records import ApplicationCredential as ApplicationCredential
    from cloud.infomaniak._identity_records import Ec2Credential as Ec2Credential
    from cloud.infomaniak._identity_records import Endpoint as Endpoint
    from cloud.infomaniak._identity_records import Project as Project
    from cloud.infomaniak._identity_records import Role as Role
    from cloud.infomaniak._identity_records import Service as Service
    from cloud.infomaniak._identity_records import TokenInfo as TokenInfo
    from cloud.infomaniak._identity_records import User as User
    from cloud.infomaniak._metering import InfomaniakMeteringClient as InfomaniakMeteringClient
    from cloud.infomaniak._metering_records import INFOMANIAK_RATES as INFOMANIAK_RATES
    from cloud.infomaniak._metering_records import ChargedMetric as ChargedMetric
    from cloud.infomaniak._metering_records import ComputeUsage as ComputeUsage
    from cloud.infomaniak._metering_records import IcuRates as IcuRates
    from cloud.infomaniak._metering_records import InstanceUsage as InstanceUsage
    from cloud.infomaniak._metering_records import Measure as Measure
    from cloud.infomaniak._metering_records import MeteredResource as MeteredResource
    from cloud.infomaniak._metering_records import Metric as Metric
    from cloud.infomaniak._metering_records import RatedRow as RatedRow
    from cloud.infomaniak._metering_records import ServiceUsage as ServiceUsage
    from cloud.infomaniak._metering_records import UsagePeriod as UsagePeriod
    from cloud.infomaniak._metering_records import UsageReport as UsageReport
    from cloud.infomaniak._network import InfomaniakNetworkClient as InfomaniakNetworkClient
    from cloud.infomaniak._network_balancer_records import HealthMonitor as HealthMonitor
    from cloud.infomaniak._network_balancer_records import L7Policy as L7Policy
    from cloud.infomaniak._network_balancer_records import L7Rule as L7Rule
    from cloud.infomaniak._network_balancer_records import Listener as Listener
    from cloud.infomaniak._network_balancer_records import LoadBalancer as LoadBalancer
    from cloud.infomaniak._network_balancer_records import LoadBalancerStatistics as LoadBalancerStatistics
    from cloud.infomaniak._network_balancer_records import Pool as Pool
    from cloud.infomaniak._network_balancer_records import PoolMember as PoolMember
    from cloud.infomaniak._network_records import FixedAddress as FixedAddress
    from cloud.infomaniak._network_records import FloatingIp as FloatingIp
    from cloud.infomaniak._network_records import Network as Network
    from cloud.infomaniak._network_records import Port as Port
    from cloud.infomaniak._network_records import PortForwarding as PortForwarding
    from cloud.infomaniak._network_records import Route as Route
    from cloud.infomaniak._network_records import Router as Router
    from cloud.infomaniak._network_records import RouterInterface as RouterInterface
    from cloud.infomaniak._network_records import SecurityGroup as SecurityGroup
    from cloud.infomaniak._network_records import SecurityGroupRule as SecurityGroupRule
    from cloud.infomaniak._network_records import Subnet as Subnet
    from cloud.infomaniak._object_storage import (
        InfomaniakObjectStorageClient as InfomaniakObjectStorageClient,
    )
    from cloud.infomaniak._planning import Plan as Plan
    from cloud.infomaniak._s3 import InfomaniakS3Client as InfomaniakS3Client
    from cloud.infomaniak._volume import InfomaniakVolumeClient as InfomaniakVolumeClient
    from cloud.infomaniak._volume_records import RestoredBackup as RestoredBackup
    from cloud.infomaniak._volume_records import UploadedImage as UploadedImage
    from cloud.infomaniak._volume_records import Volume as Volume
    from cloud.infomaniak._volume_records import VolumeAttachment as VolumeAttachment
    from cloud.infomaniak._volume_records import VolumeBackup as VolumeBackup
    from cloud.infomaniak._volume_records import VolumeSnapshot as VolumeSnapshot
    from cloud.infomaniak._volume_records import VolumeTransfer as VolumeTransfer
    from cloud.infomaniak._volume_records import VolumeType as VolumeType
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
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "AccessRule": "._identity_records",
        "AccountInfo": "cloud._dialects.swift._container_records",
        "ApplicationCredential": "._identity_records",
        "ArchiveError": "cloud._dialects.swift._container_records",
        "ArchiveResult": "cloud._dialects.swift._container_records",
        "AvailabilityZone": "._compute_records",
        "Campaign": ".newsletter._records",
        "CampaignStatus": ".newsletter._records",
        "ChargedMetric": "._metering_records",
        "ComputeUsage": "._metering_records",
        "Condition": ".newsletter._choices",
        "ContainerAcl": "cloud._dialects.swift._acl",
        "ContainerInfo": "cloud._dialects.swift._container_records",
        "Credit": ".newsletter._content_records",
        "CreditDetails": ".newsletter._content_records",
        "Ec2Credential": "._identity_records",
        "Endpoint": "._identity_records",
        "Field": ".newsletter._records",
        "FixedAddress": "._network_records",
        "FloatingIp": "._network_records",
        "Group": ".newsletter._records",
        "HealthMonitor": "._network_balancer_records",
        "INFOMANIAK_RATES": "._metering_records",
        "IcuRates": "._metering_records",
        "ImportReport": ".newsletter._import_records",
        "InfomaniakComputeClient": "._compute",
        "InfomaniakCredentials": "._credentials",
        "InfomaniakDNSClient": "._dns",
        "InfomaniakHeatClient": "._heat",
        "InfomaniakIdentityClient": "._identity",
        "InfomaniakMeteringClient": "._metering",
        "InfomaniakNetworkClient": "._network",
        "InfomaniakNewsletterClient": ".newsletter._client",
        "InfomaniakObjectStorageClient": "._object_storage",
        "InfomaniakS3Client": "._s3",
        "InfomaniakVolumeClient": "._volume",
        "InstanceAddress": "._compute_records",
        "InstanceEvent": "._compute_records",
        "InstanceInterface": "._compute_records",
        "InstanceOptions": "._compute_records",
        "InstanceUsage": "._metering_records",
        "InstanceVolume": "._compute_records",
        "L7Policy": "._network_balancer_records",
        "L7Rule": "._network_balancer_records",
        "Listener": "._network_balancer_records",
        "Listing": ".newsletter._choices",
        "LoadBalancer": "._network_balancer_records",
        "LoadBalancerStatistics": "._network_balancer_records",
        "Measure": "._metering_records",
        "MeteredResource": "._metering_records",
        "Metric": "._metering_records",
        "Network": "._network_records",
        "NewsletterDomain": ".newsletter._records",
        "NewsletterDomainStatus": ".newsletter._records",
        "NewsletterTemplate": ".newsletter._content_records",
        "Operation": ".newsletter._waiting",
        "Plan": "._planning",
        "Pool": "._network_balancer_records",
        "PoolMember": "._network_balancer_records",
        "Port": "._network_records",
        "PortForwarding": "._network_records",
        "Project": "._identity_records",
        "PtrRecord": "._dns_records",
        "RatedRow": "._metering_records",
        "Recipients": ".newsletter._choices",
        "RecordChange": "._dns_records",
        "RecordSet": "._dns_records",
        "RefusedContact": ".newsletter._import_records",
        "RescueAccess": "._compute_records",
        "ResourceFailedError": "._errors",
        "RestoredBackup": "._volume_records",
        "Role": "._identity_records",
        "Route": "._network_records",
        "Router": "._network_records",
        "RouterInterface": "._network_records",
        "SecurityGroup": "._network_records",
        "SecurityGroupRule": "._network_records",
        "Segment": ".newsletter._content_records",
        "SegmentRule": ".newsletter._choices",
        "Selection": ".newsletter._choices",
        "SendPlan": ".newsletter._records",
        "ServerGroup": "._compute_records",
        "Service": "._identity_records",
        "ServiceUsage": "._metering_records",
        "Stack": "._heat_records",
        "StackChanges": "._heat_records",
        "StackEvent": "._heat_records",
        "StackFailedError": "._heat_records",
        "StackFailure": "._heat_records",
        "StackResource": "._heat_records",
        "Statistics": ".newsletter._records",
        "Subnet": "._network_records",
        "Subscriber": ".newsletter._records",
        "SubscriberStatus": ".newsletter._records",
        "SwiftOptions": "cloud._dialects.swift._options",
        "TemplateInfo": "._heat_records",
        "TemplateParameter": "._heat_records",
        "TokenInfo": "._identity_records",
        "UploadedImage": "._volume_records",
        "UsagePeriod": "._metering_records",
        "UsageReport": "._metering_records",
        "User": "._identity_records",
        "Volume": "._volume_records",
        "VolumeAttachment": "._volume_records",
        "VolumeBackup": "._volume_records",
        "VolumeSnapshot": "._volume_records",
        "VolumeTransfer": "._volume_records",
        "VolumeType": "._volume_records",
        "WantedRecordSet": "._dns_zonefile",
        "WantedZone": "._dns_zonefile",
        "Webform": ".newsletter._content_records",
        "Zone": "._dns_records",
        "ZonePlan": "._dns_records",
    },
)
