"""What only Lambda has: versions, aliases, URLs, concurrency, layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, final

from cloud.aws._lambda_records import (
    function_alias,
    function_info,
    function_url,
    layer_version,
    name_problem,
)
from cloud.aws._session import AwsClient
from cloud.common._base_serverless import BaseServerlessClient
from cloud.common._packaging import packed
from cloud.common._paging import Page, Pager
from cloud.common.errors import AlreadyExistsError, InvalidRequestError, NotFoundError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from cloud.common.models import FunctionAlias, FunctionInfo, FunctionUrl, LayerVersion

T = TypeVar("T")

_PUBLIC_STATEMENTS = ("cloud-public-url", "cloud-public-url-invoke")


class LambdaManagement(AwsClient, BaseServerlessClient):
    """The methods that only `LambdaClient` has."""

    # -- versions ----------------------------------------------------------------------------------------------
    @final
    def publish_version(
        self, function_name: str, *, description: str | None = None, code_sha256: str | None = None
    ) -> FunctionInfo:
        """Return a version of the function that never changes.

        Publishing again without a change in between gives the same version.

        Args:
            description: what people read about it.
            code_sha256: publish only if the code is this one (`FunctionInfo.code_sha256`).
        """
        self._check_name(function_name)
        return self._run(
            "publish_version",
            function_name,
            lambda: self._read(
                function_info,
                "publish_version",
                FunctionName=function_name,
                Description=description,
                CodeSha256=code_sha256,
            ),
        )

    @final
    def list_versions(self, function_name: str) -> list[FunctionInfo]:
        """Return all versions of the function, ``$LATEST`` first."""
        self._check_name(function_name)
        return self._items(
            "list_versions",
            function_name,
            "list_versions_by_function",
            "Versions",
            function_info,
            FunctionName=function_name,
        )

    # -- aliases -----------------------------------------------------------------------------------------------
    @final
    def create_alias(
        self,
        function_name: str,
        alias: str,
        version: str,
        *,
        weights: Mapping[str, float] | None = None,
        description: str | None = None,
    ) -> FunctionAlias:
        """Return the new alias of a version.

        Args:
            alias: its name; ``function:alias`` invokes it.
            version: number of the version, or ``$LATEST``.
            weights: share of the invocations that go to one other version instead, 0 to 1.
            description: what people read about it.

        Raises:
            AlreadyExistsError: there is an alias of that name.
        """
        return self._set_alias("create_alias", function_name, alias, version, weights, description)

    @final
    def update_alias(
        self,
        function_name: str,
        alias: str,
        *,
        version: str | None = None,
        weights: Mapping[str, float] | None = None,
        description: str | None = None,
    ) -> FunctionAlias:
        """Return the alias after it was changed; None leaves what is there, empty `weights` remove them."""
        return self._set_alias("update_alias", function_name, alias, version, weights, description)

    @final
    def get_alias(self, function_name: str, alias: str) -> FunctionAlias:
        """Return the alias; NotFoundError when there is none."""
        self._check_alias(function_name, alias)
        return self._run(
            "get_alias",
            f"{function_name}:{alias}",
            lambda: self._read(
                lambda answer: function_alias(function_name, answer),
                "get_alias",
                FunctionName=function_name,
                Name=alias,
            ),
        )

    @final
    def list_aliases(self, function_name: str) -> list[FunctionAlias]:
        """Return all aliases of the function."""
        self._check_name(function_name)
        return self._items(
            "list_aliases",
            function_name,
            "list_aliases",
            "Aliases",
            lambda item: function_alias(function_name, item),
            FunctionName=function_name,
        )

    @final
    def delete_alias(self, function_name: str, alias: str) -> bool:
        """Make sure that the alias is gone; False when there was none.

        Raises:
            NotFoundError: there is no such function.
        """
        try:  # the service calls the deletion of what is not there a success
            self.get_alias(function_name, alias)
        except NotFoundError:
            self._described("delete_alias", function_name)
            return False
        self._run(
            "delete_alias",
            f"{function_name}:{alias}",
            lambda: self._call("delete_alias", FunctionName=function_name, Name=alias),
        )
        return True

    def _set_alias(
        self,
        operation: str,
        name: str,
        alias: str,
        version: str | None,
        weights: Mapping[str, float] | None,
        description: str | None,
    ) -> FunctionAlias:
        self._check_alias(name, alias)
        for share in (weights or {}).values():
            if not 0 <= share <= 1:
                raise InvalidRequestError(f"a weight is a share from 0 to 1, not {share}")
        routing = None if weights is None else {"AdditionalVersionWeights": dict(weights)}

        def send() -> FunctionAlias:
            return self._read(
                lambda answer: function_alias(name, answer),
                operation,
                FunctionName=name,
                Name=alias,
                FunctionVersion=version,
                Description=description,
                RoutingConfig=routing,
            )

        return self._run(operation, f"{name}:{alias}", send, idempotent=operation != "create_alias")

    def _check_alias(self, function_name: str, alias: str) -> None:
        self._check_name(function_name)
        if name_problem(f"{function_name}:{alias}", qualified=True) is not None or alias.isdecimal():
            raise InvalidRequestError(f"{alias!r} is no alias: letters, digits, - and _, not digits alone")

    # -- URLs --------------------------------------------------------------------------------------------------
    @final
    def create_function_url(self, function_name: str, *, public: bool = False) -> FunctionUrl:
        """Return a new HTTPS address of the function.

        Args:
            function_name: the function.
            public: everybody on the internet may call it; the function's policy gets the two statements that
                this needs (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html). Otherwise requests
                must be signed by somebody who may invoke it.

        Raises:
            AlreadyExistsError: it has one.
        """
        self._check_name(function_name)
        kind = "NONE" if public else "AWS_IAM"
        made = self._run(
            "create_function_url",
            function_name,
            lambda: self._read(
                lambda answer: function_url(function_name, answer),
                "create_function_url_config",
                FunctionName=function_name,
                AuthType=kind,
            ),
            idempotent=False,
        )
        if public:
            self._allow_everybody(function_name)
        return made

    @final
    def get_function_url(self, function_name: str) -> FunctionUrl:
        """Return the function's address; NotFoundError when it has none."""
        self._check_name(function_name)
        return self._run(
            "get_function_url",
            function_name,
            lambda: self._read(
                lambda answer: function_url(function_name, answer),
                "get_function_url_config",
                FunctionName=function_name,
            ),
        )

    @final
    def delete_function_url(self, function_name: str) -> bool:
        """Make sure that the function has no address, and that nobody is allowed by it; False when it had none."""
        self._check_name(function_name)
        try:
            self._run(
                "delete_function_url",
                function_name,
                lambda: self._call("delete_function_url_config", FunctionName=function_name),
            )
        except NotFoundError:
            return False
        for statement in _PUBLIC_STATEMENTS:
            self._forbid(function_name, statement)
        return True

    def _allow_everybody(self, name: str) -> None:
        granted: tuple[dict[str, Any], ...] = (
            {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
            {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
        )
        for statement, grant in zip(_PUBLIC_STATEMENTS, granted, strict=True):
            arguments = {"FunctionName": name, "StatementId": statement, "Principal": "*", **grant}
            try:
                self._run(
                    "create_function_url",
                    name,
                    lambda arguments=arguments: self._call("add_permission", **arguments),  # type: ignore[misc]  # mypy cannot infer a default's type
                )
            except AlreadyExistsError:
                continue  # as asked

    def _forbid(self, name: str, statement: str) -> None:
        try:
            self._run(
                "delete_function_url",
                name,
                lambda: self._call("remove_permission", FunctionName=name, StatementId=statement),
            )
        except NotFoundError:
            return  # the address was not public

    # -- concurrency -------------------------------------------------------------------------------------------
    @final
    def get_concurrency(self, function_name: str) -> int | None:
        """Return how many invocations are reserved for the function; None when none are."""
        self._check_name(function_name)

        def reserved(answer: Mapping[str, Any]) -> int | None:
            found = answer.get("ReservedConcurrentExecutions")
            return None if found is None else int(found)

        return self._run(
            "get_concurrency",
            function_name,
            lambda: self._read(reserved, "get_function_concurrency", FunctionName=function_name),
        )

    @final
    def set_concurrency(self, function_name: str, reserved: int | None) -> None:
        """Reserve invocations for the function, which are also its most at a time; None gives them back.

        0 stops the function: every invocation is refused.
        """
        self._check_name(function_name)
        if reserved is None:
            self._run(
                "set_concurrency",
                function_name,
                lambda: self._call("delete_function_concurrency", FunctionName=function_name),
            )
            return
        if reserved < 0:
            raise InvalidRequestError(f"reserved must not be negative: {reserved}")
        self._run(
            "set_concurrency",
            function_name,
            lambda: self._call(
                "put_function_concurrency", FunctionName=function_name, ReservedConcurrentExecutions=reserved
            ),
        )

    # -- layers ------------------------------------------------------------------------------------------------
    @final
    def publish_layer(
        self,
        name: str,
        code_path: str | os.PathLike[str],
        *,
        runtimes: Sequence[str] = (),
        description: str | None = None,
    ) -> LayerVersion:
        """Return a new version of a layer, made from a folder or zip; for Python its files are below ``python/``.

        Raises:
            OutcomeUnknownError: the answer was lost; there may be a version that nobody uses.
        """
        self._check_name(name)
        limits = self._function_limits
        with packed(
            code_path,
            max_package_bytes=limits.max_package_bytes,
            max_unpacked_bytes=limits.max_unpacked_bytes,
            hint=limits.package_hint,
        ) as package:
            content = self._run("publish_layer", name, lambda: self._place_code(name, package))

            def send() -> LayerVersion:
                return self._read(
                    lambda answer: layer_version(name, answer),
                    "publish_layer_version",
                    LayerName=name,
                    Content=content,
                    Description=description,
                    CompatibleRuntimes=list(runtimes) or None,
                )

            return self._run("publish_layer", name, send, idempotent=False)

    @final
    def list_layers(self) -> list[LayerVersion]:
        """Return the newest version of every layer."""
        return self._items(
            "list_layers",
            "",
            "list_layers",
            "Layers",
            lambda item: layer_version(item["LayerName"], item["LatestMatchingVersion"]),
        )

    @final
    def list_layer_versions(self, name: str) -> list[LayerVersion]:
        """Return all versions of a layer, newest first; empty when there is none."""
        self._check_name(name)
        return self._items(
            "list_layer_versions",
            name,
            "list_layer_versions",
            "LayerVersions",
            lambda item: layer_version(name, item),
            LayerName=name,
        )

    @final
    def delete_layer_version(self, name: str, version: int) -> None:
        """Make sure that this version of a layer is gone; functions that use it keep it."""
        self._check_name(name)
        self._run(
            "delete_layer_version",
            f"{name}:{version}",
            lambda: self._call("delete_layer_version", LayerName=name, VersionNumber=version),
        )

    def _items(
        self,
        operation: str,
        resource: str,
        method: str,
        field: str,
        make: Callable[[Mapping[str, Any]], T],
        **arguments: Any,
    ) -> list[T]:
        """Return the records of what all pages of a listing hold."""

        def page(answer: Mapping[str, Any]) -> Page[T]:
            return Page(tuple(make(item) for item in answer[field]), (), answer.get("NextMarker") or None)

        def fetch(token: str | None) -> Page[T]:
            return self._run(operation, resource, lambda: self._read(page, method, Marker=token, **arguments))

        return Pager(fetch).to_list()
