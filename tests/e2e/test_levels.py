"""One object for several levels of a processor: each is what the object for it alone is, and the best one is taken."""
import json
import re
import shutil
import subprocess

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.parser
import pytest
import resnet
from native import run

FEATURES = {"x86-64-v2": 1, "x86-64-v3": 3, "x86-64-v4": 7, "znver4": 23, "znver5": 55, "sapphirerapids": 71}  # RESNETC_CPU_*
LEVELS = list(FEATURES)
MULTI = "--multi-cpu=x86-64-v2,v3,v4,znver4,znver5,sapphirerapids"
E_CPU = 4
needs_qemu = pytest.mark.skipif(not shutil.which("qemu-x86_64"), reason="needs qemu-user")


@pytest.fixture(scope="module")
def here(toolchain, models):
    """What this machine has."""
    library = toolchain.load(models.digits).library
    return library.resnetc_rt_cpu_features() | library.resnetc_rt_request_tiles()


@pytest.fixture(scope="module")
def runnable(here):
    def check(level):
        if FEATURES[level] & ~here:
            pytest.skip(f"this machine has no {level}")

    return check


def described(native, batches=(1,)):
    model = native.model
    steps = [(model.steps[i].name, model.steps[i].kernel, model.steps[i].flops, model.steps[i].batch) for i in range(model.num_steps)]
    tensors = [(t.name, t.layout, t.dtype, t.shape, t.bytes) for t in native.inputs + native.outputs]
    return (model.target, model.weight_bytes, [model.scratch_bytes(n) for n in batches], model.batch_min, model.batch_max,
            steps, tensors)


@pytest.mark.parametrize("level", LEVELS)
def test_describes_the_level_that_is_chosen(level, toolchain, models):
    """At every level, also one that does not run here."""
    alone = toolchain.load(models.digits, f"--cpu={level}")
    chosen = toolchain.load(models.digits, MULTI, features=FEATURES[level])
    assert described(chosen) == described(alone)
    assert alone.model.target.decode().endswith(level)


def code_of(assembly, level):
    """The functions of a level; labels count the functions of the file: that number goes."""
    text = re.sub(r"\.L([A-Z]+)\d+_", r".L\1_", assembly.read_text())
    return dict(re.findall(rf'^"?(net\.{level}\.[^":\n]+)"?:(.*?)^\.Lfunc_end', text, re.S | re.M))


def test_code_is_that_of_the_level_alone(toolchain, models):
    """At every level, also one that does not run here."""
    several = toolchain.compile(models.classifier(), MULTI, suffix=".s")
    for level in LEVELS:
        alone = code_of(toolchain.compile(models.classifier(), f"--cpu={level}", suffix=".s"), level)
        assert len(alone) > 10 and code_of(several, level) == alone
    assert "zmm" in str(code_of(several, "x86-64-v4")) and "ymm" in str(code_of(several, "x86-64-v3"))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("threads", [0, 2])
def test_computes_what_the_level_computes_alone(level, threads, toolchain, models, runnable):
    runnable(level)
    images, _ = models.digits_test()
    alone = toolchain.load(models.digits, f"--cpu={level}")
    chosen = toolchain.load(models.digits, MULTI, features=FEATURES[level])
    for x in images[:10]:
        (a,), (b,) = alone.run(x[None], threads=threads), chosen.run(x[None], threads=threads)
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("batches", ["1,4", "1..9"])
def test_batches(level, batches, toolchain, models, runnable):
    runnable(level)
    x = resnet.pictures(9, 16, 16, seed="levels")
    alone = toolchain.load(models.classifier(), f"--cpu={level}", f"--batch={batches}")
    chosen = toolchain.load(models.classifier(), MULTI, f"--batch={batches}", features=FEATURES[level])
    assert described(chosen, (1, 4, 9)) == described(alone, (1, 4, 9))
    (a,), (b,) = alone.run(x), chosen.run(x)
    assert a.tobytes() == b.tobytes()


