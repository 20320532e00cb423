"""Signatures against those of azure-storage-blob, for the service versions that sign different texts."""

from __future__ import annotations

import base64
import string
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qsl

import pytest
from azure.storage.blob import UserDelegationKey as SdkKey
from azure.storage.blob import generate_blob_sas, generate_container_sas
from azure.storage.blob._serialize import _SUPPORTED_API_VERSIONS
from azure.storage.blob._shared.models import Services
from azure.storage.blob._shared.shared_access_signature import SharedAccessSignature
from hypothesis import given
from hypothesis import strategies as st

from cloud._dialects.azure_blob._sas import (
    MAX_DELEGATION_SECONDS,
    OLDEST_VERSION,
    DelegationKeys,
    SasResource,
    SasTerms,
    UserDelegationKey,
    account_sas,
    resource_sas,
)
from cloud.common._redact import Secret
from cloud.common.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "examples"
KEY = base64.b64encode(b"0123456789abcdef" * 4).decode()
NOW = datetime(2026, 11, 24, 2, 3, 4, tzinfo=timezone.utc)
END = NOW + timedelta(hours=1)
VERSIONS = [version for version in _SUPPORTED_API_VERSIONS if version >= OLDEST_VERSION]
# From this version on azure-storage-blob signs what the newest version signs.
NEWEST_TEXT = "2026-04-06"

# Version and signature, each by the last azure-storage-blob of that version (12.20.0 to 12.29.0).
SAMPLES = [
    ("2024-05-04", "NxBO9D85DQNNZxh/I0F3hj4z6wEqbvvCMdYqRiuFRnA="),
    ("2024-08-04", "5dZOs6Q16iQ+J2JeGCVXl56NdsS4/uKOkkJZWjS9wKc="),
    ("2025-01-05", "ZP3WzaNANlrwAlsdFzvbMJxc3wAwV/nqJsbVJh+mvcg="),
    ("2025-05-05", "t0sBaADw8q7K3V0d9LJWRvt33p6Gzat1RDylKA99Lpk="),
    ("2025-07-05", "VWd60YtkY3gUXGUDVzQigSy4Ui+Mu8ggVcE5pyLiVQk="),
    ("2025-11-05", "02UE+oEsre9s1vlUsUQSPqouwidTG1avSEmQKr+ufOs="),
    ("2026-02-06", "3kliMs2IONlr0u2OXfJ4pyfdMgQIpXwnznPK2VPgZmI="),
    ("2026-04-06", "o1Cz9RISbbDW6BX5ZuiAjL2va1lbzAWH93YVgIU+1x0="),
]

line = st.characters(exclude_categories=["Cs"], exclude_characters="\n")
text = st.text(line, min_size=1, max_size=40)
keys = st.one_of(
    text,
    st.sampled_from(
        [
            "a b",
            "a+b",
            "100%",
            "%41",
            "//x",
            "a//b/",
            "/lead",
            "dots..",
            "a/./b",
            "ü/🎉.txt",
            "e\u0301",
            "a\\b",
            "?#&=",
        ]
    ),
    st.text(string.ascii_letters + "/+%?#&=;:@$,!'()*[]~-_. ", min_size=1, max_size=60),
)
headers = st.dictionaries(
    st.sampled_from(
        ["cache_control", "content_disposition", "content_encoding", "content_language", "content_type"]
    ),
    text,
    max_size=5,
)
moments = st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1), timezones=st.just(timezone.utc))  # noqa: DTZ001  # hypothesis adds the zone
terms_of = st.fixed_dictionaries({
    "expires_at": moments,
    "https_only": st.booleans(),
    "ip_range": st.sampled_from([None, "168.1.5.65", "168.1.5.60-168.1.5.70"]),
    "encryption_scope": st.none() | text,
})  # fmt: skip  # one field a line
delegation = st.builds(
    UserDelegationKey,
    object_id=st.uuids().map(str),
    tenant_id=st.uuids().map(str),
    starts=st.just("2026-11-24T01:00:00Z"),
    expires=st.just("2026-11-25T01:00:00Z"),
    service=st.just("b"),
    version=st.sampled_from(VERSIONS),
    value=st.binary(min_size=32, max_size=32).map(lambda raw: Secret(base64.b64encode(raw).decode())),
)


