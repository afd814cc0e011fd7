#include "schedules/algorithms/Epilogue.h"
#include "schedules/algorithms/Activation.h"

namespace resnetc {
using namespace Halide;

// Those of a key, for dimensions behind the lanes, and that of the lanes before them.
static std::vector<int> withLane(const KernelSpec &spec, const char *key, const std::vector<int> &extents) {
  std::vector<int> strides = listOf(spec, key, extents.size() - 1);
  strides.insert(strides.begin(), 1);
  return strides;
}

static Expr residual(Computation &k, const KernelSpec &spec, std::vector<Expr> index, std::vector<int> extents, const std::vector<int> &strides) {
  if (!spec.has("res_blocks")) {
    k.operands.push_back(operand("residual", extents, strides));
    return k.operands.back()(index);
  }
  const std::vector<int> blocks = listOf(spec, "res_blocks", 2);
  Expr block = index.at(3) - blocks[0];
  index[3] = clamp(block, 0, blocks[1] - 1);
  extents[3] = blocks[1];
  k.operands.push_back(operand("residual", extents, strides));
  return select(block >= 0 && block < blocks[1], k.operands.back()(index), 0.f);
}

void finish(Computation &k, const KernelSpec &spec, Expr value, const std::vector<Var> &at, const std::vector<int> &extents) {
  auto strides = [&](const char *key) { return withLane(spec, key, extents); };
  const std::vector<Expr> index(at.begin(), at.end());
  if (spec.has("res_strides"))
    value += residual(k, spec, index, extents, strides("res_strides"));
  value = activate(spec, value);
  Func out("out");
  k.out = out;
  if (!spec.has("preact_strides")) {
    out(at) = value;
    makeStatic(out.output_buffer(), extents, strides("out_strides"));
    return;
  }
  std::vector<int> channels = {extents[0]};
  std::vector<Expr> channel = {at[0]};
  if (at.size() > 3) {
    channels.push_back(extents[3]);
    channel.push_back(at[3]);
  }
  auto perChannel = [&](const char *name) -> Expr {
    k.operands.push_back(operand(name, channels, dense(channels)));
    return k.operands.back()(channel);
  };
  // A value of its own: the residual may lie where the result goes, so it is read once, before anything is stored.
  k.value = Func("value");
  k.value(at) = value;
  Expr scale = perChannel("scale"), shift = perChannel("shift");
  Expr second = activate(spec, k.value(index) * scale + shift, "preact_");
  if (!spec.has("out_strides")) {
    out(at) = second;
    makeStatic(out.output_buffer(), extents, strides("preact_strides"));
    return;
  }
  out(at) = Tuple(k.value(index), second);
  makeStatic(out.output_buffers()[0], extents, strides("out_strides"));
  // Halide takes the extents of the second from the first.
  OutputImageParam preact = out.output_buffers()[1];
  const std::vector<int> preactStrides = strides("preact_strides");
  for (size_t i = 0; i < extents.size(); i++)
    preact.dim(static_cast<int>(i)).set_stride(preactStrides[i]);
}

void finishAt(Computation &k, const KernelSpec &spec, Expr value, const std::vector<Var> &at, const std::vector<Expr> &where,
              const std::vector<int> &extents) {
  if (spec.has("res_strides") || spec.has("preact_strides"))
    throw BadSpec("neither a residual nor a second result is possible here");
  k.out = Func("out");
  k.out(at) = undef<float>();
  k.out(where) = activate(spec, value);
  makeStatic(k.out.output_buffer(), extents, withLane(spec, "out_strides", extents));
}

int epilogueImages(const KernelSpec &spec) {
  return int(spec.has("res_strides")) + int(spec.has("out_strides")) + int(spec.has("preact_strides"));
}

}  // namespace resnetc
