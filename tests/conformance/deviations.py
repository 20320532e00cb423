"""What each test server itself gets wrong: test of the kit to the reason. The kit fails when one heals.

What a client declares not to do for a server (its `ServiceProfile`) is no deviation and does not stand here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TREE_ORDER = "lists folder by folder, not in the byte order of whole keys"

SEAWEEDFS_REFUSES: Final = frozenset({
    "dot segment", "dot dot segment", "dot dot first", "dot first", "dot alone", "dot dot alone",
    "dot dot last", "leading slash", "two leading slashes", "double slash", "triple slash", "trailing slash",
    "two trailing slashes", "slash alone", "backslash", "backslash last", "looks like a URL",
    "looks like a query", "256 bytes", "1024 bytes", "1024 bytes in unicode",
})  # fmt: skip  # one line reads best
"""Odd keys that S3Client refuses for SeaweedFS, because it would not store them, or under another name."""

SEAWEEDFS: Final[Mapping[str, str]] = {
    "test_odd_keys_are_listed_in_byte_order": _TREE_ORDER,
    "test_slash_sorts_like_any_other_character": _TREE_ORDER,
    "test_listing_starts_after[the first key, a prefix of all]": "leaves out everything below the key x/ too",
    "test_copy_of_something_missing_is_not_found[target bucket]": "answers a copy into a missing bucket with 500",
    "test_empty_metadata_value_is_kept": "loses metadata whose value is empty",
}

_NEWLINE = "its router does not match a line break in a key: 404"
_BELIEVES = "believes everybody: it compares no signature"

MOTO: Final[Mapping[str, str]] = {
    "test_odd_key_round_trips[newline]": _NEWLINE,
    "test_odd_key_round_trips[newline last]": _NEWLINE,
    "test_condition_holds_for_parts": "ignores If-Match when an upload is completed",
    "test_copy_and_move_if_absent": "ignores If-None-Match on a copy",
    "test_url_stores_with_the_signed_content_type_only": _BELIEVES,
    "test_url_does_only_what_was_signed": _BELIEVES,
    "test_url_expires": "does not look at the expiry",
    "test_underscore_in_metadata_names_is_kept": "loses metadata names with underscores beside the same with hyphens",
    "test_unfinished_uploads_are_listed_and_aborted": "says that every upload was started in 2010",
    "test_form_uploads_within_its_limits": "does not look at the policy of a form",
}

_RACE = "checks the condition and stores in two steps, so that two writers may win"

MOTO_UNSTEADY: Final[Mapping[str, str]] = {
    "test_one_of_racing_creators_wins": _RACE,
    "test_racing_increments_lose_nothing": _RACE,
}

_BAD_XML = "answers a listing whose prefix holds this character with XML that is not well-formed"

CEPH: Final[Mapping[str, str]] = {
    "test_odd_key_round_trips[control character]": _BAD_XML,
    "test_odd_key_round_trips[escape character]": _BAD_XML,
    "test_odd_key_round_trips[noncharacter]": _BAD_XML,
    "test_underscore_in_metadata_names_is_kept": "turns the underscores of metadata names into hyphens",
    "test_storage_class": "knows no class but STANDARD unless its placement is configured",
}

SWIFT: Final[Mapping[str, str]] = {}
# Swift 2.30, of OpenStack Zed; 2.38 has neither fault.
SWIFT_ZED: Final[Mapping[str, str]] = {
    "test_copy_to_another_bucket": "does not know the ETag of an object in parts when a copy names it (412)",
    "test_deleted_object_comes_back": "leaves the key without a latest version when its delete marker is deleted",
}
