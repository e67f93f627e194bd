"""Every setting of an installation, read once and frozen.

Rules this file obeys: settings come from ``MUNIMENT_*`` variables or from ``DIR/muniment.toml``, the variable
wins; a name ending in ``_FILE`` reads a secret from that file; an unknown name or a malformed value stops the
process and names the line to mend. Everything else reads the object; nothing else reads the environment.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from muniment.spine.errors import Invalid
from muniment.spine.lines import header_lines

PREFIX: Final = "MUNIMENT_"
#: Variables with our prefix that belong to tests and the recipes, not to an installation.
NOT_SETTINGS: Final = frozenset({"MUNIMENT_SHARED", "MUNIMENT_STARTER"})
NOT_SETTINGS_PREFIXES: Final = ("MUNIMENT_TEST_",)

#: What an address of PostgreSQL may ask for behind the question mark; a slip in writing must not pass for nothing.
ASKED: Final = frozenset(
    [
        "application_name",
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "host",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "passfile",
        "require_auth",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcertmode",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
    ]
)
_PLACE: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]*)(?::([0-9]{1,5})?)?")


def _setting(doc: str, default: Any, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"doc": doc, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation was told.

    An empty string means *the default place under the home folder*.
    """

    home: Path = _setting(  # noqa: RUF009  # a dataclass field, made by our own function
        "Folder of the installation; everything persistent lies under it.", Path("home")
    )
    database: str = _setting(
        "Empty for the encrypted file under the home folder, or postgresql://user:password@host:port/name of "
        "the role that owns nothing.",
        "",
        secret=True,
    )
    database_owner: str = _setting(
        "PostgreSQL only: the address of the role that owns the tables; used by `muniment migrate`, and to rewrite "
        "tables after an erasure by the worker and by `muniment erase-subject clean`; pages are served without it.",
        "",
        secret=True,
    )
    key_file: str = _setting("The master key's file; keep it on another disk than the backups.", "")
    key_store: str = _setting(
        "Where wrapped keys are kept: empty for a small encrypted file, or postgresql://… of a second database.",
        "",
        secret=True,
    )
    erasure_journal: str = _setting(
        "The file of what was erased by order; keep it out of the backups of the database and of the keys. Empty means "
        "journal/erasures in the home folder.",
        "",
    )
    host: str = _setting("Address the web pages listen on.", "127.0.0.1")
    port: int = _setting("Port the web pages listen on.", 8443)
    public_url: str = _setting(
        "Address people type; decides which host names are answered.", "https://localhost:8443"
    )
    web_workers: int = _setting("Web processes.", 1)
    allow_egress: tuple[str, ...] = _setting(
        "Destinations (https://host or https://host:port) that may be called; empty means none.", ()
    )
    allow_egress_private: tuple[str, ...] = _setting(
        "Those that may be called although they lie in a private network or on this machine.", ()
    )
    egress_authorities: str = _setting(
        "A file of certificates (PEM) of authorities to trust besides the system's when calling out.", ""
    )
    witness_policy: str = _setting(
        "The file of the witnesses to ask and their quorum (C2SP tlog-policy); empty means witness.policy in the "
        "home folder, and none if it is not there.",
        "",
    )
    witness_mirrors: tuple[str, ...] = _setting(
        "Addresses of witnesses, as in the policy, that may also be given the entries (commitments without contents) "
        "to keep a copy; empty means none.",
        (),
    )
    unwitnessed_seconds: int = _setting(
        "How long an entry may wait for witnesses before somebody is told, in seconds.", 60
    )
    unwitnessed_entries: int = _setting(
        "How many entries may wait for witnesses before somebody is told.", 100
    )
    key_overlap_days: int = _setting(
        "For how many days the old keys of a log sign beside the new ones after a change of keys.", 30
    )
    timestamp_authorities: tuple[str, ...] = _setting(
        "One or two authorities that time-stamp the log each hour (RFC 3161): a name, its https address and the file "
        "of the certificates to trust (PEM), with spaces between; empty means none.",
        (),
    )
    otlp_address: str = _setting(
        "Where entries of the ledger are pushed to as they come (OTLP/HTTP, https://host:port/v1/logs, which must be "
        "an allowed destination too); empty means nowhere.",
        "",
    )
    otlp_headers: str = _setting(
        "Headers by which the collector knows this installation, one in a line as Name: value.",
        "",
        secret=True,
    )
    otlp_classes: tuple[str, ...] = _setting("Classes of entries that are pushed; empty means all.", ())
    log_level: str = _setting("debug, info, warning or error.", "info")
    session_hours: int = _setting("Hours until a signed-in person must sign in again.", 8)
    max_upload_mb: int = _setting("Largest file a person may upload, in mebibytes.", 64)
    debug: bool = _setting("Show details of our own faults on the page; never on a real installation.", False)

    @property
    def data(self) -> Path:
        """The folder of the database, the blobs and the log."""
        return self.home / "data"

    @property
    def database_file(self) -> Path:
        """The SQLCipher file, when there is one."""
        return self.data / "muniment.db"

    @property
    def master_key(self) -> Path:
        """The file of the deployment key."""
        return Path(self.key_file) if self.key_file else self.home / "keys" / "master.key"

    @property
    def key_store_file(self) -> Path:
        """The file of the key store, when it is a file."""
        return self.home / "keys" / "store.db"

    @property
    def journal_file(self) -> Path:
        """The erasure journal, which is carried out again after a restore."""
        return Path(self.erasure_journal) if self.erasure_journal else self.home / "journal" / "erasures"

    @property
    def signing_keys(self) -> Path:
        """The folder of the logs' signing keys; the web process has no business there."""
        return self.home / "keys" / "signing"

    @property
    def witnesses(self) -> Path:
        """The file of the witnesses and their quorum; it may be missing."""
        return Path(self.witness_policy) if self.witness_policy else self.home / "witness.policy"

    @property
    def on_postgres(self) -> bool:
        """Whether the tables are in PostgreSQL."""
        return self.database.startswith(("postgresql://", "postgres://"))


