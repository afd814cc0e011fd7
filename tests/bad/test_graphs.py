"""Graphs with a fault, from graphs.txt: the whole text of the messages, and all that contract.py says about a refusal.

A case of graphs.txt is a line `# ROW title` (rows as in its first lines), the body of a graph (broken.graph), and the
messages that it must give.
"""
import pathlib
import re

import onnx
import pytest
from broken import graph
from contract import refuse

TEXT = (pathlib.Path(__file__).parent / "graphs.txt").read_text()
CASES = {title: parts for title, *parts in re.findall(r"^# (\d+ .*)\n((?:.*\n)*?)(model\.onnx: (?:.*\n)*?)(?=# |\Z)", TEXT, re.M)}


def test_all_cases_are_read():
    assert len(CASES) == len(re.findall(r"^# \d", TEXT, re.M))


@pytest.mark.parametrize("title", CASES)
def test_graph(title, tmp_path):
    body, messages = CASES[title]
    onnx.save(graph(body), tmp_path / "model.onnx")
    refuse(tmp_path, messages)
