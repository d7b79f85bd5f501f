"""The deployment guide names every setting that is read from the environment."""

import re

from tests.architecture.source import ROOT

READ = re.compile(r'environment\.\w+\(\s*"([A-Z_]+)"')
NOT_OF_A_DEPLOYMENT = {"ICRAS_HOME", "ICRAS_REQUIRE_MFA"}  # where script/run keeps its state; always on in production


def test_deploy_guide__names_every_setting():
    read = set(READ.findall((ROOT / "icras" / "settings.py").read_text()))
    assert len(read) > 25
    guide = (ROOT / "docs" / "deploy.md").read_text()
    assert {name for name in read - NOT_OF_A_DEPLOYMENT if f"`{name}`" not in guide} == set()
