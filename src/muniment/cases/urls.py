"""Addresses of cases, under ``/cases/``."""

from __future__ import annotations

from django.urls import path

from muniment.cases import views

app_name = "cases"

urlpatterns = [
    path("", views.index, name="index"),
    path("open/", views.open_case, name="open"),
    path("<uuid:case_id>/", views.case, name="case"),
    path("<uuid:case_id>/attach/", views.attach, name="attach"),
    path("<uuid:case_id>/propose/", views.propose, name="propose"),
    path("<uuid:case_id>/decide/", views.decide, name="decide"),
    path("<uuid:case_id>/withdraw/", views.withdraw, name="withdraw"),
]
