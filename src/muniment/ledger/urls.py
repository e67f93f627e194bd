"""Addresses of the ledger, under ``/ledger/``."""

from __future__ import annotations

from django.urls import path

from muniment.ledger import views

app_name = "ledger"

urlpatterns = [
    path("", views.index, name="index"),
    path("head/", views.head, name="head"),
    path("checkpoints/", views.checkpoints, name="checkpoints"),
    path("checkpoints/newest/", views.checkpoint, name="checkpoint"),
    path("checkpoints/keys/", views.keys, name="keys"),
    path("<uuid:entry_id>/", views.entry, name="entry"),
    path("<uuid:entry_id>/leaf/", views.leaf, name="leaf"),
    path("<uuid:entry_id>/proof/", views.proof, name="proof"),
]
