"""The database's own refusal of any write that goes round the door.

For each guarded table there are triggers that refuse a write outside an action and a write for another tenant, and
that note each changed row so that the door can commit its digest. On PostgreSQL row-level security stands beside
them. They are (re)installed after every migration, from the models themselves, so that a new table cannot be
forgotten and a table rebuilt by SQLite does not lose them.

This is a seat belt against our own mistakes. Who owns the database can take triggers away; tamper *evidence* is the
ledger (``muniment ledger verify --deep``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.apps import apps
from django.db import models

from muniment.spine.scope import DEPLOYMENT


class Kept(StrEnum):
    """How a table may change."""

    GUARDED = "guarded"  # inside an action, for one's own tenant
    APPEND_ONLY = "append-only"  # written by the ledger's own hand, never changed, never deleted
    PRUNED = "pruned"  # append-only, but for rows below a bound that the ledger's own hand wrote down before
    QUEUE = "queue"  # written inside an action, taken away by the ledger's own hand
    REGISTER = "register"  # written and updated by the ledger's own hand only


#: The name under which the ledger itself writes; the function for PostgreSQL below repeats both names.
LEDGER_HAND: Final = "ledger.hand"

#: The name under which the ledger takes away what lies below a signed bound, and can do nothing else.
PRUNING_HAND: Final = "ledger.pruning_hand"

#: Tables without a guard, each with its reason. A house test holds this list against the models.
UNGUARDED: Final = {
    "django_migrations": "Django's own record of migrations, written by the owner role only",
    "django_content_type": "Django's own, written by migrations only",
    "auth_permission": "Django's own, unused: our permissions are action names",
    "auth_group": "Django's own, unused: our roles are rows of access",
    "auth_group_permissions": "Django's own, unused",
    "django_session": "rows hold a digest of a random key and sealed state; signing in and out are actions of access",
    "account_emailaddress": "allauth's own, unused: no addresses are kept for signing in",
    "account_emailconfirmation": "allauth's own, unused",
    "mfa_authenticator": "allauth's own; secrets are encrypted by our adapter and changes are recorded by access",
    "access_apicall": "answers kept for a day for a repeated API write; the change itself is an action",
    "access_remembered": "attempts and used codes of the last minutes, by keyed digest; the ledger has the sign-ins",
    "spine_tally": "counts of refusals of the last minute; each count becomes an entry, and the row goes",
    "spine_job": "the queue's leases change outside actions; a job's effect is an action",
}


#: Unguarded tables that row-level security isolates all the same, with their column of the tenant.
ISOLATED_ONLY: Final = {"access_apicall": "tenant_id"}


@dataclass(frozen=True, slots=True)
class GuardedTable:
    """A table under guard: its model, its column of the tenant and how it may change."""

    model: type[models.Model]
    kept: Kept
    public: bool

    @property
    def table(self) -> str:
        """Name of the table."""
        return str(self.model._meta.db_table)

    @property
    def key(self) -> str:
        """Column of the primary key."""
        column = self.model._meta.pk
        return str(column.column) if column is not None else "id"

    @property
    def bounds(self) -> str:
        """Name of the table of bounds below which rows of this one may go; empty for a table whose rows stay."""
        return str(getattr(self.model, "pruned_by", ""))

    @property
    def tenant_column(self) -> str:
        """Column of the tenant."""
        return str(getattr(self.model, "tenant_column", "tenant_id"))


def guarded_tables() -> list[GuardedTable]:
    """Return every guarded table, by name."""
    found = [
        GuardedTable(model, model.kept, bool(getattr(model, "public", False)))
        for model in apps.get_models(include_auto_created=True)
        if hasattr(model, "kept")
    ]
    return sorted(found, key=lambda item: item.table)


def table_named(name: str) -> GuardedTable:
    """Return the guarded table of this name.

    :raises KeyError: when no guarded table has it.
    """
    for item in guarded_tables():
        if item.table == name:
            return item
    raise KeyError(name)


# ---------------------------------------------------------------- SQLCipher


def _sqlite_conditions(item: GuardedTable, verb: str) -> list[tuple[str, str]]:
    """Return (condition, words) pairs; the first true one aborts the statement."""
    row = "OLD" if verb == "DELETE" else "NEW"
    tenant = "NULL" if item.tenant_column == "" else f"{row}.{item.tenant_column}"
    hand = f"muniment_action() IS NOT '{LEDGER_HAND}'"
    never = ("1", f"{item.table} is append-only")
    if item.kept is Kept.PRUNED and verb == "DELETE":
        below = (
            f"EXISTS (SELECT 1 FROM {item.bounds} b WHERE b.tenant_id = OLD.tenant_id AND b.cls = OLD.cls"  # noqa: S608  # names of our models
            " AND OLD.idx < b.bound AND OLD.at < b.before)"
        )
        unsigned = f"muniment_action() IS NOT '{PRUNING_HAND}' OR NOT {below}"
        return [(unsigned, f"{item.table} is append-only above the bound that was signed")]
    if item.kept in {Kept.APPEND_ONLY, Kept.PRUNED}:
        return [(hand, f"only the ledger writes {item.table}")] if verb == "INSERT" else [never]
    if item.kept is Kept.QUEUE and verb != "INSERT":
        return [never] if verb == "UPDATE" else [(hand, f"only the ledger empties {item.table}")]
    if item.kept is Kept.REGISTER:
        return [never] if verb == "DELETE" else [(hand, f"only the ledger writes {item.table}")]
    call = f"muniment_guard('{item.table}', {row}.{item.key}, {tenant})"
    conditions = [(f"{call} IS NOT NULL", f"write outside an action or for another tenant: {item.table}")]
    if verb == "UPDATE" and item.tenant_column:
        conditions.append(
            (
                f"OLD.{item.tenant_column} IS NOT NEW.{item.tenant_column}",
                f"a row of {item.table} keeps its tenant",
            )
        )
    return conditions


def sqlite_statements(item: GuardedTable) -> list[str]:
    """Return the statements that put this table under guard on SQLCipher."""
    statements = []
    for verb in ("INSERT", "UPDATE", "DELETE"):
        name = f"guard_{item.table}_{verb.lower()}"
        cases = " ".join(
            f"WHEN {condition} THEN RAISE(ABORT, '{words}')"
            for condition, words in _sqlite_conditions(item, verb)
        )
        statements += [
            f'DROP TRIGGER IF EXISTS "{name}"',
            f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{item.table}" BEGIN SELECT CASE {cases} END; END',
        ]
    return statements


# ---------------------------------------------------------------- PostgreSQL

POSTGRES_FUNCTION: Final = """
CREATE OR REPLACE FUNCTION muniment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  act text := coalesce(current_setting('muniment.action', true), '');
  kept text := TG_ARGV[0];
  changed record;
  below boolean;
