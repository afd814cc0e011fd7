"""The installed package as a consumer's CMake project sees it: find_package(resnetc) and resnetc_add_model.

What the function makes of its words is tested with a stand-in for the compiler; the last test uses the real one.
"""
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build"))


def call(*command, code=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    assert (done.returncode != 0) == (code != 0), done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    path = tmp_path_factory.mktemp("prefix")
    call("cmake", "--install", BUILD, "--prefix", path)
    return path


class Project:
    def __init__(self, folder, prefix, generator="Ninja", compiler=HERE / "fake_resnetc.py"):
        self.source, self.build = folder / "source", folder / "build"
        shutil.copytree(HERE / "consumer", self.source)
        self.model = self.source / "tiny.onnx"
        self.model.write_text(f"{prefix}/include\n")
        self.base = ["cmake", "-G", generator, "-S", self.source, "-B", self.build, f"-DCMAKE_PREFIX_PATH={prefix}"]
        if compiler:
            self.base.append(f"-Dresnetc_HOST={compiler}")

    def configure(self, *extra, code=0):
        return call(*self.base, "-DEXTRA=" + ";".join(extra), code=code)

    def make(self, *args):
        return call("cmake", "--build", self.build, *args)

    def calls(self):
        return (self.build / "resnetc" / "tiny" / "calls.txt").read_text().splitlines()

    def run(self):
        return [float(line) for line in call(self.build / "app").split()]


@pytest.fixture
def project(tmp_path, prefix):
    return Project(tmp_path, prefix)


def test_installs_programs_runtime_and_header(prefix):
    assert (prefix / "include" / "resnetc_runtime.h").exists()
    assert list(prefix.glob("lib*/**/libresnetc_runtime.a")) and list(prefix.glob("lib*/**/resnetcConfig.cmake"))
    assert "resnetc-run" in call(prefix / "bin" / "resnetc-run", "--version")
    for file in prefix.rglob("*.cmake"):
        assert str(ROOT) not in file.read_text(), f"{file} points into the source tree"


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_builds_and_runs(tmp_path, prefix, generator):
    project = Project(tmp_path, prefix, generator)
    project.configure()
    project.make("-j2")
    assert project.run() == [2, 4, 6, 8]
    assert project.calls() == ["tiny -q"]


def test_passes_every_word_on(project):
    project.configure("SHAPES", "data=1x3x8x8", "b=4", "BATCH", "1,4", "CPU", "x86-64-v3", "TARGET", "x86_64-linux-gnu",
                      "NAME", "tiny", "OPTIONS", "--softmax", "--multi-cpu=x86-64-v2,v3", "--title=a b")
    project.make()
    assert project.calls() == ["tiny -q --shape=data=1x3x8x8 --shape=b=4 --batch=1,4 --cpu=x86-64-v3 "
                               "--target=x86_64-linux-gnu --softmax --multi-cpu=x86-64-v2,v3 --title=a b"]


def test_compiles_again_only_when_the_model_or_its_data_change(project):
    weights = project.source / "weights.bin"
    weights.write_text("1")
    project.configure()
    project.make()
    project.make()
    assert len(project.calls()) == 1
    for count, changed in enumerate([project.model, weights], start=2):
        os.utime(changed)
        project.make()
        project.make()
        assert len(project.calls()) == count, changed


@pytest.mark.parametrize("words, message", [
    (["BATHC", "4"], "unknown words: BATHC 4"),
    (["BATCH"], "no value for BATCH"),
    (["NAME", "1x"], "'1x' is not a C identifier"),
])
def test_refuses_wrong_words(project, words, message):
    assert f"resnetc_add_model(tiny): {message}" in " ".join(project.configure(*words, code=1).split())


def test_refuses_a_missing_model_and_another_version(project):
    file = project.source / "CMakeLists.txt"
    text = file.read_text()
    file.write_text(text.replace("MODEL tiny.onnx", ""))
    assert "MODEL <file.onnx> is missing" in project.configure(code=1)
    file.write_text(text.replace("resnetc 0.1", "resnetc 0.2"))
    assert 'compatible with requested version "0.2"' in " ".join(project.configure(code=1).split())


def test_real_compiler(tmp_path, prefix):
    """y = Relu(Conv(x, w) + b) over 1, 2 ... 16, with the compiler of the package."""
    import onnx.parser

    model = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["" : 17]>
        tiny (float[1,1,4,4] x) => (float[1,1,2,2] y)
        <float[1,1,3,3] w = {1,0,0, 0,2,0, 0,0,-1}, float[1] b = {-8}> {
          c = Conv(x, w, b)
          y = Relu(c)
        }""")
    project = Project(tmp_path, prefix, compiler=None)
    onnx.save(model, project.model)
    project.configure()
    project.make()
    x = [[4 * i + j + 1 for j in range(4)] for i in range(4)]
    assert project.run() == [max(0, x[i][j] + 2 * x[i + 1][j + 1] - x[i + 2][j + 2] - 8)
                             for i in range(2) for j in range(2)]
