"""Where the built programs are: RESNETC_BUILD_DIR (default: build/)."""
import os
import pathlib

import pytest


@pytest.fixture(scope="session")
def repo():
    return pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def bin_dir(repo):
    return pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", repo / "build")) / "bin"
