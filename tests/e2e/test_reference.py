"""The float64 yardstick itself, against onnx's own reference evaluator and onnxruntime, on small cases."""
import numpy as np
import onnxruntime
import pytest
from cases import CASES, small_model
from onnx.reference import ReferenceEvaluator
from reference import evaluate


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_onnx(name):
    model, feeds = small_model(name)
    (output,) = evaluate(model, feeds).values()
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for theirs in (ReferenceEvaluator(model).run(None, feeds)[0], session.run(None, feeds)[0]):
        assert output.shape == theirs.shape
        np.testing.assert_allclose(output, theirs, rtol=1e-4, atol=1e-5 * np.abs(output).max())
