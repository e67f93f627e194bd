"""Words by which entries are looked up along an index of short numbers.

Rules: on SQLCipher an index would hold each word, and the tenant as 32 letters, once more for each entry; it holds
three bytes of each instead, which the database makes from the row itself (``muniment_short``). A question gives the
short numbers beside the words: the index finds the rows, and the words themselves decide. PostgreSQL keeps whole
words in its indexes: under row-level security it uses no index on what a function makes of a row.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In

from muniment.spine.backends.sqlcipher.short import short
from muniment.spine.scope import active_tenant


class Short(models.Func):
    """What an index holds of a column: a short number on SQLCipher, the column itself on PostgreSQL."""

    function = "muniment_short"
    arity = 1
    output_field = models.IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """Return the column itself."""
        return self.as_sql(compiler, connection, template="%(expressions)s")


class Word(models.CharField[str, str]):
    """A word by which entries are looked up."""

    def deconstruct(self) -> Any:
        """Return a plain field of letters: that is what the table has."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def _beside(lookup: Any, compiler: Any, found: tuple[str, Any], words: list[str]) -> tuple[str, Any]:
    """Return the condition of a lookup with the short numbers of its words beside it."""
    tenant, column = active_tenant(), lookup.lhs
    if tenant is None or not isinstance(column, Col) or not words:
        return found
    key: Any = column.target.model._meta.get_field("tenant_id")
    of_tenant, _ = compiler.compile(Short(Col(column.alias, key)))
    of_word, _ = compiler.compile(Short(column))
    numbers = ", ".join(str(one) for one in sorted({short(word) for word in words}))
    condition, params = found
    beside = f"{of_tenant} = {short(tenant.hex)} AND {of_word}"
    beside += f" IN ({numbers})" if "," in numbers else f" = {numbers}"
    return f"({condition} AND {beside})", params


@Word.register_lookup
class SameWord(Exact):
    """A column is this word."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """Return the condition with its short number beside it."""
        words = [self.rhs] if isinstance(self.rhs, str) else []
        return _beside(self, compiler, self.as_sql(compiler, connection), words)


@Word.register_lookup
class AmongWords(In):
    """A column is one of these words."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """Return the condition with their short numbers beside it."""
        words = [*self.rhs] if isinstance(self.rhs, list | tuple | set | frozenset) else []
        return _beside(self, compiler, self.as_sql(compiler, connection), words)
