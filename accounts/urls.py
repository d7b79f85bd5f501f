"""Addresses of accounts. Of allauth only what is used is mounted: nobody registers or changes an address themselves."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.views import mine, partners, people, rota

SIGN_IN = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("second-factor/", RedirectView.as_view(pattern_name="accounts:me"), name="mfa_index"),
    path("second-factor/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("second-factor/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("second-factor/trust/", mfa.trust, name="mfa_trust"),
    path("second-factor/set-up/", totp.activate_totp, name="mfa_activate_totp"),
    path("second-factor/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factor/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second-factor/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]

PAGES = [
    path("account/", mine.me, name="me"),
    path("account/keys/", mine.keys, name="keys"),
    path("account/keys/letters/", mine.letter_keys, name="letter_keys"),
    path("account/session/", mine.extend, name="extend"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<uuid:user_id>/", people.person, name="person"),
    path("people/<uuid:user_id>/change/", people.change, name="change"),
    path("people/<uuid:user_id>/invite/", people.invite_again, name="invite_again"),
    path("people/<uuid:user_id>/disable/", people.disable, name="disable"),
    path("people/<uuid:user_id>/enable/", people.enable, name="enable"),
    path("people/<uuid:user_id>/roles/", people.give_role, name="give_role"),
    path("people/<uuid:user_id>/roles/<int:membership_id>/end/", people.end_role, name="end_role"),
    path("people/<uuid:user_id>/second-factor/", people.reset_factor, name="reset_factor"),
    path("rota/", rota.teams, name="rota"),
    path("rota/<uuid:team_id>/", rota.team_rota, name="team_rota"),
    path("rota/<uuid:team_id>/hours/", rota.hours, name="hours"),
    path("rota/<uuid:team_id>/patterns/", rota.add_pattern, name="add_pattern"),
    path("rota/<uuid:team_id>/patterns/<int:pattern_id>/end/", rota.end_pattern, name="end_pattern"),
    path("rota/<uuid:team_id>/shifts/", rota.add_shift, name="add_shift"),
    path("rota/<uuid:team_id>/shifts/<int:shift_id>/remove/", rota.remove_shift, name="remove_shift"),
    path("rota/<uuid:team_id>/cover/", rota.add_cover, name="add_cover"),
    path("rota/<uuid:team_id>/cover/<int:cover_id>/remove/", rota.remove_cover, name="remove_cover"),
    path("partners/", partners.partners, name="partners"),
    path("partners/add/", partners.add, name="add_partner"),
    path("partners/<uuid:client_id>/", partners.partner, name="partner"),
    path("partners/<uuid:client_id>/secret/", partners.rotate, name="rotate"),
    path("partners/<uuid:client_id>/disable/", partners.disable, name="disable_partner"),
    path("partners/<uuid:client_id>/enable/", partners.enable, name="enable_partner"),
]

urlpatterns = [path("account/", include(SIGN_IN)), path("", include((PAGES, "accounts")))]
