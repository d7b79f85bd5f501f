"""docs/generated says what the code says."""

import pytest
from django.core.management import CommandError, call_command

from icras import generated


def test_generated_documents__are_up_to_date():
    call_command("generate_docs", check=True)


@pytest.mark.parametrize("name", sorted(generated.DOCUMENTS))
def test_generate_docs__writes_and_finds_a_changed_document(name, tmp_path, monkeypatch):
    monkeypatch.setattr(generated, "FOLDER", tmp_path / "generated")
    with pytest.raises(CommandError, match="Stale"):
        call_command("generate_docs", check=True)
    call_command("generate_docs")
    call_command("generate_docs", check=True)
    (tmp_path / "generated" / name).write_text("something older")
    with pytest.raises(CommandError, match=name):
        call_command("generate_docs", check=True)
