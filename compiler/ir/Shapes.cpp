#include "compiler/ir/Shapes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using llvm::Expected, llvm::Twine;

namespace resnetc {

std::string toString(ShapeRef shape) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << '[';
  llvm::interleaveComma(shape, out);
  out << ']';
  return text;
}

llvm::Error shapeError(const Twine &text) { return llvm::createStringError(llvm::inconvertibleErrorCode(), text); }

std::optional<int64_t> checkedMul(int64_t a, int64_t b) {
  int64_t result;
  return llvm::MulOverflow(a, b, result) ? std::nullopt : std::optional<int64_t>(result);
}
std::optional<int64_t> checkedAdd(int64_t a, int64_t b) {
  int64_t result;
  return llvm::AddOverflow(a, b, result) ? std::nullopt : std::optional<int64_t>(result);
}

std::optional<int64_t> elementCount(ShapeRef shape) {
  int64_t count = 1;
  for (int64_t extent : shape) {
    auto product = extent < 0 ? std::nullopt : checkedMul(count, extent);
    if (!product)
      return std::nullopt;
    count = *product;
  }
  return count;
}

// Output extent of one spatial dimension. ceil_mode rounds up, but the last window must start inside the image or the left
// padding (ONNX since opset 19, and what PyTorch does).
static Expected<int64_t> windowExtent(const char *axis, int64_t input, int64_t kernel, int64_t stride, int64_t before,
                                      int64_t after, int64_t dilation, bool ceilMode) {
  if (kernel < 1 || stride < 1 || dilation < 1)
    return shapeError(Twine(axis) + ": kernel " + Twine(kernel) + ", stride " + Twine(stride) + ", dilation " +
                      Twine(dilation) + " must be positive");
  if (before < 0 || after < 0)
    return shapeError(Twine(axis) + ": pads " + Twine(before) + ", " + Twine(after) + " must not be negative");
  auto reach = checkedMul(kernel - 1, dilation);
  auto padded = checkedAdd(input, before);
  padded = padded ? checkedAdd(*padded, after) : padded;
  if (!reach || !padded || *reach > (int64_t(1) << 40) || *padded > (int64_t(1) << 40))
    return shapeError(Twine(axis) + ": window or padding is too large");
  const int64_t room = *padded - *reach - 1;
  if (room < 0)
    return shapeError(Twine("output ") + axis + " would be " + Twine(llvm::divideFloorSigned(room, stride) + 1) +
                      ": window of " + Twine(*reach + 1) + " in " + Twine(*padded) + " padded pixels");
  int64_t extent = (ceilMode ? (room + stride - 1) / stride : room / stride) + 1;
  if (ceilMode && (extent - 1) * stride >= input + before)
    --extent;
  return extent;
}

Expected<Shape> windowShape(ShapeRef input, int64_t channels, const Window &w) {
  if (input.size() != 4)
    return shapeError("input rank is " + Twine(input.size()) + ", want 4");
  for (auto [name, list, size] : {std::tuple{"kernel", w.kernel, 2u}, {"strides", w.strides, 2u},
                                  {"pads", w.pads, 4u}, {"dilations", w.dilations, 2u}})
    if (list.size() != size)
      return shapeError(Twine(name) + " has " + Twine(list.size()) + " values, want " + Twine(size));
  Shape result{input[0], channels};
  for (int d : {0, 1}) {
    auto extent = windowExtent(d ? "width" : "height", input[2 + d], w.kernel[d], w.strides[d], w.pads[d],
                               w.pads[2 + d], w.dilations[d], w.ceilMode);
    if (!extent)
      return extent.takeError();
    result.push_back(*extent);
  }
  return result;
}

