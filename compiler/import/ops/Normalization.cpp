// InstanceNormalization, GroupNormalization, LayerNormalization, as arithmetic: the moments are reductions, and what
// they scale is the whole tensor once. Scales by 1 and shifts by 0 (which exporters write) are left out.
#include "compiler/import/ops/Normalization.h"
#include "compiler/import/NodeView.h"

using namespace mlir;

namespace resnetc {

static bool isAll(NodeView &n, int i, double wanted) {
  if (!n.isConstant(i))
    return false;
  auto values = n.numbers(i, "R034");
  return values && llvm::all_of(*values, [&](double v) { return v == wanted; });
}

// The mean over `axes`; with groups, over the channels of each group too, and then given to each of its channels.
static Value mean(NodeView &n, Value x, const Moments &m) {
  Value result = n.reduce(x, "mean", m.axes);
  if (!result || m.groups == 0 || m.groups == shapeOf(x)[1])
    return result;
  const Shape whole(shapeOf(result));
  const Shape split{whole[0], m.groups, whole[1] / m.groups};
  return n.reshape(n.broadcast(n.reduce(n.reshape(result, split), "mean", {2}), split), whole);
}

Value normalize(NodeView &n, Value x, const Moments &m, Value scale, Value shift) {
  Value centred = n.combine<rn::SubOp>(x, mean(n, x, m));
  Value variance = mean(n, n.combine<rn::MulOp>(centred, centred), m);
  Value deviation = n.activation(n.combine<rn::AddOp>(variance, n.number(m.epsilon)), rn::ActivationKind::Sqrt);
  Value factor = n.combine<rn::DivOp>(scale ? scale : n.number(1), deviation);
  Value result = n.combine<rn::MulOp>(centred, factor);
  return shift ? n.combine<rn::AddOp>(result, shift) : result;
}

// A vector of one value a channel, or a group, as [C, 1, 1].
static Value perChannel(NodeView &n, int i, int64_t channels, size_t rank) {
  const int64_t given = n.shape(i)[0];
  Value v = n.reshape(n.broadcast(n.reshape(n.input(i), {given, 1}), {given, channels / given}), {channels});
  Shape shape(rank - 1, 1);
  shape[0] = channels;
  return n.reshape(v, shape);
}

static bool checkImage(NodeView &n) {
  if (n.allFloat() && n.shape(0).size() < 3)
    n.error("R041", n.opName() + " input rank is " + Twine(n.shape(0).size()) + ", want 3 or more");
  if (!n.failed() && *elementCount(n.shape(0)) == 0)
    n.error("R044", n.opName() + " of no elements");
  return !n.failed();
}

static bool checkVectors(NodeView &n, int64_t size) {
  for (int i : {1, 2})
    if (n.shape(i) != ShapeRef{size})
      n.error("R045", n.opName() + (i == 1 ? " scale" : " bias") + " has shape " + toString(n.shape(i)) + ", want [" +
                          Twine(size) + "]");
  return !n.failed();
}

// Over the pixels of each channel, or of each group of channels.
static Value normalizeImage(NodeView &n, Value x, int64_t groups) {
  const size_t rank = shapeOf(x).size();
  const int64_t channels = shapeOf(x)[1];
  Moments m{{}, groups, n.getFloat("epsilon", 1e-5)};
  for (size_t axis = 2; axis < rank; ++axis)
    m.axes.push_back(static_cast<int64_t>(axis));
  Value scale = isAll(n, 1, 1) ? Value() : perChannel(n, 1, channels, rank);
  Value shift = isAll(n, 2, 0) ? Value() : perChannel(n, 2, channels, rank);
  return n.failed() ? Value() : normalize(n, x, m, scale, shift);
}

// PyTorch writes group normalisation as reshape to [N, groups, -1], instance normalisation, reshape back. Of the image
// itself it needs no reshape, and the channels stay in their layout.
static Value importInstanceNormalization(NodeView &n) {
  if (!checkImage(n) || !checkVectors(n, n.shape(0)[1]))
    return {};
  ShapeRef shape = n.shape(0);
  if (auto reshape = n.input(0).getDefiningOp<rn::ReshapeOp>(); reshape && shape.size() == 3) {
    ShapeRef image = shapeOf(reshape.getInput());
    if (image.size() == 4 && image[0] == shape[0] && image[1] % shape[1] == 0)
      return n.reshape(normalizeImage(n, reshape.getInput(), shape[1]), shape);
  }
  return normalizeImage(n, n.input(0), shape[1]);
}

// Scale and bias have a value a group at opset 18, a value a channel since 21.
static Value importGroupNormalization(NodeView &n) {
  if (!checkImage(n))
    return {};
  const int64_t channels = n.shape(0)[1], groups = n.getInt("num_groups", 0);
  if (groups < 1 || channels % groups)
    n.error("R043",
            "GroupNormalization num_groups " + Twine(groups) + " does not divide " + Twine(channels) + " channels");
  if (n.failed() || !checkVectors(n, n.opset() < 21 ? groups : channels))
    return {};
  return normalizeImage(n, n.input(0), groups);
}

static Value importLayerNormalization(NodeView &n) {
  if (!n.allFloat())
    return {};
  const auto rank = static_cast<int64_t>(n.shape(0).size());
  Moments m{{}, 0, n.getFloat("epsilon", 1e-5)};
  for (int64_t axis = n.getAxis("axis", -1, rank); axis < rank; ++axis)
    m.axes.push_back(axis);
  if (!n.failed() && *elementCount(n.shape(0)) == 0)
    n.error("R044", "LayerNormalization of no elements");
  return n.failed() ? Value() : normalize(n, n.input(0), m, n.input(1), n.input(2));
}

RESNETC_IMPORT_OP(InstanceNormalization, 7, kNewestOpset, 3, 3, importInstanceNormalization)
RESNETC_IMPORT_OP(GroupNormalization, 18, kNewestOpset, 3, 3, importGroupNormalization)
RESNETC_IMPORT_OP(LayerNormalization, 17, kNewestOpset, 2, 3, importLayerNormalization)

} // namespace resnetc
