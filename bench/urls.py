"""The product's routes, and the plain views it is measured beside."""

from django.urls import include, path

urlpatterns = [path("bare/", include("bench.bare")), path("", include("icras.urls"))]
