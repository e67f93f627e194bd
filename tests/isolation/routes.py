"""Every address of the house, read from the framework's own tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PAGE_METHODS = ("GET", "POST")
API_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """One address with its placeholders."""

    path: str
    name: str
    placeholders: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def methods(self) -> tuple[str, ...]:
        return API_METHODS if self.is_api else PAGE_METHODS

    def filled(self, values: dict[str, str]) -> str:
        """Return the address with its placeholders filled."""
        address = self.path
        for name in self.placeholders:
            start = next(
                part for part in _parts(address) if part.endswith((f":{name}", f"<{name}", f"{{{name}"))
            )
            address = address.replace(start + (">" if start.startswith("<") else "}"), values[name], 1)
        return address

    def __str__(self) -> str:
        return self.path


def _parts(address: str) -> list[str]:
    found = []
    for opening, closing in (("<", ">"), ("{", "}")):
        at = address.find(opening)
        while at >= 0:
            end = address.index(closing, at)
            found.append(address[at:end])
            at = address.find(opening, end)
    return found


def _walk(patterns: list[Any], prefix: str, space: tuple[str, ...], seen: tuple[str, ...]) -> Iterator[Route]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        names = (*seen, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            inner = (*space, pattern.namespace) if pattern.namespace else space
            yield from _walk(pattern.url_patterns, route, inner, names)
        elif isinstance(pattern, URLPattern):
            yield Route(f"/{route}", ":".join([*space, pattern.name or ""]), names)


def every_route() -> list[Route]:
    """Return every address, pages and API alike."""
    return sorted(_walk(get_resolver().url_patterns, "", (), ()), key=lambda route: route.path)
