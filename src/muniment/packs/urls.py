"""Addresses of packs, under ``/packs/``."""

from __future__ import annotations

from django.urls import path

from muniment.packs import views

app_name = "packs"

urlpatterns = [
    path("", views.index, name="index"),
    path("<uuid:pack_id>/", views.pack, name="pack"),
    path("<uuid:pack_id>/download/", views.download, name="download"),
    path("<uuid:pack_id>/retry/", views.retry, name="retry"),
    path("<uuid:pack_id>/verify/", views.verify, name="verify"),
    path("case/<uuid:case_id>/build/", views.build, name="build"),
]
