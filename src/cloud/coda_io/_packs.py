"""Packs, their versions, releases, reviews and uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cloud.coda_io._core import CodaCore, commas, text_of
from cloud.coda_io._pack_records import (
    FinishedUpload,
    NextPackVersion,
    Pack,
    PackRelease,
    PackReview,
    PackVersion,
    PackVersionDiffs,
    SourceFile,
    Upload,
    VersionProblem,
)
from cloud.coda_io._record import integer, many
from cloud.common.errors import ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cloud.common._paging import Pager

PackAccess = Literal["none", "view", "test", "edit", "admin"]


class PackOperations(CodaCore):
    """Operations on Packs that you build. What makes something is sent once only."""

    def list_packs(
        self,
        access_type: PackAccess | None = None,
        access_types: Iterable[PackAccess] | None = None,
        sort_by: Literal["title", "createdAt", "updatedAt"] | None = None,
        limit: int | None = None,
        direction: Literal["ascending", "descending"] | None = None,
        page_token: str | None = None,
        only_workspace_id: str | None = None,
        parent_workspace_ids: Iterable[str] | None = None,
        exclude_public_packs: bool | None = None,
        exclude_individual_acls: bool | None = None,
        exclude_workspace_acls: bool | None = None,
        exclude_nomos_organization_acls: bool | None = None,
        exclude_grammarly_institution_acls: bool | None = None,
        pack_entrypoint: Literal["go", "docs"] | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[Pack]:
        """Return the Packs that the token may see.

        Args:
            access_type: that you have this access to.
            access_types: that you have one of these accesses to.
            sort_by: order.
            limit: Packs in all.
            direction: ``ascending`` or ``descending``.
            page_token: where to go on; nothing else counts then.
            only_workspace_id: of this workspace.
            parent_workspace_ids: shared with these workspaces.
            exclude_public_packs, exclude_individual_acls, exclude_workspace_acls,
            exclude_nomos_organization_acls, exclude_grammarly_institution_acls: leave out those that you see
                for that reason only.
            pack_entrypoint: for ``docs`` or for ``go``.
            page_size: Packs per request.
        """
        return self._list(
            "list_packs",
            Pack.from_dict,
            query={
                "accessType": access_type,
                "accessTypes": commas(access_types, "access_types"),
                "sortBy": sort_by,
                "direction": direction,
                "onlyWorkspaceId": only_workspace_id,
                "parentWorkspaceIds": commas(parent_workspace_ids, "parent_workspace_ids"),
                "excludePublicPacks": exclude_public_packs,
                "excludeIndividualAcls": exclude_individual_acls,
                "excludeWorkspaceAcls": exclude_workspace_acls,
                "excludeNomosOrganizationAcls": exclude_nomos_organization_acls,
                "excludeGrammarlyInstitutionAcls": exclude_grammarly_institution_acls,
                "packEntrypoint": pack_entrypoint,
            },
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def create_pack(
        self,
        workspace_id: str | None = None,
        name: str | None = None,
        description: str | None = None,
        source_pack_id: int | None = None,
    ) -> int:
        """Return the id of the Pack that was made, in `workspace_id`, as a copy of `source_pack_id` if given."""
        body = {
            "workspaceId": workspace_id,
            "name": name,
            "description": description,
            "sourcePackId": source_pack_id,
        }
        return self._one("create_pack", _pack_id, body=body)

    def get_pack(self, pack_id: int | str) -> Pack:
        """Return a Pack."""
        return self._one("get_pack", Pack.from_dict, pack_id)

    def update_pack(
        self,
        pack_id: int | str,
        *,
        name: str | None = None,
        description: str | None = None,
        short_description: str | None = None,
        agent_short_description: str | None = None,
        agent_description: str | None = None,
        support_email: str | None = None,
        terms_of_service_url: str | None = None,
        privacy_policy_url: str | None = None,
        logo: Mapping[str, Any] | None = None,
        cover: Mapping[str, Any] | None = None,
        example_images: Iterable[Mapping[str, Any]] | None = None,
        agent_images: Iterable[Mapping[str, Any]] | None = None,
        overall_rate_limit: Mapping[str, int] | None = None,
        per_connection_rate_limit: Mapping[str, int] | None = None,
        source_code_visibility: Literal["private", "shared"] | None = None,
        pack_entrypoints: Iterable[Literal["go", "docs"]] | None = None,
    ) -> Pack:
        """Change a Pack; what is None stays.

        Args:
            pack_id: the Pack.
            name, description, short_description, agent_short_description, agent_description, support_email,
            terms_of_service_url, privacy_policy_url, source_code_visibility, pack_entrypoints: see `Pack`.
            logo, cover, example_images, agent_images: uploaded pictures, each
                ``{"assetId": ..., "filename": ...}`` (see `upload_pack_asset`).
            overall_rate_limit, per_connection_rate_limit: ``{"intervalSeconds": 60,
                "operationsPerInterval": 10}``.
        """
        body = {
            "name": name,
            "description": description,
            "shortDescription": short_description,
            "agentShortDescription": agent_short_description,
            "agentDescription": agent_description,
            "supportEmail": support_email,
            "termsOfServiceUrl": terms_of_service_url,
            "privacyPolicyUrl": privacy_policy_url,
            "logo": _object(logo),
            "cover": _object(cover),
            "exampleImages": None if example_images is None else [dict(image) for image in example_images],
            "agentImages": None if agent_images is None else [dict(image) for image in agent_images],
            "overallRateLimit": _object(overall_rate_limit),
            "perConnectionRateLimit": _object(per_connection_rate_limit),
            "sourceCodeVisibility": source_code_visibility,
            "packEntrypoints": None if pack_entrypoints is None else list(pack_entrypoints),
        }
        return self._one("update_pack", Pack.from_dict, pack_id, body=body)

    def delete_pack(self, pack_id: int | str) -> None:
        """Delete a Pack."""
        self._done("delete_pack", pack_id)

    def get_pack_configuration_schema(self, pack_id: int | str) -> dict[str, Any]:
        """Return the JSON Schema of a Pack's configuration."""
        return self._one("get_pack_configuration_schema", dict, pack_id)

    # -- versions ----------------------------------------------------------------------------------------------
    def list_pack_versions(
        self,
        pack_id: int | str,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackVersion]:
        """Return the versions of a Pack."""
        return self._list(
            "list_pack_versions",
            PackVersion.from_dict,
            pack_id,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def get_next_pack_version(
        self, pack_id: int | str, proposed_metadata: str, sdk_version: str | None = None
    ) -> NextPackVersion:
        """Return the number that a version with this metadata (JSON as a text) would get."""
        body = {"proposedMetadata": proposed_metadata, "sdkVersion": sdk_version}
        return self._one("get_next_pack_version", NextPackVersion.from_dict, pack_id, body=body)

    def get_pack_version_diffs(
        self, pack_id: int | str, base_pack_version: str, target_pack_version: str
    ) -> PackVersionDiffs:
        """Return how two versions differ."""
        return self._one(
            "get_pack_version_diffs",
            PackVersionDiffs.from_dict,
            pack_id,
            base_pack_version,
            target_pack_version,
        )

    def register_pack_version(self, pack_id: int | str, pack_version: str, bundle_hash: str) -> Upload:
        """Return where to upload the bundle of a new version, whose SHA-256 is `bundle_hash`."""
        return self._one(
            "register_pack_version",
            Upload.from_dict,
            pack_id,
            pack_version,
            body={"bundleHash": bundle_hash},
        )

    def complete_pack_version_upload(
        self,
        pack_id: int | str,
        pack_version: str,
        notes: str | None = None,
        source: Literal["web", "cli"] | None = None,
        allow_older_sdk_version: bool | None = None,
    ) -> tuple[VersionProblem, ...]:
        """Make a version of an uploaded bundle; return what in it will not work for ever."""
        return self._one(
            "complete_pack_version_upload",
            lambda document: many(VersionProblem)(document.get("deprecationWarnings")) or (),
            pack_id,
            pack_version,
            body={"notes": notes, "source": source, "allowOlderSdkVersion": allow_older_sdk_version},
        )

    def upload_pack_source_code(
        self, pack_id: int | str, payload_hash: str, filename: str, pack_version: str | None = None
    ) -> Upload:
        """Return where to upload a file of source code, whose SHA-256 is `payload_hash`."""
        body = {"payloadHash": payload_hash, "filename": filename, "packVersion": pack_version}
        return self._one("upload_pack_source_code", Upload.from_dict, pack_id, body=body)

    def complete_pack_source_code_upload(
        self, pack_id: int | str, pack_version: str, filename: str, code_hash: str
    ) -> FinishedUpload:
        """Say that a file of source code was uploaded."""
        return self._one(
            "complete_pack_source_code_upload",
            FinishedUpload.from_dict,
            pack_id,
            pack_version,
            body={"filename": filename, "codeHash": code_hash},
        )

    def get_pack_source_code(self, pack_id: int | str, pack_version: str) -> tuple[SourceFile, ...]:
        """Return the files of a version's source code, with addresses to read them from."""
        return self._one("get_pack_source_code", _files, pack_id, pack_version)

    def upload_pack_asset(
        self,
        pack_id: int | str,
        pack_asset_type: Literal["logo", "cover", "exampleImage", "agentImage"],
        image_hash: str,
        mime_type: str,
        filename: str,
    ) -> Upload:
        """Return where to upload a picture, whose SHA-256 is `image_hash`."""
        body = {
            "packAssetType": pack_asset_type,
            "imageHash": image_hash,
            "mimeType": mime_type,
            "filename": filename,
        }
        return self._one("upload_pack_asset", Upload.from_dict, pack_id, body=body)

    def complete_pack_asset_upload(
        self, pack_id: int | str, pack_asset_id: str, pack_asset_type: str
    ) -> FinishedUpload:
        """Say that a picture was uploaded."""
        return self._one(
            "complete_pack_asset_upload", FinishedUpload.from_dict, pack_id, pack_asset_id, pack_asset_type
        )

    # -- releases and reviews ----------------------------------------------------------------------------------
    def create_pack_release(
        self, pack_id: int | str, pack_version: str, release_notes: str | None = None
    ) -> PackRelease:
        """Return the release that was made of a version."""
        body = {"packVersion": pack_version, "releaseNotes": release_notes}
        return self._one("create_pack_release", PackRelease.from_dict, pack_id, body=body)

    def list_pack_releases(
        self,
        pack_id: int | str,
        limit: int | None = None,
        page_token: str | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackRelease]:
        """Return the releases of a Pack."""
        return self._list(
            "list_pack_releases",
            PackRelease.from_dict,
            pack_id,
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def update_pack_release(
        self, pack_id: int | str, pack_release_id: int | str, release_notes: str | None = None
    ) -> PackRelease:
        """Change the notes of a release."""
        body = {"releaseNotes": release_notes}
        return self._one("update_pack_release", PackRelease.from_dict, pack_id, pack_release_id, body=body)

    def list_pack_reviews(
        self,
        pack_id: int | str,
        limit: int | None = None,
        page_token: str | None = None,
        status: Literal["pending", "approved", "denied", "canceled", "superseded"] | None = None,
        *,
        page_size: int | None = None,
    ) -> Pager[PackReview]:
        """Return the reviews of a Pack, of one status or of all."""
        return self._list(
            "list_pack_reviews",
            PackReview.from_dict,
            pack_id,
            query={"status": status},
            limit=limit,
            page_token=page_token,
            page_size=page_size,
        )

    def create_pack_review(
        self, pack_id: int | str, pack_version: str | None = None, release_notes: str | None = None
    ) -> str:
        """Ask for a review; return its id."""
        body = {"packVersion": pack_version, "releaseNotes": release_notes}
        return self._one("create_pack_review", text_of("packReviewId"), pack_id, body=body)

    def cancel_pack_review(self, pack_id: int | str) -> None:
        """Take the pending review back."""
        self._done("cancel_pack_review", pack_id)


def _object(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else dict(value)


def _pack_id(document: dict[str, Any]) -> int:
    found = integer(document.get("packId"))
    if found is None:
        raise ServiceUnavailableError("the answer holds no 'packId': this was not the service")
    return found


def _files(document: dict[str, Any]) -> tuple[SourceFile, ...]:
    found = many(SourceFile)(document.get("files"))
    if found is None:
        raise ServiceUnavailableError("the answer holds no list 'files': this was not the service")
    return found