def fields(token: str) -> dict[str, str]:
    """Return a token's parameters, each of which must be there once and not be empty."""
    pairs = parse_qsl(token, keep_blank_values=True, strict_parsing=True)
    assert len({name for name, _ in pairs}) == len(pairs)
    assert all(value for _, value in pairs)
    return dict(pairs)


def sdk_key(key: UserDelegationKey) -> SdkKey:
    made = SdkKey()  # type: ignore[no-untyped-call]  # the SDK's
    made.signed_oid, made.signed_tid = key.object_id, key.tenant_id
    made.signed_start, made.signed_expiry = key.starts, key.expires
    made.signed_service, made.signed_version = key.service, key.version
    made.value = key.value.reveal()
    return made


def sdk_terms(terms: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "expiry": terms["expires_at"],
        "protocol": "https" if terms["https_only"] else "https,http",
        "ip": terms["ip_range"],
        "encryption_scope": terms["encryption_scope"],
    }


class TestServiceSas:
    @given(
        key=keys,
        terms=terms_of,
        overrides=headers,
        version=st.sampled_from(VERSIONS),
        of=st.sampled_from(["", "version_id", "snapshot"]),
        starts=st.booleans(),
    )
    def test_an_objects_signature_is_the_sdks(
        self,
        key: str,
        terms: dict[str, Any],
        overrides: dict[str, Any],
        version: str,
        of: str,
        *,
        starts: bool,
    ) -> None:
        start = terms["expires_at"] - timedelta(minutes=5) if starts else None
        which: dict[str, Any] = {of: "2026-11-24T01:02:03.4567890Z"} if of else {}
        with patch("azure.storage.blob._shared_access_signature.X_MS_VERSION", version):
            expected = generate_blob_sas(
                ACCOUNT, "box", key, account_key=KEY, permission="racwdxytmei", start=start,
                **sdk_terms(terms), **overrides, **which,
            )  # fmt: skip  # one call, two kinds of arguments
        made = resource_sas(
            ACCOUNT,
            Secret(KEY),
            SasResource(bucket="box", key=key, **which),
            SasTerms(
                permissions="iemtyxdwcar",
                starts_at=start,
                response_headers=overrides,
                version=version,
                **terms,
            ),
        )
        assert fields(made) == fields(expected)

    @given(terms=terms_of, overrides=headers, version=st.sampled_from(VERSIONS))
    def test_a_buckets_signature_is_the_sdks(
        self, terms: dict[str, Any], overrides: dict[str, Any], version: str
    ) -> None:
        with patch("azure.storage.blob._shared_access_signature.X_MS_VERSION", version):
            expected = generate_container_sas(
                ACCOUNT, "box", account_key=KEY, permission="racwdxyltfmei", **sdk_terms(terms), **overrides
            )
        made = resource_sas(
            ACCOUNT,
            Secret(KEY),
            SasResource(bucket="box"),
            SasTerms(permissions="ltfracwdxymei", response_headers=overrides, version=version, **terms),
        )
        assert fields(made) == fields(expected)

    @pytest.mark.parametrize("own", [{}, {"permission": "r"}, {"expiry": END}], ids=["all", "end", "rights"])
    def test_a_stored_policy_has_what_the_signature_lacks(self, own: dict[str, Any]) -> None:
        expected = generate_container_sas(
            ACCOUNT, "box", account_key=KEY, policy_id="readers", protocol="https", **own
        )
        terms = SasTerms(
            policy="readers",
            permissions=own.get("permission", ""),
            expires_at=own.get("expiry"),
            version=VERSIONS[-1],
        )
        made = resource_sas(ACCOUNT, Secret(KEY), SasResource(bucket="box"), terms)
        assert fields(made) == fields(expected)


