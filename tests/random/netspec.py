"""What a random network is made of. A spec is a wish that always can be built: netbuild.py makes kernels smaller where an image
is small, groups fewer where they do not divide, a shortcut a projection where shapes differ. So every simpler spec is a
network too, and a failure shrinks.
"""
from dataclasses import dataclass, replace

from hypothesis import strategies as st


@dataclass(frozen=True)
class Conv:
    channels: int
    kernel: tuple
    stride: tuple
    dilation: tuple
    pads: object  # "same" (explicit, symmetric), "SAME_UPPER", "SAME_LOWER", "VALID", or (top, left, bottom, right)
    groups: int  # 0: depthwise
    bias: str  # "", "conv", or "add": an Add of its own
    norm: int  # number of batch normalizations
    before: bool  # norm and activation stand before the convolution
    act: str


@dataclass(frozen=True)
class Pool:
    kind: str  # "max" or "average"
    kernel: tuple
    stride: tuple
    pads: object
    ceil: bool
    count_pads: bool


@dataclass(frozen=True)
class Block:
    convs: tuple  # of Conv; they keep the image's size but for the stride of one
    stride: int
    strided: int  # index of that one
    shortcut: str  # "identity", "projection", "average", "subsample", "pad", or "": none
    gate: bool  # squeeze and excitation
    act: str  # after the sum
    tap: bool  # the block's result is an output too


@dataclass(frozen=True)
class Head:
    pool: str  # "global", "mean", "kept mean", "average", or "": all pixels count
    flat: str  # "flatten", "reshape", "shape chain", "squeeze"
    dense: str  # "gemm", "gemm plain", "matmul", "conv", or ""
    classes: int
    dropout: bool
    softmax: bool


@dataclass(frozen=True)
class Net:
    opset: int
    image: tuple  # batch, channels, height, width
    channels_last: bool  # as TensorFlow's exporters write it
    stem: tuple  # of Conv and Pool
    blocks: tuple
    head: Head
    weights: str  # "initializer", "input" (an initializer that is also listed as an input), "constant" (a node)
    shared: bool  # tensors of one shape are one tensor
    sum_op: str  # "Add" or "Sum"
    values: str  # "normal", "wild" (scales from 2^-6 to 2^6, zeros, constants)
    seed: int
    strict: bool  # --math=strict
    cpu: str


OPSETS = list(range(7, 24))
ACTS = ["Relu", "", "Clip", "LeakyRelu", "Sigmoid", "Silu"]
pairs = lambda values: st.one_of(st.sampled_from(values).map(lambda n: (n, n)), st.tuples(st.sampled_from(values), st.sampled_from(values)))
CHANNELS = st.one_of(st.integers(1, 24), st.sampled_from([31, 32, 33, 48, 61, 64, 67, 70]))
# Most convolutions of real networks are plain; the odd ones must not crowd them out.
PADS = st.one_of(st.just("same"), st.just("same"), st.sampled_from(["SAME_UPPER", "SAME_LOWER", "VALID"]), st.tuples(*[st.integers(0, 3)] * 4))
KEPT = st.sampled_from(["same", "same", "SAME_UPPER", "SAME_LOWER"])


def convs(pads=PADS, kernels=(1, 2, 3, 3, 3, 5, 7), strides=(1, 1, 2, 3)):
    plain = st.builds(Conv, channels=CHANNELS, kernel=pairs(list(kernels)), stride=pairs(list(strides)), dilation=pairs([1, 1, 1, 2, 3]),
                     pads=pads, groups=st.sampled_from([1, 1, 1, 2, 4, 0]), bias=st.sampled_from(["", "conv", "add"]),
                     norm=st.sampled_from([0, 1, 1, 1, 2]), before=st.booleans(), act=st.sampled_from(ACTS))
    return plain.map(lambda c: replace(c, dilation=(1, 1)) if str(c.pads).startswith("SAME_") else c)  # onnxruntime has no other


pools = st.builds(Pool, kind=st.sampled_from(["max", "average"]), kernel=pairs([1, 2, 3]), stride=pairs([1, 2, 3]), pads=PADS,
                  ceil=st.booleans(), count_pads=st.booleans())
blocks = st.builds(Block, convs=st.lists(convs(KEPT, (1, 3, 3, 5), (1,)), min_size=1, max_size=3).map(tuple), stride=st.sampled_from([1, 1, 2, 3]),
                   strided=st.integers(0, 2), shortcut=st.sampled_from(["identity", "projection", "average", "subsample", "pad", ""]),
                   gate=st.sampled_from([False, False, False, True]), act=st.sampled_from(["Relu", "", "Clip", "LeakyRelu"]), tap=st.sampled_from([False, False, False, True]))
heads = st.builds(Head, pool=st.sampled_from(["global", "mean", "kept mean", "average", ""]), flat=st.sampled_from(["flatten", "reshape", "shape chain", "squeeze"]),
                  dense=st.sampled_from(["gemm", "gemm plain", "matmul", "conv", ""]), classes=st.integers(1, 40), dropout=st.booleans(), softmax=st.booleans())
SIDES = st.one_of(st.integers(1, 17), st.integers(1, 17), st.integers(1, 40))
images = st.tuples(st.sampled_from([1, 1, 2, 3]), st.sampled_from([3, 1, 2, 4, 16, 19, 32, 40]), SIDES, SIDES)
nets = st.builds(Net, opset=st.sampled_from(OPSETS), image=images, channels_last=st.booleans(),
                 stem=st.lists(st.one_of(convs(), pools), max_size=2).map(tuple), blocks=st.lists(blocks, max_size=2).map(tuple), head=heads,
                 weights=st.sampled_from(["initializer", "input", "constant"]), shared=st.booleans(), sum_op=st.sampled_from(["Add", "Sum"]),
                 values=st.sampled_from(["normal", "normal", "wild"]), seed=st.integers(0, 2 ** 16), strict=st.booleans(),
                 cpu=st.sampled_from(["native", "native", "x86-64-v2", "baseline"]))
