"""Addresses of the pages of the firm's documents, under ``/evidence/``."""

from __future__ import annotations

from django.urls import path

from muniment.vault import views

app_name = "vault"

urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.upload, name="upload"),
    path("<uuid:document_id>/", views.document, name="document"),
    path("<uuid:document_id>/next/", views.next_version, name="next_version"),
    path("versions/<uuid:version_id>/", views.version, name="version"),
    path("versions/<uuid:version_id>/file/", views.download, name="download"),
]