def test_constants_that_no_level_lays_out_anew(toolchain, models):
    """All levels read the graph's own bytes, which must not go with the plan of the first."""
    model = onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g (float[2, 90] x) => (float[2, 90] y) { y = Mul(x, w) }')
    w = np.arange(90, dtype=np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(w, "w"))
    x = resnet.pictures(1, 2, 90, seed="levels")[0, 0]
    for level in LEVELS[:2]:
        (y,) = toolchain.load(models.save(model, "table"), MULTI, features=FEATURES[level]).run(x)
        assert (y == x * w).all()
    assert toolchain.load(models.save(model, "table"), MULTI).model.weight_bytes == 384


def test_takes_the_best_that_the_processor_has(toolchain, models, here):
    """With the runtime's own answer; and a level that lies between two of the object's gets the lower one."""
    best = [level for level in LEVELS if not FEATURES[level] & ~here][-1]
    assert toolchain.load(models.digits, MULTI).model.target.decode().endswith(best)
    for features, level in [(3, "x86-64-v2"), (7, "x86-64-v4")]:
        target = toolchain.load(models.digits, "--multi-cpu=x86-64-v2,x86-64-v4", features=features).model.target
        assert target.decode().endswith(level)


def test_a_processor_below_the_lowest_is_refused(toolchain, models):
    native = toolchain.load(models.digits, MULTI, features=0)
    assert native.model.target.decode().endswith("x86-64-v2")
    with pytest.raises(AssertionError, match=f"run returned {E_CPU}"):
        native.run(np.zeros((1, 1, 8, 8), np.float32))
    native = toolchain.load(models.digits, "--multi-cpu=v3,v4", features=1)
    with pytest.raises(AssertionError, match=f"run returned {E_CPU}"):
        native.run(np.zeros((1, 1, 8, 8), np.float32))


def test_header_holds_for_every_level(toolchain, models):
    header = toolchain.compile(models.digits, MULTI).with_suffix(".h").read_text()
    alone = [toolchain.load(models.digits, f"--cpu={level}").model for level in LEVELS]
    assert f"#define NET_SCRATCH_BYTES {max(m.scratch_bytes(1) for m in alone)}u" in header
    for level, model in zip(LEVELS, alone):
        assert f" *   {level}: {model.num_steps} steps, " in header
        assert f"weights {model.weight_bytes}, scratch {model.scratch_bytes(1)} for any batch" in header


def test_levels_share_weights(toolchain, models):
    """Weights that several levels lay out alike lie in the object once."""
    header = toolchain.compile(models.digits, MULTI).with_suffix(".h").read_text()
    alone = [toolchain.load(models.digits, f"--cpu={level}").model.weight_bytes for level in LEVELS]
    assert max(alone) < int(re.search(r"NET_WEIGHT_BYTES (\d+)u", header).group(1)) < sum(alone) - 60000


@pytest.mark.parametrize("level", LEVELS)
def test_the_runner_says_which(level, toolchain, models, runnable):
    runnable(level)
    library = toolchain.link(models.digits, MULTI, features=FEATURES[level])
    result = json.loads(run([toolchain.bin / "resnetc-run", library, "--json"]))
    assert result["target"] == f"x86_64-unknown-linux-gnu {level}"


@needs_qemu
def test_on_processors_of_each_kind(toolchain, models, tmp_path):
    """Nothing is pretended here: the program asks the processor that QEMU is."""
    images, _ = models.digits_test()
    images[:3].tofile(tmp_path / "in.raw")
    program = toolchain.program("run_raw.c", [toolchain.compile(models.digits, MULTI)], tmp_path / "digits", "-static")
    for processor, level in [("Nehalem", "x86-64-v2"), ("Haswell", "x86-64-v3")]:
        run(["qemu-x86_64", "-cpu", processor, program, tmp_path / "in.raw", tmp_path / "out.raw"])
        alone = toolchain.load(models.digits, f"--cpu={level}")
        expected = np.concatenate([alone.run(x[None])[0] for x in images[:3]])
        assert (tmp_path / "out.raw").read_bytes() == expected.tobytes()
    done = subprocess.run(["qemu-x86_64", "-cpu", "core2duo", program, tmp_path / "in.raw", tmp_path / "out.raw"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "this CPU lacks instructions that the model was compiled for\n")
