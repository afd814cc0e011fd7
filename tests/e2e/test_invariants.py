"""Relations that hold bit for bit: batches, thread counts, repeated calls, repeated compiles."""
import threading

import numpy as np
import pytest
import resnet


def bits(arrays):
    return [a.tobytes() for a in arrays]


@pytest.fixture(scope="module")
def dynamic(toolchain, models):
    return toolchain.load(models.resnet("resnet18", size=64, batch="dynamic"))


def test_batch_equals_single_runs(dynamic):
    x = resnet.pictures(3, 64, 64, seed="batch")
    singles = np.concatenate([dynamic.run(x[i:i + 1])[0] for i in range(3)])
    assert bits(dynamic.run(x)) == bits([singles])


def test_fixed_batch_equals_single_runs(toolchain, models, dynamic):
    x = resnet.pictures(4, 64, 64, seed="batch")
    pairs = toolchain.load(models.resnet("resnet18", size=64, batch="dynamic"), "--batch", "2")
    assert pairs.inputs[0].shape[0] == 2
    singles = np.concatenate([dynamic.run(x[i:i + 1])[0] for i in range(4)])
    assert bits(pairs.run(x)) == bits([singles])


def test_threads_do_not_change_results(dynamic):
    x = resnet.pictures(1, 64, 64, seed="threads")
    alone = bits(dynamic.run(x))
    for threads in (1, 2, 3):
        for _ in range(3):
            assert bits(dynamic.run(x, threads=threads)) == alone


def test_concurrent_calls(dynamic):
    """Four threads, each with its own memory, all with the same read-only object."""
    inputs = [resnet.pictures(1, 64, 64, seed=f"call{i}") for i in range(4)]
    alone = [bits(dynamic.run(x)) for x in inputs]
    together = [None] * 4

    def call(i):
        together[i] = [bits(dynamic.run(inputs[i])) for _ in range(3)]

    workers = [threading.Thread(target=call, args=(i,)) for i in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert together == [[a] * 3 for a in alone]


def test_same_bytes_twice(toolchain, models, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        done = toolchain.resnetc(models.digits, "-o", tmp_path / folder / "net.o", "-q")
        assert done.returncode == 0, done.stderr
    for file in ("net.o", "net.h"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("level", ["baseline", "x86-64-v2", "x86-64-v3"])
def test_cpu_levels_agree(level, toolchain, models):
    """Other instructions, another order of summation, the same digits."""
    images, _ = models.digits_test()
    best, other = toolchain.load(models.digits), toolchain.load(models.digits, f"--cpu={level}")
    for x in images[:20]:
        (a,), (b,) = best.run(x[None]), other.run(x[None])
        assert np.abs(a - b).max() <= 1e-4 * np.abs(a).max()
