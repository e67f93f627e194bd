"""Addresses of the pages of public sources, under ``/sources/``."""

from __future__ import annotations

from django.urls import path

from muniment.sources import views

app_name = "sources"

urlpatterns = [
    path("", views.index, name="index"),
    path("<uuid:snapshot_id>/", views.snapshot, name="snapshot"),
    path("<uuid:snapshot_id>/act/", views.act, name="act"),
]
