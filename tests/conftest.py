"""Shared by all Python tests: where the built tools are, compiling (once a session) and running models.

RESNETC_BUILD_DIR names the build folder (default: build/).
"""
import os
import pathlib
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads spin and crawl on a busy machine

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "models"), str(ROOT / "tools"), str(ROOT / "tests" / "e2e")]

import native  # noqa: E402
import zoo  # noqa: E402


@pytest.fixture(scope="session")
def toolchain(tmp_path_factory):
    build = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build"))
    if not (build / "bin" / "resnetc").exists():
        pytest.exit(f"{build}/bin/resnetc is missing: run tools/check, or set RESNETC_BUILD_DIR", 1)
    return native.Toolchain(build, ROOT, tmp_path_factory.mktemp("native"))


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    return zoo.Zoo(ROOT, tmp_path_factory.mktemp("models"))
