// DequantizeLinear: (x - zero) * scale, of which zero and scale are those of the whole tensor or of a slice along an axis. Only of
// constants: weights that are stored in few bits become float32 while compiling.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

// Input i as float32, shaped so that it meets its slices of input 0.
static Value ofSlices(NodeView &n, int i, int64_t axis) {
  ShapeRef shape = n.shape(i), whole = n.shape(0);
  const auto element = n.builder().getF32Type();
  Value value = n.elementType(i) == element ? n.input(i) : n.build<rn::CastOp>(shape, element, n.input(i));
  if (elementCount(shape) == 1)
    return n.reshape(value, {});
  if (shape.size() != 1 || whole.empty() || shape[0] != whole[axis]) {
    n.error("R048", "DequantizeLinear: input " + Twine(i) + " has shape " + toString(shape) + ", want one value or one for each of axis " +
                        Twine(axis) + " of " + toString(whole));
    return {};
  }
  Shape along(whole.size(), 1);
  along[axis] = shape[0];
  return n.reshape(value, along);
}

static Value importDequantizeLinear(NodeView &n) {
  if (!n.isConstant(0))
    n.error("R034", "DequantizeLinear: input 0 is not known while compiling; only weights may be quantized",
            "export the model with float activations");
  if (!n.elementType(1).isF32())
    n.error("R032", "DequantizeLinear: the scale must be of a floating-point type");
  if (n.getInt("block_size", 0) != 0)
    n.error("R034", "DequantizeLinear with block_size is not supported", "quantize by tensor or by channel");
  const int64_t axis = n.shape(0).empty() ? 0 : n.getAxis("axis", n.shape(0).size() > 1 ? 1 : 0, static_cast<int64_t>(n.shape(0).size()));
  if (n.failed())
    return {};
  Value x = n.build<rn::CastOp>(n.shape(0), n.builder().getF32Type(), n.input(0));
  if (n.has(2))
    x = n.combine<rn::SubOp>(x, ofSlices(n, 2, axis));
  return n.combine<rn::MulOp>(x, ofSlices(n, 1, axis));
}

RESNETC_IMPORT_OP(DequantizeLinear, 10, kNewestOpset, 2, 3, importDequantizeLinear)
