"""Routes of the single point of access. Every act of the table of moves that this app serves has one."""

from django.urls import path

from referrals.views import acts, ask_for_help, call, enquiries, files, imports, record, sent, signposts

app_name = "referrals"
urlpatterns = [
    path("referrals/new/", call.register, name="register"),
    path("referrals/draft/", call.draft, name="draft"),
    path("referrals/clock/", call.clock, name="clock"),
    path("ask-for-help/", ask_for_help.ask, name="ask_for_help"),
    path("ask-for-help/sent/", ask_for_help.asked, name="help_asked"),
    path("sent-referrals/", sent.sent, name="sent"),
    path("sent-referrals/new/", sent.refer, name="refer"),
    path("sent-referrals/draft/", sent.draft, name="refer_draft"),
    path("sent-referrals/<uuid:pk>/", sent.one, name="sent_one"),
    path("sent-referrals/<uuid:pk>/answer/", sent.give, name="give"),
    path("sent-referrals/<uuid:pk>/tell/", sent.tell, name="tell"),
    path("enquiries/", enquiries.listed, name="enquiries"),
    path("enquiries/new/", enquiries.new, name="enquiry_new"),
    path("enquiries/<uuid:pk>/", enquiries.one, name="enquiry"),
    path("signposted/", signposts.listed, name="signposted"),
    path("signposted/<uuid:pk>/", signposts.follow_page, name="follow"),
    path("questions/<int:pk>/chase/", signposts.chase, name="chase"),
    path("referrals/<uuid:pk>/", acts.referral, name="referral"),
    path("referrals/<uuid:pk>/acts/", acts.acts, name="acts"),
    path("referrals/<uuid:pk>/news/seen/", acts.see_news, name="see_news"),
    *(path(f"referrals/<uuid:pk>/{verb}/", acts.act, {"verb": verb}, name=verb) for verb in acts.PAGES),
    path("people/import/", imports.people, name="import_people"),
    path("people/import/<uuid:pk>/", imports.one, name="import"),
    path("people/<uuid:pk>/", record.person, name="person"),
    path("people/<uuid:pk>/to-ask/", record.to_ask, name="person_to_ask"),
    path("people/<uuid:pk>/history/", record.history, name="person_history"),
    path("people/<uuid:pk>/files/", files.files, name="files"),
    path("people/<uuid:pk>/files/<uuid:file_id>/", files.file, name="file"),
    path("people/<uuid:pk>/files/<uuid:file_id>/strike/", files.strike_file, name="strike_file"),
    path("people/<uuid:pk>/key-safe/", record.key_safe, name="key_safe"),
    path("people/<uuid:pk>/key-safe/change/", record.set_key_safe, name="set_key_safe"),
    path("people/<uuid:pk>/told/<int:difference>/", record.told, name="told"),
    path("people/<uuid:pk>/drafts/<slug:part>/", record.draft, name="person_draft"),
    path("people/<uuid:pk>/warnings/<int:row_id>/review/", record.review, name="review_warning"),
    path("people/<uuid:pk>/rows/<slug:kind>/", record.row, name="add_row"),
    path("people/<uuid:pk>/rows/<slug:kind>/<int:row_id>/", record.row, name="change_row"),
    path("people/<uuid:pk>/rows/<slug:kind>/<int:row_id>/end/", record.end, name="end_row"),
    path("people/<uuid:pk>/rows/<slug:kind>/<int:row_id>/strike/", record.strike, name="strike_row"),
    path("people/<uuid:pk>/sections/<slug:code>/", record.section, name="section"),
]
