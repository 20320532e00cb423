"""Amazon Web Services. Needs the extra ``aws``: ``pip install 'cloud[aws]'``."""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud._dialects.s3._options import Encryption as Encryption
    from cloud._dialects.s3._options import S3Options as S3Options
    from cloud.aws._ec2 import EC2Client as EC2Client
    from cloud.aws._ec2_records import Address as Address
    from cloud.aws._ec2_records import BlockDevice as BlockDevice
    from cloud.aws._ec2_records import EC2InstanceOptions as EC2InstanceOptions
    from cloud.aws._ec2_records import SecurityGroup as SecurityGroup
    from cloud.aws._ec2_records import SecurityRule as SecurityRule
    from cloud.aws._ec2_records import Snapshot as Snapshot
    from cloud.aws._ec2_records import Spot as Spot
    from cloud.aws._ec2_records import Volume as Volume
    from cloud.aws._lambda import LambdaClient as LambdaClient
    from cloud.aws._lambda_records import LambdaOptions as LambdaOptions
    from cloud.aws._s3 import S3Client as S3Client

__all__ = [
    "Address",
    "BlockDevice",
    "EC2Client",
    "EC2InstanceOptions",
    "Encryption",
    "LambdaClient",
    "LambdaOptions",
    "S3Client",
    "S3Options",
    "SecurityGroup",
    "SecurityRule",
    "Snapshot",
    "Spot",
    "Volume",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Encryption": "cloud._dialects.s3._options",
        "EC2Client": "._ec2",
        "Address": "._ec2_records",
        "BlockDevice": "._ec2_records",
        "EC2InstanceOptions": "._ec2_records",
        "SecurityGroup": "._ec2_records",
        "SecurityRule": "._ec2_records",
        "Snapshot": "._ec2_records",
        "Spot": "._ec2_records",
        "Volume": "._ec2_records",
        "LambdaClient": "._lambda",
        "LambdaOptions": "._lambda_records",
        "S3Client": "._s3",
        "S3Options": "cloud._dialects.s3._options",
    },
)
