"""Addresses of erasures and holds, under ``/lifecycle/``."""

from __future__ import annotations

from django.urls import path

from muniment.lifecycle import views

app_name = "lifecycle"

urlpatterns = [
    path("", views.index, name="index"),
    path("erasures/", views.ask, name="ask"),
    path("erasures/<uuid:erasure_id>/", views.erasure, name="erasure"),
    path("erasures/<uuid:erasure_id>/answer/", views.answer, name="answer"),
    path("erasures/<uuid:erasure_id>/certificate/", views.certificate, name="certificate"),
    path("subjects/<uuid:target>/", views.subject, name="subject"),
    path("holds/", views.place, name="place"),
    path("holds/<uuid:hold_id>/ask/", views.ask_lift, name="ask-lift"),
    path("holds/<uuid:hold_id>/lift/", views.lift, name="lift"),
]
