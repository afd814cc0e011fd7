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
from onnx import TensorProto, helper

TEXT = (pathlib.Path(__file__).parent / "graphs.txt").read_text()
CASES = {title: parts for title, *parts in re.findall(r"^# (\d+ .*)\n((?:.*\n)*?)(model\.onnx: (?:.*\n)*?)(?=# |\Z)", TEXT, re.M)}


def test_all_cases_are_read():
    assert len(CASES) == len(re.findall(r"^# \d", TEXT, re.M))


@pytest.mark.parametrize("title", CASES)
def test_graph(title, tmp_path):
    body, messages = CASES[title]
    onnx.save(graph(body), tmp_path / "model.onnx")
    refuse(tmp_path, messages)


def test_sparse_constant(tmp_path):
    """Such an attribute has no text form."""
    model = graph("c = Constant<value_float=1.0>()\n y = Mul(x, c)")
    values, indices = (helper.make_tensor(n, t, [1], [1]) for n, t in (("v", TensorProto.FLOAT), ("i", TensorProto.INT64)))
    attribute = helper.make_attribute("sparse_value", helper.make_sparse_tensor(values, indices, [4]))
    model.graph.node[0].attribute[0].CopyFrom(attribute)
    onnx.save(model, tmp_path / "model.onnx")
    refuse(tmp_path, "model.onnx: error: [R033] sparse constants are not supported\n  node  node0 (graph node 1 of 2), Constant, opset 17")
