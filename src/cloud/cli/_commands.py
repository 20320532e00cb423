"""The commands: their names, arguments, and which function does the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloud.cli import (
    _coda_arguments,
    _fn_arguments,
    _newsletter_arguments,
    _openstack_arguments,
    _sync_arguments,
    _values,
    _vm_arguments,
)
from cloud.cli._command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser

_URL_HELP = "URL of an object, such as s3://bucket/key"
_FOLDER_HELP = "URL of a store, a bucket or a folder, such as s3://bucket/folder"


def _ls(parser: ArgumentParser) -> None:
    parser.add_argument("urls", metavar="URL", nargs="+", help=_FOLDER_HELP)
    parser.add_argument("-r", "--recursive", action="store_true", help="everything below, not one level")
    parser.add_argument("-l", "--long", action="store_true", help="time, size and storage class too")
    parser.add_argument("--bytes", action="store_true", help="sizes in bytes (with -l)")


def _cp(parser: ArgumentParser) -> None:
    parser.add_argument("sources", metavar="SOURCE", nargs="+", help="URL, path, or - for standard input")
    parser.add_argument("target", metavar="TARGET", help="URL, path, or - for standard output")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="one file: go on where an interrupted copy with --resume stopped, and keep what this one moves",
    )
    _add_tree_options(parser)
    _add_write_options(parser)


def _mv(parser: ArgumentParser) -> None:
    parser.add_argument("sources", metavar="SOURCE", nargs="+", help="URL or path")
    parser.add_argument("target", metavar="TARGET", help="URL or path")
    _add_tree_options(parser)
    _add_write_options(parser)


def _add_tree_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-r", "--recursive", action="store_true", help="folders: what is in SOURCE lands below TARGET"
    )
    parser.add_argument(
        "--workers",
        type=_values.positive,
        default=8,
        metavar="N",
        help="items in flight at once (default: 8)",
    )
    _values.add_bandwidth_limit(parser)
    parser.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="GLOB",
        help="with -r: only what fits; may be repeated",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="with -r: not what fits; may be repeated",
    )
    parser.add_argument(
        "--follow-symlinks", action="store_true", help="with -r: upload what symbolic links point to"
    )
    parser.add_argument(
        "--case-sensitive",
        action="store_true",
        help="with -r: the local folder keeps names apart that differ by case or Unicode form alone",
    )
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--if-absent", action="store_true", help="fail where the target exists")
    existing.add_argument("--no-overwrite", action="store_true", help="skip what exists at the target")


def _add_write_options(parser: ArgumentParser) -> None:
    parser.add_argument("--content-type", metavar="TYPE", help="media type (default: guessed from the name)")
    parser.add_argument(
        "--metadata",
        action="append",
        type=_values.pair,
        metavar="NAME=VALUE",
        help="a pair of your own; may be repeated",
    )
    parser.add_argument(
        "--storage-class", metavar="CLASS", help="the service's own word, such as STANDARD_IA"
    )


def _rm(parser: ArgumentParser) -> None:
    parser.add_argument("urls", metavar="URL", nargs="+", help=_URL_HELP)
    parser.add_argument("-r", "--recursive", action="store_true", help="everything in the folder URL")
    parser.add_argument("-n", "--dry-run", action="store_true", help="print what would be deleted")
    parser.add_argument(
        "--include", action="append", default=[], metavar="GLOB", help="with -r: only what fits"
    )
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="with -r: not what fits"
    )
    parser.add_argument(
        "-f", "--force", action="store_true", help="allow a whole bucket; a missing object is no error"
    )


def _cat(parser: ArgumentParser) -> None:
    parser.add_argument("urls", metavar="URL", nargs="+", help=_URL_HELP)
    parser.add_argument(
        "--range",
        type=_values.byte_range,
        metavar="A:B",
        help="bytes from A up to but not including B; --range=-100: for the last 100",
    )


def _put(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help=_URL_HELP)
    parser.add_argument("--text", metavar="TEXT", help="store this text (default: standard input)")
    parser.add_argument("--if-absent", action="store_true", help="fail where the object exists")
    parser.add_argument("--if-match", metavar="ETAG", help="store only if the object's ETag is this one")
    _add_write_options(parser)


def _stat(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="URL of an object or a bucket")


def _mb(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="URL of a bucket, such as s3://bucket")


def _rb(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="URL of a bucket, such as s3://bucket")
    parser.add_argument("-f", "--force", action="store_true", help="first delete everything in it")


def _du(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help=_FOLDER_HELP)
    parser.add_argument(
        "-d", "--max-depth", type=_values.natural, metavar="N", help="levels to show; 0 for the sum alone"
    )
    parser.add_argument("--bytes", action="store_true", help="sizes in bytes")


def _presign(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help=_URL_HELP)
    parser.add_argument(
        "--method",
        choices=("GET", "HEAD", "PUT", "DELETE"),
        default="GET",
        help="what it allows (default: GET)",
    )
    parser.add_argument(
        "--expires",
        type=_values.duration,
        default=3600,
        metavar="TIME",
        help="how long it works: 900, 15m, 1h, 7d (default: 1h)",
    )
    parser.add_argument("--content-type", metavar="TYPE", help="with PUT: the type that must be sent")


def _find(parser: ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help=_FOLDER_HELP)
    parser.add_argument("--name", metavar="GLOB", help="the last part of the key fits")
    parser.add_argument("--larger", type=_values.size, metavar="SIZE", help="more than 4096, 10K, 1.5M, 2G")
    parser.add_argument("--smaller", type=_values.size, metavar="SIZE", help="less than SIZE")
    parser.add_argument(
        "--newer", type=_values.moment, metavar="TIME", help="stored after 2024-05-01, or within 7d"
    )
    parser.add_argument("--older", type=_values.moment, metavar="TIME", help="stored before TIME")
    parser.add_argument("-0", "--null", action="store_true", help="end each URL with NUL, for xargs -0")


def _providers(parser: ArgumentParser) -> None:
    del parser  # it has no arguments of its own


def _completion(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell to complete in")


_TREES = "A folder may be written with or without its last slash. `cp -r dir s3://b/p` stores what is in dir below p/."
_ONE = "One file onto a URL or path that ends with a slash, a bucket, or an existing folder keeps its name."

COMMANDS: Final = (
    Command("ls", "list buckets, or one level of a bucket", "", _ls, "cloud.cli._listing:ls"),
    Command("cp", "copy files and objects", f"{_ONE}\n{_TREES}", _cp, "cloud.cli._copying:cp"),
    Command("mv", "move files and objects", f"{_ONE}\n{_TREES}", _mv, "cloud.cli._copying:mv"),
    Command(
        "sync",
        "make a folder or bucket what another one is",
        "What is in SOURCE lands in TARGET. An interrupted sync goes on where it was when it is run again.",
        _sync_arguments.sync,
        "cloud.cli._sync:run",
    ),
    Command(
        "check",
        "compare two folders or buckets",
        "Nothing is changed. The exit code is 3 where they differ.",
        _sync_arguments.check,
        "cloud.cli._check:run",
    ),
    Command(
        "cleanup",
        "remove what crashed transfers left",
        "Parts of unfinished uploads, staged files, and journals of syncs that nobody went on with.",
        _sync_arguments.cleanup,
        "cloud.cli._cleanup:run",
    ),
    Command("rm", "delete objects", "", _rm, "cloud.cli._removing:rm"),
    Command("cat", "write objects to standard output", "", _cat, "cloud.cli._content:cat"),
    Command("put", "store standard input or a text", "", _put, "cloud.cli._content:put"),
    Command("stat", "show what the store says about an object", "", _stat, "cloud.cli._content:stat"),
    Command("mb", "make a bucket", "", _mb, "cloud.cli._removing:mb"),
    Command("rb", "remove an empty bucket", "", _rb, "cloud.cli._removing:rb"),
    Command("du", "sum up the sizes of folders", "", _du, "cloud.cli._listing:du"),
    Command(
        "presign",
        "print a URL that works without credentials",
        "The URL is a secret: whoever has it may do what it says.",
        _presign,
        "cloud.cli._content:presign",
    ),
    Command(
        "find",
        "print the URLs of objects that fit",
        "All conditions must hold.",
        _find,
        "cloud.cli._listing:find",
    ),
    Command(
        "vm",
        "instances: virtual machines",
        "Of every provider that has a compute client.",
        commands=(
            Command("list", "list instances", "", _vm_arguments.list_, "cloud.cli._vm:list_"),
            Command("show", "show what is known of instances", "", _vm_arguments.show, "cloud.cli._vm:show"),
            Command(
                "create",
                "make an instance and print its id",
                "Where the service takes tokens, a lost answer never makes a second one.",
                _vm_arguments.create,
                "cloud.cli._vm:create",
            ),
            Command("start", "start instances", "", _vm_arguments.start, "cloud.cli._vm:start"),
            Command("stop", "stop instances", "", _vm_arguments.stop, "cloud.cli._vm:stop"),
            Command("reboot", "restart running instances", "", _vm_arguments.reboot, "cloud.cli._vm:reboot"),
            Command(
                "delete",
                "terminate instances, for ever",
                "",
                _vm_arguments.delete,
                "cloud.cli._vm:delete",
            ),
            Command(
                "wait", "wait until instances are in a state", "", _vm_arguments.wait, "cloud.cli._vm:wait"
            ),
            Command(
                "console",
                "print what an instance wrote to its console",
                "It may hold secrets that the instance printed.",
                _vm_arguments.console,
                "cloud.cli._vm:console_output",
            ),
        ),
    ),
    Command(
        "inventory",
        "list every resource of every configured provider",
        "A provider that cannot be asked is told, and the exit code is not 0.",
        _vm_arguments.inventory,
        "cloud.cli._inventory:inventory",
    ),
    Command(
        "fn",
        "functions: list, deploy, invoke, logs, rm",
        "PROVIDER is aws, or local: functions that run on this machine.",
        commands=(
            Command("list", "list functions", "", _fn_arguments.add_list, "cloud.cli._fn:fn_list"),
            Command(
                "deploy",
                "create a function, or bring it up to date",
                "What is there already is not sent again.",
                _fn_arguments.add_deploy,
                "cloud.cli._fn:deploy",
            ),
            Command(
                "invoke",
                "run a function and print what it returns, as JSON",
                "An invocation is never repeated.",
                _fn_arguments.add_invoke,
                "cloud.cli._fn:invoke",
            ),
            Command("logs", "print what a function wrote", "", _fn_arguments.add_logs, "cloud.cli._fn:logs"),
            Command("rm", "delete functions", "", _fn_arguments.add_rm, "cloud.cli._fn:rm"),
        ),
    ),
    *_openstack_arguments.GROUPS,
    _coda_arguments.GROUP,
    Command(
        "newsletter",
        "campaigns and contacts of Infomaniak's newsletter",
        "Campaigns are sent once: a lost answer is an error, and no second mail.",
        commands=(
            Command(
                "campaigns",
                "list campaigns",
                "",
                _newsletter_arguments.campaigns,
                "cloud.cli._newsletter:campaigns",
            ),
            Command(
                "send",
                "send a campaign, now or at a time",
                "",
                _newsletter_arguments.send,
                "cloud.cli._newsletter:send",
            ),
            Command(
                "stop",
                "keep a scheduled campaign from being sent",
                "",
                _newsletter_arguments.stop,
                "cloud.cli._newsletter:stop",
            ),
            Command(
                "import",
                "bring in contacts from a CSV file",
                "Contacts that were refused are printed with the reason.",
                _newsletter_arguments.import_,
                "cloud.cli._newsletter:import_",
            ),
        ),
    ),
    Command(
        "providers",
        "show what is installed and which credentials were found",
        "Values are never shown.",
        _providers,
        "cloud.cli._about:providers",
    ),
    Command(
        "completion",
        "print a script that completes commands and options",
        "",
        _completion,
        "cloud.cli._about:completion",
    ),
)
