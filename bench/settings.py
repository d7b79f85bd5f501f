"""The settings of a demonstration, with the floors' routes added. Nothing in production can name this module."""

from icras.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
ICRAS_API_RATE = "100000000/min"