Expected<Shape> convShape(ShapeRef input, ShapeRef weight, int64_t groups, ShapeRef strides, ShapeRef pads,
                          ShapeRef dilations) {
  if (input.size() != 4)
    return shapeError("input rank is " + Twine(input.size()) + ", want 4");
  if (weight.size() != 4)
    return shapeError("weight rank is " + Twine(weight.size()) + ", want 4");
  if (groups < 1 || input[1] % groups || weight[0] % groups)
    return shapeError("group " + Twine(groups) + " does not divide " + Twine(input[1]) + " input and " +
                      Twine(weight[0]) + " output channels");
  if (weight[1] < 1 || input[1] != weight[1] * groups)
    return shapeError("input " + toString(input) + " has " + Twine(input[1]) + " channels; weight " +
                      toString(weight) + " expects " + Twine(weight[1]) + " x group " + Twine(groups));
  return windowShape(input, weight[0], {weight.drop_front(2), strides, pads, dilations});
}

Expected<Shape> broadcastShape(ShapeRef a, ShapeRef b) {
  const size_t rank = std::max(a.size(), b.size());
  Shape result;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t x = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    const int64_t y = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    if (x != y && x != 1 && y != 1)
      return shapeError("cannot broadcast " + toString(a) + " with " + toString(b));
    result.push_back(x == 1 ? y : x);
  }
  return result;
}

Expected<Shape> reduceShape(ShapeRef input, ShapeRef axes, bool keepdims) {
  Shape result;
  int64_t previous = -1;
  for (int64_t axis : axes) {
    if (axis <= previous || axis >= static_cast<int64_t>(input.size()))
      return shapeError("axes " + toString(axes) + " must ascend within rank " + Twine(input.size()));
    previous = axis;
  }
  for (auto [i, extent] : llvm::enumerate(input)) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(i)))
      result.push_back(extent);
    else if (keepdims)
      result.push_back(1);
  }
  return result;
}

Expected<Shape> transposeShape(ShapeRef input, ShapeRef perm) {
  llvm::SmallVector<bool> seen(input.size(), false);
  Shape result;
  for (int64_t p : perm) {
    if (p < 0 || p >= static_cast<int64_t>(input.size()) || seen[p])
      return shapeError("perm " + toString(perm) + " is no permutation of rank " + Twine(input.size()));
    seen[p] = true;
    result.push_back(input[p]);
  }
  if (perm.size() != input.size())
    return shapeError("perm " + toString(perm) + " has " + Twine(perm.size()) + " values, want " + Twine(input.size()));
  return result;
}

Expected<Shape> padShape(ShapeRef input, ShapeRef low, ShapeRef high) {
  if (low.size() != input.size() || high.size() != input.size())
    return shapeError("pads have " + Twine(low.size()) + " and " + Twine(high.size()) + " values, want " +
                      Twine(input.size()));
  Shape result;
  for (auto [extent, l, h] : llvm::zip(input, low, high)) {
    auto sum = l < 0 || h < 0 ? std::nullopt : checkedAdd(extent, l);
    sum = sum ? checkedAdd(*sum, h) : sum;
    if (!sum)
      return shapeError("pads " + toString(low) + ", " + toString(high) + " are negative or too large");
    result.push_back(*sum);
  }
  return result;
}

Expected<Shape> concatShape(llvm::ArrayRef<Shape> inputs, int64_t axis) {
  if (inputs.empty())
    return shapeError("concat of nothing");
  Shape result = inputs[0];
  if (axis < 0 || axis >= static_cast<int64_t>(result.size()))
    return shapeError("axis " + Twine(axis) + " is out of [0, " + Twine(result.size()) + ")");
  for (const Shape &input : inputs.drop_front()) {
    Shape expected = result;
    if (input.size() == expected.size())
      expected[axis] = input[axis];
    if (input != expected)
      return shapeError("cannot concatenate " + toString(inputs[0]) + " with " + toString(input) + " along axis " +
                        Twine(axis));
    auto sum = checkedAdd(result[axis], input[axis]);
    if (!sum)
      return shapeError("concatenated extent overflows");
    result[axis] = *sum;
  }
  return result;
}

Expected<Shape> gatherShape(ShapeRef input, ShapeRef indices, int64_t axis) {
  if (axis < 0 || axis >= static_cast<int64_t>(input.size()))
    return shapeError("axis " + Twine(axis) + " is out of [0, " + Twine(input.size()) + ")");
  Shape result(input.take_front(axis));
  result.append(indices.begin(), indices.end());
  result.append(input.begin() + axis + 1, input.end());
  return result;
}

} // namespace resnetc
