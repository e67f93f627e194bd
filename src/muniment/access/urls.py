"""Addresses of accounts: under ``/settings/``; signing in stands under ``/account/``, see :data.

`account_urls`.

Only those of allauth's views are listed that this house uses: there is no sign-up, no mail, no reset by mail.
"""

from __future__ import annotations

from allauth.account import views as account_views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes import views as code_views
from django.urls import path

from muniment.access import views

app_name = "access"

urlpatterns = [
    path("", views.account, name="account"),
    path("people/", views.people, name="people"),
    path("people/<uuid:person_id>/", views.person, name="person"),
    path("people/<uuid:person_id>/role/", views.change_role, name="change_role"),
    path("people/<uuid:person_id>/close/", views.deactivate, name="deactivate"),
    path("people/<uuid:person_id>/reset-factor/", views.reset_factor, name="reset_factor"),
    path("people/<uuid:person_id>/reset-password/", views.reset_password, name="reset_password"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<uuid:token_id>/end/", views.revoke_token, name="revoke_token"),
]

#: Names are allauth's own, since its views lead to each other by them.
account_urls = [
    path("sign-in/", account_views.login, name="account_login"),
    path("sign-in/code/", mfa_views.authenticate, name="mfa_authenticate"),
    path("sign-out/", account_views.logout, name="account_logout"),
    path("password/", account_views.password_change, name="account_change_password"),
    path("confirm/", account_views.reauthenticate, name="account_reauthenticate"),
    path("confirm/code/", mfa_views.reauthenticate, name="mfa_reauthenticate"),
    path("factor/", views.SetUpFactor.as_view(), name="mfa_activate_totp"),
    path("factor/remove/", views.RemoveFactor.as_view(), name="mfa_deactivate_totp"),
    path("factor/codes/", code_views.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("factor/codes/new/", views.FreshRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("factor/codes/download/", code_views.download_recovery_codes, name="mfa_download_recovery_codes"),
]