BEGIN
  IF kept = 'pruned' AND TG_OP = 'DELETE' THEN
    EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || quote_ident(TG_ARGV[3]) || ' b WHERE b.tenant_id = $1.tenant_id'
      ' AND b.cls = $1.cls AND $1.idx < b.bound AND $1.at < b.before)' INTO below USING OLD;
    IF act <> 'ledger.pruning_hand' OR NOT below THEN
      RAISE EXCEPTION '% is append-only above the bound that was signed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF kept IN ('append-only', 'pruned') AND (TG_OP <> 'INSERT' OR act <> 'ledger.hand') THEN
    RAISE EXCEPTION '% is append-only and only the ledger writes it', TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  ELSIF kept = 'queue' AND (TG_OP = 'UPDATE' OR (TG_OP = 'DELETE' AND act <> 'ledger.hand') OR act = '') THEN
    RAISE EXCEPTION 'only the ledger empties %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  ELSIF kept = 'register' AND (TG_OP = 'DELETE' OR act <> 'ledger.hand') THEN
    RAISE EXCEPTION 'only the ledger writes %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  ELSIF kept = 'guarded' THEN
    IF act = '' THEN
      RAISE EXCEPTION 'write outside an action: %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
    IF TG_OP = 'UPDATE' AND TG_ARGV[2] <> ''
       AND to_jsonb(OLD)->>TG_ARGV[2] IS DISTINCT FROM to_jsonb(NEW)->>TG_ARGV[2] THEN
      RAISE EXCEPTION 'a row of % keeps its tenant', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO pg_temp.muniment_touched VALUES (TG_TABLE_NAME, to_jsonb(changed)->>TG_ARGV[1]) ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
"""


def _mine(column: str) -> str:
    return f"{column} = NULLIF(current_setting('muniment.tenant', true), '')::uuid"


def postgres_statements(item: GuardedTable) -> list[str]:
    """Return the statements that put this table under guard and forced row-level security on PostgreSQL."""
    table = f'"{item.table}"'
    statements = [
        f"DROP TRIGGER IF EXISTS guard ON {table}",
        (
            f"CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION muniment_guard('{item.kept}', '{item.key}', '{item.tenant_column}', '{item.bounds}')"
        ),
    ]
    mine = _mine(item.tenant_column)
    house = f"NULLIF(current_setting('muniment.tenant', true), '')::uuid = '{DEPLOYMENT}'::uuid"
    seen = f"({mine} OR {item.tenant_column} = '{DEPLOYMENT}'::uuid)" if item.public else mine
    if getattr(item.model, "seen_by_deployment", False):
        seen = f"({seen} OR {house})"
    return [*statements, *_policies(table, mine=mine, seen=seen)]


def _policies(table: str, *, mine: str, seen: str) -> list[str]:
    """Return the statements that let a table be read where ``seen`` holds and written where ``mine`` holds."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS tenant_reads ON {table}",
        f"DROP POLICY IF EXISTS tenant_writes ON {table}",
        f"DROP POLICY IF EXISTS tenant_changes ON {table}",
        f"DROP POLICY IF EXISTS tenant_removes ON {table}",
        f"CREATE POLICY tenant_reads ON {table} FOR SELECT USING ({seen})",
        f"CREATE POLICY tenant_writes ON {table} FOR INSERT WITH CHECK ({mine})",
        f"CREATE POLICY tenant_changes ON {table} FOR UPDATE USING ({mine}) WITH CHECK ({mine})",
        f"CREATE POLICY tenant_removes ON {table} FOR DELETE USING ({mine})",
    ]


def install(connection: Any) -> None:
    """Put every guarded table under guard; called after each migration, as the owner of the tables."""
    present = set(connection.introspection.table_names())
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgres:
            cursor.execute(POSTGRES_FUNCTION.replace("%", "%%"), ())
        write = postgres_statements if postgres else sqlite_statements
        for item in [item for item in guarded_tables() if item.table in present]:
            for statement in write(item):
                cursor.execute(statement)
        isolated = ISOLATED_ONLY if postgres else {}
        for table, column in [pair for pair in isolated.items() if pair[0] in present]:
            for statement in _policies(f'"{table}"', mine=_mine(column), seen=_mine(column)):
                cursor.execute(statement)
