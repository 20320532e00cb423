"""What a case may come to when it does not end right, and why. Everything else is a defect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faults.matrix.cases import Operation, Verdict, is_transient

if TYPE_CHECKING:
    from faults.matrix.cases import Case

_SIGNS_RANGES = {"cloud s3", "cloud infomaniak-s3", "cloud azure"}
_HAS_NO_CHECKSUM_OF_PARTS = {"cloud infomaniak-s3"}
_FLIPS = {"corrupt", "wrong_range"}
_ANSWER_IS_LOST = {
    "lost_reply", "lost_reply_fin", "lost_reply_503", "lost_reply always", "dup_request", "reset_body",
    "trunc_fin", "trunc_cl", "trunc_cl always", "trunc_chunked", "trunc_chunked_ok", "trunc_close", "pad_cl",
    "corrupt", "slow_head", "stall_body",
}  # fmt: skip  # one list


def reason(case: Case, verdict: Verdict) -> str | None:
    """Return why `case` may end by `verdict`; None when it may not."""
    if verdict in {Verdict.RIGHT, Verdict.UNMET}:
        return "as it should"
    if verdict is Verdict.ERROR:
        return _why_error(case)
    if verdict is Verdict.WRONG:
        return _why_unseen(case)
    if verdict is Verdict.ORPHAN and _uploads_in_parts(case.operation):
        return _why_left(case)
    return None


def _why_left(case: Case) -> str | None:
    if case.client == "cloud azure":
        return "Azure has no request that drops the blocks of an upload; it drops them after a week"
    if case.operation is not Operation.SYNC_UP and (case.name == "refuse" or case.name.endswith("always")):
        return "while nothing can be reached, nothing can be removed either: `cloud cleanup` does"
    if case.name in _ANSWER_IS_LOST:
        return "the service began an upload whose id never came back: `cloud cleanup` finds it"
    return None


def _uploads_in_parts(operation: Operation) -> bool:
    return operation in {Operation.PARTS, Operation.UPLOAD_STREAM, Operation.SYNC_UP}


def _why_error(case: Case) -> str | None:
    if not is_transient(case.client, case.name):
        return "it stays, or is no passing fault of this service"
    if case.client in _SIGNS_RANGES and case.name in {"drop_range", "wrong_range"}:
        return "the signature covers the range: the service refuses the changed request"
    if case.operation is Operation.STREAM and case.name in {"corrupt", "pad_cl", "trunc_cl"}:
        return "the bytes were given out before the end, where the checksum shows it"
    if case.name == "corrupt_upload":
        return "the service refuses a damaged list of parts, and Azurite any flipped byte, as a bad request"
    if case.name == "refuse":
        return "five tries with the default waits may be over before two seconds are"
    return None


def _why_unseen(case: Case) -> str | None:
    if case.client == "cloud azure":
        return None  # every range is compared with a checksum of its own
    if case.name == "corrupt" and case.operation is Operation.SYNC_DOWN:
        return "a listing has no checksum, nor have the parts of a large object at some services"
    if case.name in _FLIPS and case.operation is Operation.RANGE:
        return "services name checksums of whole objects only, but Azure, of ranges up to 4 MiB"
    if case.name == "gzip_bomb" and case.operation is not Operation.SYNC_DOWN:  # which knows the ETag before
        return "an answer that is made up whole, ETag included, and names no checksum, like many an object in parts"
    if case.name in _FLIPS and case.client in _HAS_NO_CHECKSUM_OF_PARTS:
        return "the service has no checksum of an object in parts that a reader could compute"
    return None