class TestUserDelegationSas:
    @given(
        key=st.none() | keys,
        terms=terms_of,
        overrides=headers,
        signing=delegation,
        version=st.sampled_from([version for version in VERSIONS if version >= NEWEST_TEXT]),
    )
    def test_the_newest_text_is_the_sdks(
        self,
        key: str | None,
        terms: dict[str, Any],
        overrides: dict[str, Any],
        signing: UserDelegationKey,
        version: str,
    ) -> None:
        with patch("azure.storage.blob._shared_access_signature.X_MS_VERSION", version):
            common: dict[str, Any] = {
                "user_delegation_key": sdk_key(signing), "permission": "r", **sdk_terms(terms), **overrides
            }  # fmt: skip  # one dictionary
            expected = (
                generate_container_sas(ACCOUNT, "box", **common)
                if key is None
                else generate_blob_sas(ACCOUNT, "box", key, **common)
            )
        made = resource_sas(
            ACCOUNT,
            signing,
            SasResource(bucket="box", key=key),
            SasTerms(permissions="r", response_headers=overrides, version=version, **terms),
        )
        assert fields(made) == fields(expected)

    @pytest.mark.parametrize(("version", "signature"), SAMPLES)
    def test_older_texts_are_those_of_older_sdks(self, version: str, signature: str) -> None:
        signing = UserDelegationKey(
            object_id="11111111-2222-3333-4444-555555555555",
            tenant_id="66666666-7777-8888-9999-000000000000",
            starts="2026-11-24T01:00:00Z",
            expires="2026-11-25T01:00:00Z",
            service="b",
            version=version,
            value=Secret(KEY),
        )
        made = resource_sas(
            ACCOUNT,
            signing,
            SasResource(bucket="box", key="ü a+b%41//c"),
            SasTerms(
                permissions="rw",
                expires_at=END,
                starts_at=NOW,
                ip_range="168.1.5.65",
                encryption_scope="scope",
                response_headers={"content_type": "text/x; charset=utf-8", "cache_control": "no-store"},
                version=version,
            ),
        )
        assert fields(made)["sig"] == signature

    def test_a_stored_policy_is_refused(self) -> None:
        with pytest.raises(InvalidRequestError, match="account key"):
            resource_sas(ACCOUNT, delegation_key(NOW), SasResource(bucket="box"), SasTerms(policy="readers"))


class TestAccountSas:
    @given(
        terms=terms_of,
        version=st.sampled_from(VERSIONS),
        permissions=st.sets(st.sampled_from("rwdxylacupfti"), min_size=1),
        kinds=st.sets(st.sampled_from("sco"), min_size=1),
    )
    def test_it_is_the_sdks(
        self, terms: dict[str, Any], version: str, permissions: set[str], kinds: set[str]
    ) -> None:
        signer = SharedAccessSignature(ACCOUNT, KEY, x_ms_version=version)  # type: ignore[no-untyped-call]  # the SDK's
        expected = signer.generate_account(
            Services(blob=True),
            "".join(kind for kind in "sco" if kind in kinds),
            "".join(letter for letter in "rwdxylacupfti" if letter in permissions),
            **sdk_terms(terms),
        )
        made = account_sas(
            ACCOUNT,
            Secret(KEY),
            SasTerms(permissions="".join(permissions), version=version, **terms),
            "".join(kinds),
        )
        assert fields(made) == fields(expected)

    def test_what_only_resources_have_is_refused(self) -> None:
        for wrong in (
            SasTerms(policy="readers"),
            SasTerms(permissions="r", expires_at=END, response_headers={"content_type": "a/b"}),
        ):
            with pytest.raises(InvalidRequestError):
                account_sas(ACCOUNT, Secret(KEY), wrong, "o")
        with pytest.raises(InvalidRequestError, match="resource types"):
            account_sas(ACCOUNT, Secret(KEY), SasTerms(permissions="r", expires_at=END), "x")


