"""Addresses of accounts. Of allauth only what is used is mounted: nobody registers or changes an address themselves."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.views import device, mine, partners, people, rota, work

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
    path("second-factor/trust/", device.trust, name="mfa_trust"),
    path("second-factor/set-up/", totp.activate_totp, name="mfa_activate_totp"),
    path("second-factor/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factor/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("second-factor/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("passkeys/", RedirectView.as_view(pattern_name="accounts:me"), name="mfa_list_webauthn"),
    path("passkeys/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("passkeys/reauthenticate/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("passkeys/sign-in/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("work/<slug:provider_id>/", work.start, name="openid_connect_login"),
    path("work/<slug:provider_id>/back/", work.finish, name="openid_connect_callback"),
]

PAGES = [
    path("account/", mine.me, name="me"),
    path("account/keys/", mine.keys, name="keys"),
    path("account/keys/letters/", mine.letter_keys, name="letter_keys"),
    path("account/session/", mine.extend, name="extend"),
    path("account/switch/", device.switch, name="switch"),
    path("account/device/", device.device, name="device"),
    path("account/work/<slug:provider_id>/connect/", work.connect, name="connect"),
    path("staff/", people.people, name="people"),
    path("staff/invite/", people.invite, name="invite"),
    path("staff/<uuid:user_id>/", people.person, name="person"),
    path("staff/<uuid:user_id>/change/", people.change, name="change"),
    path("staff/<uuid:user_id>/invite/", people.invite_again, name="invite_again"),
    path("staff/<uuid:user_id>/disable/", people.disable, name="disable"),
    path("staff/<uuid:user_id>/enable/", people.enable, name="enable"),
    path("staff/<uuid:user_id>/roles/", people.give_role, name="give_role"),
    path("staff/<uuid:user_id>/roles/<int:membership_id>/end/", people.end_role, name="end_role"),
    path("staff/<uuid:user_id>/second-factor/", people.reset_factor, name="reset_factor"),
    path("staff/<uuid:user_id>/work/<slug:provider_id>/unlink/", work.unlink, name="unlink"),
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
