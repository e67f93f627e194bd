"""Addresses of the pages of scans and findings, under ``/scans/``."""

from __future__ import annotations

from django.urls import path

from muniment.scans import views

app_name = "scans"

urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.start, name="start"),
    path("<uuid:scan_id>/", views.scan, name="scan"),
    path("<uuid:scan_id>/quotes/", views.quotes, name="quotes"),
    path("<uuid:scan_id>/replay/", views.replay, name="replay"),
    path("<uuid:scan_id>/retry/", views.retry, name="retry"),
    path("<uuid:scan_id>/state/", views.state, name="state"),
    path("findings/<uuid:finding_id>/", views.finding, name="finding"),
    path("findings/<uuid:finding_id>/assess/", views.assess, name="assess"),
    path("provisions/<uuid:snapshot_id>/<str:eid>/", views.provision, name="provision"),
]
