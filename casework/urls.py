"""Routes of the board, a caseload and one case."""

from django.urls import path

from casework import views

app_name = "casework"
urlpatterns = [
    path("board/", views.board, name="board"),
    path("board/looked/", views.looked, name="looked"),
    path("board/<uuid:referral_id>/panel/", views.panel, name="panel"),
    path("caseload/", views.caseload, name="caseload"),
    path("cases/<uuid:case_id>/", views.case, name="case"),
]
