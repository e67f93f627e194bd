"""Addresses of the ledger, under ``/ledger/``."""

from __future__ import annotations

from django.urls import path

from muniment.ledger.views import entries, exporting, listing, receipts, state, timing

app_name = "ledger"

urlpatterns = [
    path("", listing.index, name="index"),
    path("questions/keep/", listing.keep, name="keep_question"),
    path("questions/<uuid:question_id>/drop/", listing.drop, name="drop_question"),
    path("head/", entries.head, name="head"),
    path("checkpoints/", state.checkpoints, name="checkpoints"),
    path("checkpoints/newest/", entries.checkpoint, name="checkpoint"),
    path("checkpoints/<int:number>/", state.checkpoint_at, name="checkpoint_at"),
    path("checkpoints/time/", timing.ask, name="ask_time"),
    path("checks/", state.checks, name="checks"),
    path("checkpoints/keys/", receipts.keys, name="keys"),
    path("receipts/", receipts.mine, name="receipts"),
    path("exports/", exporting.exports, name="exports"),
    path("exports/verify.py", exporting.verifier, name="verifier"),
    path("exports/<uuid:export_id>/", exporting.export, name="export"),
    path("exports/<uuid:export_id>/file/", exporting.export_file, name="export_file"),
    path("exports/<uuid:export_id>/manifest/", exporting.export_manifest, name="export_manifest"),
    path("<uuid:entry_id>/", entries.entry, name="entry"),
    path("<uuid:entry_id>/leaf/", entries.leaf, name="leaf"),
    path("<uuid:entry_id>/proof/", entries.proof, name="proof"),
    path("<uuid:entry_id>/proof.cose/", receipts.cose, name="cose"),
    path("<uuid:entry_id>/timed/", timing.timed, name="timed"),
    path("<uuid:entry_id>/receipt/", receipts.receipt, name="receipt"),
]
