"""What a worker does when it begins."""

import gc

from celery.signals import worker_process_init


def test_worker_begins__leaves_what_stands_out_of_later_collections():
    before = gc.get_freeze_count()
    try:
        worker_process_init.send(sender=None)
        assert gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()