class TestRefusals:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"permissions": ""},
            {"expires_at": None},
            {"starts_at": END},
            {"ip_range": "localhost"},
            {"ip_range": "10.0.0.2-10.0.0.1"},
            {"ip_range": "10.0.0.1-::1"},
            {"version": "2019-12-12"},
            {"version": "latest"},
            {"response_headers": {"x-evil": "1"}},
            {"response_headers": {"content_type": "a/b\nc"}},
            {"encryption_scope": "a\nb"},
        ],
        ids=str,
    )
    def test_terms_that_the_service_would_not_understand(self, wrong: dict[str, Any]) -> None:
        right: dict[str, Any] = {"permissions": "r", "expires_at": END}
        SasTerms(**right)
        with pytest.raises(InvalidRequestError):
            SasTerms(**(right | wrong))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"key": "a\nb"},
            {"key": "\ud800"},
            {"key": None, "snapshot": "2026-11-24T01:02:03.4567890Z"},
            {"version_id": "1", "snapshot": "2"},
            {"version_id": "1\n2"},
        ],
        ids=ascii,
    )
    def test_resources_whose_signature_could_be_read_as_anothers(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(InvalidRequestError):
            SasResource(**({"bucket": "box", "key": "a"} | wrong))

    def test_letters_that_a_resource_does_not_have(self) -> None:
        listing = SasTerms(permissions="l", expires_at=END)
        assert fields(resource_sas(ACCOUNT, Secret(KEY), SasResource(bucket="box"), listing))["sp"] == "l"
        with pytest.raises(InvalidRequestError, match="'l'"):
            resource_sas(ACCOUNT, Secret(KEY), SasResource(bucket="box", key="a"), listing)

    def test_a_key_that_is_no_base64_is_not_shown(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            resource_sas(
                ACCOUNT,
                Secret("planted-secret!"),
                SasResource(bucket="box"),
                SasTerms(permissions="r", expires_at=END),
            )
        error: BaseException | None = caught.value
        while error is not None:
            assert "planted" not in repr(error)
            error = error.__cause__


def delegation_key(expires: datetime) -> UserDelegationKey:
    return UserDelegationKey(
        object_id="o",
        tenant_id="t",
        starts="2026-11-24T01:00:00Z",
        expires=expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        service="b",
        version="2025-01-05",
        value=Secret(KEY),
    )


class TestDelegationKeys:
    def test_one_key_serves_until_it_is_too_short(self) -> None:
        asked: list[tuple[datetime, datetime]] = []

        def fetch(start: datetime, end: datetime) -> UserDelegationKey:
            asked.append((start, end))
            return delegation_key(end)

        keys = DelegationKeys(fetch)
        hour = timedelta(hours=1)
        first = keys.get(NOW + hour, NOW)
        assert keys.get(NOW + 24 * hour, NOW) is first
        assert keys.get(NOW + 24 * hour, NOW + 23 * hour) is first
        assert len(asked) == 1
        assert keys.get(NOW + 26 * hour, NOW + 23 * hour) is not first
        assert [start for start, _ in asked] == [
            NOW - timedelta(minutes=15),
            NOW + 23 * hour - timedelta(minutes=15),
        ]

    def test_no_key_is_asked_for_beyond_seven_days(self) -> None:
        asked: list[datetime] = []

        def fetch(_start: datetime, end: datetime) -> UserDelegationKey:
            asked.append(end)
            return delegation_key(end)

        keys = DelegationKeys(fetch)
        week = timedelta(seconds=MAX_DELEGATION_SECONDS)
        keys.get(NOW + week, NOW)
        assert asked == [NOW + week]
        with pytest.raises(InvalidRequestError, match="seven days"):
            keys.get(NOW + week + timedelta(seconds=1), NOW)

    def test_threads_wait_for_one_answer(self) -> None:
        from concurrent.futures import ThreadPoolExecutor
        from threading import Event

        asked: list[datetime] = []
        answer = Event()

        def fetch(_start: datetime, end: datetime) -> UserDelegationKey:
            asked.append(end)
            assert answer.wait(10)
            return delegation_key(end)

        keys = DelegationKeys(fetch)
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(keys.get, END, NOW) for _ in range(8)]
            answer.set()
            got = {id(future.result()) for future in waiting}
        assert (len(asked), len(got)) == (1, 1)

    def test_no_repr_shows_the_key(self) -> None:
        assert KEY not in repr(delegation_key(END))
