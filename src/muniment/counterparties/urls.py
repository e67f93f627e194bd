"""Addresses of the counterparties' pages; the page of one party stands in ``screening``, where its matches are."""

from __future__ import annotations

from django.urls import path

from muniment.counterparties import views

app_name = "counterparties"
urlpatterns = [
    path("", views.index, name="index"),
    path("add/", views.add, name="add"),
    path("import/", views.offer, name="offer"),
    path("import/<uuid:import_id>/", views.look_over, name="import"),
    path("import/<uuid:import_id>/discard/", views.discard, name="discard"),
    path("<uuid:counterparty_id>/", views.show, name="show"),
    path("<uuid:counterparty_id>/change/", views.change, name="change"),
]
