"""What the object file and its header promise: names, sections, languages, other models in the same program, other CPUs."""
import re
import shutil

import numpy as np
import onnx
import pytest
from native import run

ALLOWED_UNDEFINED = {"resnetc_rt_cpu_features", "resnetc_rt_request_tiles", "resnetc_rt_take_slot",
                     "resnetc_rt_give_slot", "resnetc_rt_check", "resnetc_rt_run", "resnetc_runtime_abi_1",
                     "memcpy", "memset", "memmove", "_GLOBAL_OFFSET_TABLE_"}


@pytest.fixture(scope="module", params=[(), ("--multi-cpu=x86-64-v2,x86-64-v3",)], ids=["one level", "levels"])
def options(request):
    return request.param


@pytest.fixture(scope="module")
def digits_object(toolchain, models, options):
    return toolchain.compile(models.digits, *options, name="digits")


def test_public_symbols_have_the_prefix(digits_object):
    names = [line.split()[-1] for line in run(["nm", "-g", "--defined-only", digits_object]).splitlines() if line.strip()]
    assert sorted(names) == ["digits_model", "digits_run", "digits_run_ex", "digits_scratch_bytes"]


def test_needs_nothing_but_the_runtime(digits_object):
    names = {line.split()[-1] for line in run(["nm", "-u", digits_object]).splitlines() if line.strip()}
    assert names - ALLOWED_UNDEFINED == set()
    assert "resnetc_runtime_abi_1" in names  # a runtime of another ABI must not link


def sections_of(obj):
    return {w[0]: int(w[1]) for w in map(str.split, run(["size", "-A", obj]).splitlines()) if len(w) == 3 and w[1].isdigit()}


def test_has_no_writable_data(digits_object):
    sections = sections_of(digits_object)
    writable = {n: s for n, s in sections.items() if s and re.match(r"\.(data|bss|tdata|tbss)", n) and not n.startswith(".data.rel.ro")}
    assert writable == {}
    assert sections[".rodata.digits.weights"] > 300000 // 2


def chain_of_blocks(count):
    """Pre-activation blocks, all of one shape, each with weights of its own."""
    rng = np.random.default_rng(count)
    weights, body, x = {}, "", "x"
    for i in range(count):
        vectors = [f"{v}{i}" for v in "sbmv"]
        weights |= {v: rng.random(16) + 0.5 for v in vectors} | {f"w{i}": rng.standard_normal((16, 16, 3, 3)) / 12}
        body += (f"n{i} = BatchNormalization({x}, {', '.join(vectors)})\n r{i} = Relu(n{i})\n"
                 f"c{i} = Conv<pads=[1,1,1,1]>(r{i}, w{i})\n y{i} = Add({x}, c{i})\n")
        x = f"y{i}"
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> g (float[1,16,8,8] x) => (float[1,16,8,8] {x}) {{ {body} }}')
    model.graph.initializer.extend(onnx.numpy_helper.from_array(w.astype(np.float32), n) for n, w in weights.items())
    return model


def test_code_does_not_grow_with_depth(toolchain, models):
    """Blocks of one shape share their code, whatever their weights and their places in memory."""
    small, large = (sections_of(toolchain.compile(models.save(chain_of_blocks(n), f"chain{n}")))[".text"] for n in (8, 40))
    assert abs(large - small) <= 32  # the number of steps is an operand of one instruction


@pytest.mark.parametrize("compiler, flags", [("cc", "-std=c99 -x c"), ("cc", "-std=c11 -x c"), ("c++", "-std=c++17 -x c++")])
def test_header_is_clean(compiler, flags, digits_object, toolchain):
    run([compiler, *flags.split(), "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", f"-I{toolchain.include}", digits_object.with_suffix(".h")])


def test_header_describes_the_model(digits_object):
    header = digits_object.with_suffix(".h").read_text()
    assert re.search(r"resnetc_status digits_run\(const float \*input, float \*output, void \*scratch\);", header)
    assert "resnetc_status digits_run_ex(int32_t batch, const float *input, float *output, void *scratch, const resnetc_exec *" in header


def test_example_of_the_readme_compiles(toolchain, models, tmp_path):
    example = re.search(r"```c\n(.*?)```", (toolchain.root / "README.md").read_text(), re.S).group(1)
    header = toolchain.compile(models.resnet("resnet18", size=32), name="resnet50").parent
    (tmp_path / "app.c").write_text(example)
    run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{header}", f"-I{toolchain.include}", tmp_path / "app.c"])


def test_two_models_in_one_program(toolchain, models, tmp_path):
    first = toolchain.compile(models.digits, name="first")
    second = toolchain.compile(models.resnet("resnet18", size=32), name="second")
    program = toolchain.program("two_models.c", [first, second], tmp_path / "two", "-Werror")
    assert run([program]) == "both models answer as alone\n"


def test_run_allocates_nothing(toolchain, models, options, tmp_path):
    obj = toolchain.compile(models.digits, *options)
    program = toolchain.program("no_allocation.c", [obj], tmp_path / "no_allocation", "-Werror")
    assert run([program]) == "0 allocations in 20 runs\n"


def test_wrong_calls_get_a_status(toolchain, models, options, tmp_path):
    obj = toolchain.compile(models.digits, *options)
    program = toolchain.program("wrong_calls.c", [obj], tmp_path / "wrong_calls", "-Werror")
    assert run([program]) == "every wrong call was refused\n"


def test_shared_library_and_runner(toolchain, models, tmp_path):
    """resnetc-run loads a .so, and compiles an .onnx by itself; both give what the object gives."""
    images, _ = models.digits_test()
    np.save(tmp_path / "in.npy", images[:1])
    (expected,) = toolchain.load(models.digits).run(images[:1])
    for model in (toolchain.compile(models.digits, suffix=".so"), models.digits):
        out = run([toolchain.bin / "resnetc-run", model, "--input", f"input={tmp_path}/in.npy", "--save", tmp_path / "out.npz", "--repeat", "3", "--json"])
        with np.load(tmp_path / "out.npz") as saved:
            assert saved.files == ["output"]
            assert saved["output"].tobytes() == expected.tobytes()
        assert '"median_ms"' in out and '"min_ms"' in out


@pytest.mark.skipif(not shutil.which("qemu-aarch64") or not shutil.which("aarch64-linux-gnu-gcc"), reason="needs qemu-user and an AArch64 cross compiler")
def test_aarch64_object_runs(toolchain, models, tmp_path):
    images, labels = models.digits_test()
    obj = toolchain.compile(models.digits, "--target", "aarch64-linux-gnu")
    sources = sorted((toolchain.root / "runtime").glob("*.c"))
    program = tmp_path / "digits-arm"
    run(["aarch64-linux-gnu-gcc", "-O2", "-std=gnu11", "-static", f"-I{obj.parent}", f"-I{toolchain.include}",
         toolchain.root / "tests" / "e2e" / "programs" / "run_raw.c", obj, *sources, "-lpthread", "-o", program])
    images[:20].tofile(tmp_path / "in.raw")
    run(["qemu-aarch64", program, tmp_path / "in.raw", tmp_path / "out.raw"])
    output = np.fromfile(tmp_path / "out.raw", np.float32).reshape(20, 10)
    here = np.concatenate([toolchain.load(models.digits).run(x[None])[0] for x in images[:20]])
    assert np.abs(output - here).max() <= 1e-4 * np.abs(here).max()
    assert (output.argmax(1) == here.argmax(1)).all()
