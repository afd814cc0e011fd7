"""ONNX's own backend tests: results.txt is the list of what passes and of what is not supported and why. It may only be
changed together with what it tells."""
import difflib
import pathlib

import pytest
import suite

LIST = pathlib.Path(__file__).parent / "results.txt"


@pytest.fixture(scope="module")
def results():
    return suite.run()


def test_no_supported_case_fails(results):
    assert {name: result for name, result in results.items() if result.startswith("failed")} == {}


def test_list_is_as_it_was(results):
    now, then = suite.report(results).splitlines(), LIST.read_text().splitlines()
    change = [line for line in difflib.unified_diff(then, now, "results.txt", "now", n=0, lineterm="")]
    assert not change, "tests/backend/suite.py > tests/backend/results.txt after looking at:\n" + "\n".join(change[:100])
