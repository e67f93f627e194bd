"""Addresses of the ledger, under ``/ledger/``."""

from __future__ import annotations

from django.urls import path

from muniment.ledger import views, views_exports, views_list, views_receipts, views_state

app_name = "ledger"

urlpatterns = [
    path("", views_list.index, name="index"),
    path("questions/keep/", views_list.keep, name="keep_question"),
    path("questions/<uuid:question_id>/drop/", views_list.drop, name="drop_question"),
    path("head/", views.head, name="head"),
    path("checkpoints/", views_state.checkpoints, name="checkpoints"),
    path("checkpoints/newest/", views.checkpoint, name="checkpoint"),
    path("checkpoints/<int:number>/", views_state.checkpoint_at, name="checkpoint_at"),
    path("checks/", views_state.checks, name="checks"),
    path("checkpoints/keys/", views_receipts.keys, name="keys"),
    path("exports/", views_exports.exports, name="exports"),
    path("exports/verify.py", views_exports.verifier, name="verifier"),
    path("exports/<uuid:export_id>/", views_exports.export, name="export"),
    path("exports/<uuid:export_id>/file/", views_exports.export_file, name="export_file"),
    path("exports/<uuid:export_id>/manifest/", views_exports.export_manifest, name="export_manifest"),
    path("<uuid:entry_id>/", views.entry, name="entry"),
    path("<uuid:entry_id>/leaf/", views.leaf, name="leaf"),
    path("<uuid:entry_id>/proof/", views.proof, name="proof"),
    path("<uuid:entry_id>/proof.cose/", views_receipts.cose, name="cose"),
    path("<uuid:entry_id>/receipt/", views_receipts.receipt, name="receipt"),
]
