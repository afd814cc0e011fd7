"""Odd names of values, nodes and files work: rows 84, 85, 92 and 93 of the table of bad inputs."""
import os

import onnx
import pytest
from broken import good_model
from contract import ROOT, compile_here
from native import run


def two_in_two_out(names):
    model = onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g (float[1,2] a, float[1,2] b) => (float[1,2] c, float[1,2] d)'
                                    " { c = Relu(a)\n d = Add(a, b) }")
    renamed = dict(zip("abcd", names))
    for value in [*model.graph.input, *model.graph.output]:
        value.name = renamed[value.name]
    for node in model.graph.node:
        node.input[:] = [renamed[n] for n in node.input]
        node.output[:] = [renamed[n] for n in node.output]
    return model


def check_header(folder, header):
    """The header is clean C and C++, and nothing of a name ends its comments early."""
    for compiler, language in (("cc", "c"), ("c++", "c++")):
        run([compiler, "-x", language, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", f"-I{ROOT}/runtime", folder / header])


NAMES = {
    "84 quotes": ['a"b', "a'b", '"', "''"],
    "84 formats": ["%s", "%n%n%n", "%%", "{0}"],
    "84 control": ["a\nb", "\x1b[2J", "a\tb", "\x7f"],
    "84 shell": [";rm -rf /", "$(x)", "`x`", "a|b"],
    "84 comment": ["*/ int x; /*", "//", "/*", "#define x"],
    "84 emoji": ["\N{CAT FACE}", "\u732b", "\u202e", "e\u0301"],
    "84 long": ["x" * 1000000, "x" * 999999 + "y", "z", "w"],
    "85 collisions": ["a.b", "a_b", "a/b", "A_B"],
    "85 keywords": ["int", "class", "main", "memcpy"],
    "85 our own": ["scratch", "batch", "ex", "resnetc_status"],
    "85 digits": ["1", "2x", "_", "__"],
}


@pytest.mark.parametrize("case", NAMES)
def test_names_of_values(case, tmp_path):
    onnx.save(two_in_two_out(NAMES[case]), tmp_path / "model.onnx")
    done = compile_here(tmp_path)
    assert (done.status, done.err, done.out) == (0, "", b"")
    check_header(tmp_path, "net.h")


def test_names_are_shown_escaped_and_cut(tmp_path):
    model = good_model()
    model.graph.node[0].name = "a\nmodel.onnx: error: [R999] forged\x1b[2J\u0085" + "x" * 1000
    model.graph.node[0].op_type = "No\x00Such"
    onnx.save(model, tmp_path / "model.onnx")
    done = compile_here(tmp_path)
    assert done.err.splitlines()[0] == r"model.onnx: error: [R031] operator 'No\x00Such' is not supported"
    assert r"  node  a\nmodel.onnx: error: [R999] forged\x1b[2J\xc2\x85xxx" in done.err and "x" * 121 not in done.err
    assert len(done.err.splitlines()) == 4


def test_many_errors_are_cut(tmp_path):
    model = good_model()
    model.graph.node.extend(onnx.helper.make_node("Relu", [f"no{i}"], [f"a{i}"]) for i in range(5000))
    onnx.save(model, tmp_path / "model.onnx")
    done = compile_here(tmp_path)
    assert done.status == 2 and done.err.count("error:") == 100
    assert done.err.endswith("model.onnx: 5000 errors, the first 100 are shown\n")


@pytest.mark.parametrize("name", ["a b.onnx", "a\nb.onnx", b"\xff\xfe.onnx", "\u732b.onnx", "*.onnx", "%s.onnx", "$(x).onnx",
                                  "'.onnx", "-x.onnx"])
def test_names_of_files(name, tmp_path):
    path = os.fsencode(tmp_path) + b"/" + os.fsencode(name)
    with open(path, "wb") as file:
        file.write(good_model().SerializeToString())
    done = compile_here(tmp_path, model=path)
    assert (done.status, done.err) == (0, "")
    check_header(tmp_path, "net.h")


def test_path_of_4000_bytes(tmp_path):
    """Reached by a relative path, for the system's limit of 4096 counts from where one stands."""
    os.chdir(tmp_path)
    folder = "/".join(["d" * 200] * 19)
    os.makedirs(folder)
    with open(f"{folder}/model.onnx", "wb") as file:
        file.write(good_model().SerializeToString())
    done = compile_here(tmp_path, model=f"{folder}/model.onnx", output=f"{folder}/net.o")
    assert (done.status, done.err) == (0, "")
    assert sorted(os.listdir(folder)) == ["model.onnx", "net.h", "net.o"]


def test_path_that_is_too_long(tmp_path):
    onnx.save(good_model(), tmp_path / "model.onnx")
    done = compile_here(tmp_path, "--no-header", output="d/" * 2500 + "net.o")
    assert done.status == 5 and done.err.startswith("model.onnx: error: [O011] cannot create d/d/")
    assert len(done.err) < 2100


def test_texts_of_the_model_stay_out_of_the_object(tmp_path):
    model = good_model()
    model.producer_name, model.doc_string, model.graph.doc_string = "../secret-producer", "secret-doc" * 1000000, "secret-graph"
    model.metadata_props.add(key="../../secret-key", value="secret-value")
    model.graph.node[0].doc_string = "secret-node"
    onnx.save(model, tmp_path / "model.onnx")
    done = compile_here(tmp_path)
    assert (done.status, done.err) == (0, "")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.onnx", "net.h", "net.o"]
    assert b"secret" not in (tmp_path / "net.o").read_bytes() + (tmp_path / "net.h").read_bytes()
