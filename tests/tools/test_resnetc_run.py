"""resnetc-run: inputs, outputs, times and messages, on a model written by hand in C."""
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess

import numpy as np
import pytest

HERE = pathlib.Path(__file__).resolve().parent
X, B, Y = "in/x:0", "b=2", "out/y:0"


@pytest.fixture(scope="session")
def fake(tmp_path_factory, repo):
    """fake(NAME...) -> a shared object with these models."""
    folder = tmp_path_factory.mktemp("fake")

    def build(*names, fail=0, flags=()):
        out = folder / ("-".join(names) + f"{fail}.so")
        objects = []
        for name in names:
            objects.append(folder / f"{name}{fail}.o")
            subprocess.run(["cc", "-std=c11", "-Wall", "-Werror", "-fPIC", "-O1", f"-I{repo}/runtime", f"-DNAME={name}",
                            f"-DFAIL={fail}", *flags, "-c", HERE / "fake_model.c", "-o", objects[-1]], check=True)
        subprocess.run(["cc", "-shared", *objects, "-o", out], check=True)
        return out

    return build


@pytest.fixture(scope="session")
def model(fake):
    return fake("fake")


@pytest.fixture
def run(bin_dir):
    def call(*args, code=0):
        done = subprocess.run([bin_dir / "resnetc-run", *map(str, args)], capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        if code:
            assert done.stdout == ""
            return done.stderr
        assert done.stderr == ""
        return done.stdout

    return call


def save(path, array, **kwargs):
    np.lib.format.write_array(path.open("wb"), np.asarray(array), **kwargs)
    return path


def test_outputs_of_given_inputs(run, model, tmp_path):
    x = save(tmp_path / "x.npy", np.array([[1, 2, 3]], "f4"))
    b = save(tmp_path / "b.npy", np.array([[0.5, 0, -1]], "f4"))
    text = run(model, "--input", f"{X}={x}", f"--input={B}={b}", "--save", tmp_path / "out.npz")
    assert "min_ms " in text and "median_ms " in text and "out/y:0  float32 NC [1,3]" in text
    out = np.load(tmp_path / "out.npz")
    assert sorted(out.files) == [Y, "s"]
    assert out[Y].dtype == np.float32 and out["s"].shape == (1,)
    np.testing.assert_array_equal(out[Y], [[2.5, 4, 5]])
    np.testing.assert_array_equal(out["s"], [6])
    assert [p.name for p in tmp_path.glob("*.tmp")] == []


@pytest.mark.parametrize("dtype", ["<f4", "<f8", "|u1"])
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_reads_types_and_versions(run, model, tmp_path, dtype, version):
    x = save(tmp_path / "x.npy", np.array([[7, 200, 3]], dtype), version=version)
    run(model, "--input", f"{X}={x}", "--save", tmp_path / "out.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "out.npz")["s"], [210])


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_batch_comes_from_the_inputs(run, model, tmp_path, threads):
    x, b = np.arange(12, dtype="f4").reshape(4, 3), np.ones((4, 3), "f4")
    run(model, "--input", f"{X}={save(tmp_path / 'x.npy', x)}", "--input", f"{B}={save(tmp_path / 'b.npy', b)}",
        "--save", tmp_path / "out.npz", "--threads", threads, "--repeat", 50)
    out = np.load(tmp_path / "out.npz")
    np.testing.assert_array_equal(out[Y], 2 * x + b)
    np.testing.assert_array_equal(out["s"], x.sum(1))


def test_profile_names_layers(run, model):
    profile = json.loads(run(model, "--profile", "--json", "--batch", 4))["profile"]
    assert [(l["name"], l["kernels"], l["flops"]) for l in profile["layers"]] == [("first", "affine", 8000), ("second", "nothing", 0)]
    assert all(0 <= l["min_ms"] <= l["median_ms"] for l in profile["layers"])
    text = run(model, "--profile", "--threads", 2)
    assert "first: affine" in text and " all\n" in text and "second: nothing" in text


def test_batches_come_in_units(run, fake, tmp_path):
    pairs = fake("pairs", flags=["-DBATCH_MIN=2"])
    run(pairs, "--batch", 4, "--save", tmp_path / "out.npz")
    assert np.load(tmp_path / "out.npz")[Y].shape == (4, 3)
    assert json.loads(run(pairs, "--json"))["batch"] == 2
    message = run(pairs, "--batch", 3, code=1)
    assert "[U026] the model does not run batch 3" in message and "multiples of 2 up to 4" in message


def splitmix_normal(count, seed, name):
    """The documented distribution of --random, written a second time."""
    mask, state = (1 << 64) - 1, 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 & mask
    state ^= seed
    draws = []
    while len(draws) < count + count % 2:
        state = state + 0x9E3779B97F4A7C15 & mask
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        draws.append((((z ^ z >> 31) >> 11) + 1) * 2.0**-53)
    u, v = np.array(draws[::2]), np.array(draws[1::2])
    radius = np.sqrt(-2 * np.log(u))
    return np.stack([radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)], 1).ravel()[:count]


def test_random_inputs_are_as_documented(run, model, tmp_path):
    zero = save(tmp_path / "zero.npy", np.zeros((4, 3), "f4"))
    outs = {}
    for seed in (0, 7, 7):
        run(model, "--random", seed, "--input", f"{B}={zero}", "--save", tmp_path / "out.npz")
        y = np.load(tmp_path / "out.npz")[Y]
        np.testing.assert_array_equal(outs.setdefault(seed, y), y)
        np.testing.assert_allclose(y.ravel() / 2, splitmix_normal(12, seed, X), rtol=1e-6)
    assert not np.array_equal(outs[0], outs[7])


def test_json_has_every_run(run, model):
    result = json.loads(run(model, "--json", "--repeat", 7, "--threads", 2, "--batch", 3))
    assert len(result["runs_ms"]) == 7 and result["min_ms"] == min(result["runs_ms"])
    assert result["median_ms"] == sorted(result["runs_ms"])[3]
    assert (result["threads"], result["batch"], result["name"]) == (2, 3, "fake")
    assert result["inputs"][0] == {"name": X, "layout": "NC", "dtype": "float32", "shape": [3, 3]}
    assert result["outputs"][1]["shape"] == [3]
    assert result["scratch_bytes"] == 192 and result["weight_bytes"] == 12


def test_describe_does_not_run(run, fake):
    broken = fake("broken", fail=4)
    assert "in/x:0  float32 NC [1,3]" in run(broken, "--describe")
    assert json.loads(run(broken, "--describe", "--json"))["batch_max"] == 4
    assert "[U013] this CPU lacks" in run(broken, code=1)
    assert "[I002] the model failed" in run(fake("broken", fail=2), code=70)


def test_chooses_among_models(run, fake):
    both = fake("first", "second")
    message = run(both, code=1)
    assert "[U022]" in message and "first_model, second_model" in message
    for name in ("second", "second_model"):
        assert json.loads(run(both, "--json", "--symbol", name))["name"] == "second"
    assert "[U021] there is no model 'third'" in run(both, "--symbol", "third", code=1)


def test_wrong_shape_names_input_expected_and_got(run, model, tmp_path):
    for shape, got in (((1, 4), "[1,4]"), ((3,), "[3]"), ((1, 3, 1), "[1,3,1]")):
        x = save(tmp_path / "x.npy", np.zeros(shape, "f4"))
        message = run(model, "--input", f"{X}={x}", code=1)
        assert f"error: [U027] input 'in/x:0' has the wrong shape: expected [1,3], got {got}" in message
    x, b = save(tmp_path / "x.npy", np.zeros((2, 3), "f4")), save(tmp_path / "b.npy", np.zeros((1, 3), "f4"))
    message = run(model, "--input", f"{X}={x}", "--input", f"{B}={b}", code=1)
    assert "input 'b=2' has the wrong shape: expected [2,3], got [1,3]" in message
    assert "[U026] the model does not run batch 5" in run(
        model, "--input", f"{X}={save(tmp_path / 'x.npy', np.zeros((5, 3), 'f4'))}", code=1)


def test_bad_npy_files(run, model, tmp_path):
    def read(content):
        path = tmp_path / "bad.npy"
        path.write_bytes(content)
        return run(model, "--input", f"{X}={path}", code=2)

    good = save(tmp_path / "good.npy", np.zeros((1, 3), "f4")).read_bytes()
    assert "bad.npy: error: [R010] this is not a .npy file" in read(b"")
    assert "this is not a .npy file" in read(b"P5 8 8 255" * 9)
    assert "does not fit its 11 bytes" in read(good[:-1])
    assert "does not fit its 13 bytes" in read(good + b"x")
    assert "the .npy header ends early" in read(good[:60])
    assert "version 9 of the .npy format" in read(good[:6] + b"\x09" + good[7:])
    assert "type '<i4' is not float32" in read(good.replace(b"<f4", b"<i4"))
    assert "type '>f4' is not float32" in read(good.replace(b"<f4", b">f4"))
    assert "Fortran order" in read(good.replace(b"False", b"True "))
    assert "no shape" in read(good.replace(b"'shape'", b"'shaqe'"))
    assert "bad shape" in read(good.replace(b"(1, 3)", b"(1,-3)"))
    huge = good.replace(b"(1, 3), }" + b" " * 30, b"(99999999999, 99999999999), }".ljust(39))
    assert huge != good and "too large" in read(huge)
    assert "No such file" in run(model, "--input", f"{X}={tmp_path}/none.npy", code=2)


def test_usage_errors(run, model, tmp_path):
    assert "resnetc-run: error: [U001] Unknown command line argument '--frob'" in run(model, "--frob", code=1)
    assert "[U001]" in run(code=1)
    assert "[U024] --threads is 1 to 1024, not 0" in run(model, "--threads", 0, code=1)
    assert "[U024]" in run(model, "--repeat", 0, code=1)
    message = run(model, "--input", "y=a.npy", code=1)
    assert "[U025]" in message and "its inputs: in/x:0, b=2" in message
    assert "[O012]" in run(model, "--save", tmp_path / "no" / "out.npz", code=5)


def test_files_that_are_no_models(run, model, tmp_path):
    assert "[R010] No such file" in run(tmp_path / "none.so", code=2)
    (tmp_path / "text.so").write_text("hello")
    assert "[R013] this is not a shared object" in run(tmp_path / "text.so", code=2)
    subprocess.run(["cc", "-shared", "-x", "c", "/dev/null", "-o", tmp_path / "empty.so"], check=True)
    assert "[R013] no function of this object is called *_model" in run(tmp_path / "empty.so", code=2)


def test_refuses_another_abi(run, fake):
    message = run(fake("other", flags=["-DABI=99"]), code=2)
    assert "[R014] other_model does not describe a model of runtime ABI 1" in message


def test_guard_end_stops_a_stray_write(bin_dir, run, model, fake):
    run(model, "--guard-end")
    stray = fake("stray", flags=["-DOVERRUN=1"])
    run(stray)
    done = subprocess.run([bin_dir / "resnetc-run", stray, "--guard-end"], capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGSEGV


def test_compiles_onnx_with_the_compiler_beside_it(bin_dir, fake, tmp_path, monkeypatch):
    """The compiler is a script here, which shows what it is called with and what becomes of its failure."""
    shutil.copy(bin_dir / "resnetc-run", tmp_path)
    compiler, onnx, log, temp = (tmp_path / name for name in ("resnetc", "net.onnx", "log", "temp"))
    temp.mkdir()
    onnx.write_text("")
    monkeypatch.setenv("TMPDIR", str(temp))

    def run(script, *options):
        compiler.write_text(f"#!/bin/sh\necho \"$@\" > {log}\nfor out; do :; done\n{script}\n")
        os.chmod(compiler, stat.S_IRWXU)
        done = subprocess.run([tmp_path / "resnetc-run", onnx, "--json", *options], capture_output=True, text=True, timeout=60)
        assert list(temp.iterdir()) == []
        return done

    done = run(f'cp {fake("model")} "$out"')
    assert done.returncode == 0 and json.loads(done.stdout)["name"] == "model", done.stderr
    assert log.read_text().startswith(f"-q --name=model {onnx} -o ")
    assert run(f'cp {fake("model")} "$out"', "--verify").returncode == 0
    assert log.read_text().startswith(f"--progress=none --verify --name=model {onnx} -o ")
    done = run("echo 'net.onnx: error: [R019] empty file' >&2; exit 2")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "net.onnx: error: [R019] empty file\n")
    done = run("kill -9 $$")
    assert done.returncode == 70 and "[I001]" in done.stderr
    compiler.unlink()
    done = subprocess.run([tmp_path / "resnetc-run", onnx], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "[U023] there is no compiler at" in done.stderr
