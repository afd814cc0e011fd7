import pathlib
import subprocess

import pytest


@pytest.fixture(scope="session")
def failing_calls(tmp_path_factory):
    """A library to preload that lets a system call fail (failing_calls.c)."""
    library = tmp_path_factory.mktemp("preload") / "failing_calls.so"
    source = pathlib.Path(__file__).with_name("failing_calls.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library
