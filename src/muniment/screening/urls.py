"""Addresses of the screenings' pages; also the page of one counterparty, since its matches stand there."""

from __future__ import annotations

from django.urls import path

from muniment.screening import views

app_name = "screening"
urlpatterns = [
    path("", views.index, name="index"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/retry/", views.retry, name="retry"),
    path("counterparties/<uuid:counterparty_id>/", views.counterparty, name="counterparty"),
    path("matches/<uuid:match_id>/", views.match, name="match"),
    path("results/<uuid:screened_id>/replay/", views.replay, name="replay"),
]
