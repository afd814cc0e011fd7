"""Every small case, compiled, against the float64 yardstick within a bound that holds for any order of summation."""
import numpy as np
import pytest
from cases import CASES, small_model
from reference import evaluate

UNIT = 2.0 ** -24
TERMS = 5000  # more products than any sum in the cases has, all operators of a chain together


@pytest.mark.parametrize("name", CASES)
def test_within_rounding_bound(name, toolchain, models):
    model, feeds = small_model(name)
    compiled = toolchain.load(models.save(model, name))
    assert [i.name.decode() for i in compiled.inputs] == list(feeds)
    (output,) = compiled.run(*feeds.values())
    (expected,) = evaluate(model, feeds).values()
    assert output.shape == expected.shape
    assert np.isfinite(output).all()
    error = np.abs(output - expected)
    # |w| * |x| bounds what rounding can do to a sum; soft operators (sigmoid, softmax, norms) keep relative errors small.
    scale = np.maximum(np.abs(expected), np.abs(next(iter(evaluate(model, feeds, absolute=True).values()))))
    assert (error <= TERMS * UNIT * np.maximum(scale, 1e-2)).all(), f"largest error {error.max():.3g} of {np.abs(expected).max():.3g}"
    assert error.max() <= 64 * UNIT * scale.max(), f"largest error {error.max():.3g}: more than rounding explains"