def _words(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _to_bool(text: str) -> bool:
    known = {"true": True, "false": False, "1": True, "0": False}
    if text.lower() not in known:
        raise ValueError("use true or false")
    return known[text.lower()]


def _parse(name: str, raw: Any, like: Any, where: str) -> Any:
    """Turn one raw value into the type of its default."""
    try:
        if isinstance(like, bool):
            value: Any = raw if isinstance(raw, bool) else _to_bool(str(raw))
        elif isinstance(like, int):
            if isinstance(raw, bool):
                raise ValueError("use a whole number")  # noqa: TRY004  # mapped to one sentence below
            value = int(str(raw))
        elif isinstance(like, tuple):
            parts = raw if isinstance(raw, list) else str(raw).split(",")
            value = tuple(part.strip() for part in parts if part.strip())
        elif isinstance(like, Path):
            value = Path(str(raw))
        else:
            if not isinstance(raw, str):
                raise ValueError("use a text in quotes")  # noqa: TRY004  # mapped to one sentence below
            value = raw
    except ValueError as why:
        detail = str(why) if str(why).startswith("use") else "use a whole number"
        raise Invalid(
            f"The setting {name} has a value that cannot be read.", todo=f"Mend it: {detail}.", where=where
        ) from None
    return value


def postgres_parts(address: str) -> dict[str, str]:
    """Return a PostgreSQL address in its parts, under the names that the server's own library gives them.

    Everything behind the question mark too: whoever asks for ``sslmode=verify-full`` must get it, and not a
    connection without a check. Several hosts are parted by commas (libpq, connection URIs). Read here and not by the
    library, so that whoever only reads settings loads no database.

    :raises ValueError: when it cannot be read; the words hold nothing of the address.
    """
    try:
        split = urlsplit(address)
        asked = parse_qsl(split.query, keep_blank_values=True, strict_parsing=bool(split.query))
    except ValueError:
        raise ValueError("not a PostgreSQL address") from None
    who, _, where = split.netloc.rpartition("@")
    user, _, password = who.partition(":")
    places = [_PLACE.fullmatch(place) for place in where.split(",")]
    name = unquote(split.path.removeprefix("/"))
    if not name or split.fragment or not {key for key, _ in asked} <= ASKED or not all(places):
        raise ValueError("not a PostgreSQL address")
    found = [place.groups("") for place in places if place]
    parts = {
        "user": unquote(user),
        "password": unquote(password),
        "host": ",".join(unquote(host.strip("[]")) for host, _ in found),
        "port": ",".join(port for _, port in found) if any(port for _, port in found) else "",
        "dbname": name,
    }
    return {key: value for key, value in parts.items() if value} | dict(asked)


def _is_postgres(address: str) -> bool:
    if not address.startswith(("postgresql://", "postgres://")):
        return False
    try:
        return bool(postgres_parts(address))
    except ValueError:
        return False


def _check(settings: Settings) -> None:
    """Refuse values that are well-formed and still wrong."""
    if not 1 <= settings.port <= 65535:
        raise Invalid("The port is not between 1 and 65535.", todo="Mend MUNIMENT_PORT.", where="port")
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise Invalid(
            "The log level is not known.", todo="Use debug, info, warning or error.", where="log_level"
        )
    for name in (
        "web_workers",
        "session_hours",
        "max_upload_mb",
        "unwitnessed_seconds",
        "unwitnessed_entries",
        "key_overlap_days",
    ):
        if getattr(settings, name) < 1:
            raise Invalid(f"The setting {name} must be at least 1.", todo=f"Mend {_words(name)}.", where=name)
    if urlsplit(settings.public_url).scheme != "https" or not urlsplit(settings.public_url).hostname:
        raise Invalid(
            "The public address is not an https address.",
            todo="Write it like https://host:port.",
            where="public_url",
        )
    for name in ("database", "database_owner", "key_store"):
        value = getattr(settings, name)
        if value and not _is_postgres(value):
            raise Invalid(
                f"The setting {name} is not a PostgreSQL address.",
                todo=f"Leave {_words(name)} empty, or write it like postgresql://user:password@host:port/name.",
                where=name,
            )
    header_lines(settings.otlp_headers)
    if settings.otlp_address and urlsplit(settings.otlp_address).scheme != "https":
        raise Invalid(
            "The collector's address is not an https address.",
            todo="Write it like https://host:port/v1/logs.",
            where="otlp_address",
        )
    for place in (*settings.allow_egress, *settings.allow_egress_private):
        parts = urlsplit(place)
        if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/"):
            raise Invalid(
                "A permitted destination is not an https address without a path.",
                todo="Mend MUNIMENT_ALLOW_EGRESS or MUNIMENT_ALLOW_EGRESS_PRIVATE.",
                where="allow_egress",
            )


def _from_file(home: Path) -> dict[str, tuple[Any, str]]:
    path = home / "muniment.toml"
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise Invalid("The file muniment.toml cannot be read.", todo=f"Mend it: {why}.") from None
    return {name: (value, f"muniment.toml, {name}") for name, value in table.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        if variable.startswith(NOT_SETTINGS_PREFIXES):
            continue
        name = variable.removeprefix(PREFIX).lower()
        value: Any = text
        if name.endswith("_file") and name != "key_file":
            name = name.removesuffix("_file")
            try:
                value = Path(text).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise Invalid("A secret's file cannot be read.", todo=f"Mend {variable}.") from None
        found[name] = (value, variable)
    return found


def load(environ: Mapping[str, str], *, home: Path | None = None) -> Settings:
    """Read the settings from variables and the file in the home folder.

    :raises Invalid: for an unknown name or a malformed value, naming the line to mend.
    """
    given = _from_environment(environ)
    if home is not None:
        given["home"] = (str(home), "--home")
    base = Path(str(given["home"][0])) if "home" in given else Settings().home
    given = {**_from_file(base), **given}
    defaults = {item.name: item.default for item in fields(Settings)}
    values: dict[str, Any] = {}
    for name, (raw, where) in given.items():
        if name not in defaults:
            raise Invalid(
                f"There is no setting called {name}.", todo="Remove it or mend its name.", where=where
            )
        values[name] = _parse(name, raw, defaults[name], where)
    settings = Settings(**values)
    _check(settings)
    return settings


@cache
def current() -> Settings:
    """Return the settings of this process, read from its environment once."""
    return load(os.environ)


def masked(settings: Settings) -> dict[str, Any]:
    """Return every setting as text for people, with secrets masked."""
    shown: dict[str, Any] = {}
    for item in fields(Settings):
        value = getattr(settings, item.name)
        if item.name == "otlp_headers":
            value = "\n".join(f"{name}: …" for name in header_lines(value))
        elif item.metadata["secret"] and value:
            parts = postgres_parts(value)
            more = sorted({*parts} - {"user", "password", "host", "port", "dbname", "sslpassword"})
            place = f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/{parts['dbname']}"
            value = f"postgresql://…@{place}" + "".join(f", {name}={parts[name]}" for name in more)
        shown[item.name] = (
            str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
        )
    return shown
