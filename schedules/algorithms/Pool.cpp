// max_pool, avg_pool: windows over an image in blocked layout. Taps outside the image are skipped.
//   out[c,x,y,k] = max or mean over kx,ky of in[c, x*sx + kx*dx - left, y*sy + ky*dy - top, k]
// ints    size=[w,h,blocks]      output pixels in a row, rows, channel blocks
//         block=[b]  in_size=[w,h]  the extents of the image without any border
//         in_strides=[x,y,block], and the strides of the epilogue [x,y,block]  in floats; the lane stride is 1
//         kernel=[kw,kh] stride=[sx,sy] dilation=[dx,dy] pad=[left,top]
//         avg_pool: count_include_pad=[1] counts the taps inside of padded=[left+w+right, top+h+bottom] instead of those
//         inside of the image
// operands in, and what the epilogue has (Epilogue.h); in stands at the element (0,0) of the image.
// A window without taps gives -infinity for max and 0 for avg. max_pool skips NaN.
#include "schedules/Kind.h"
#include "schedules/algorithms/Epilogue.h"
#include <limits>

namespace resnetc {
using namespace Halide;

namespace {
struct Window {
  std::vector<int> size, image, kernel, stride, dilation, pad;
  explicit Window(const KernelSpec &spec)
      : size(listOf(spec, "size", 3, 1)), image(listOf(spec, "in_size", 2, 1)), kernel(listOf(spec, "kernel", 2, 1)),
        stride(listOf(spec, "stride", 2, 1)), dilation(listOf(spec, "dilation", 2, 1)), pad(listOf(spec, "pad", 2)) {}

  Expr position(size_t axis, const Expr &pixel, const Expr &tap) const {
    return pixel * stride[axis] + tap * dilation[axis] - pad[axis];
  }
  // How many taps of the window at `pixel` lie in [low, high) along one axis.
  Expr count(size_t axis, const Expr &pixel, int low, int high) const {
    Expr first = pixel * stride[axis] - pad[axis];  // taps t with low <= first + t*d < high
    auto below = [&](int bound) { return clamp((bound - first + dilation[axis] - 1) / dilation[axis], 0, kernel[axis]); };
    return below(high) - below(low);
  }
};
}  // namespace

static Computation pool(const KernelSpec &spec, bool average) {
  const Window window(spec);
  const int block = listOf(spec, "block", 1, 1)[0];
  const auto in = listOf(spec, "in_strides", 3);
  ImageParam input = operand("in", {block, window.image[0], window.image[1], window.size[2]}, {1, in[0], in[1], in[2]});

  Var c("c"), x("x"), y("y"), k("k");
  RDom r(0, window.kernel[0], 0, window.kernel[1], "r");
  Expr px = window.position(0, x, r.x), py = window.position(1, y, r.y);
  r.where(px >= 0 && px < window.image[0] && py >= 0 && py < window.image[1]);
  Expr tap = input(c, clamp(px, 0, window.image[0] - 1), clamp(py, 0, window.image[1] - 1), k);
  Computation result;
  Func sum("sum");
  Expr value;
  if (average) {
    sum(c, x, y, k) = 0.f;
    sum(c, x, y, k) += tap;
    Expr taps = window.count(0, x, 0, window.image[0]) * window.count(1, y, 0, window.image[1]);
    if (spec.has("count_include_pad") && spec.at("count_include_pad")) {
      const auto padded = listOf(spec, "padded", 2, 1);
      taps = window.count(0, x, -window.pad[0], padded[0] - window.pad[0]) *
             window.count(1, y, -window.pad[1], padded[1] - window.pad[1]);
    }
    value = sum(c, x, y, k) / cast<float>(max(taps, 1));
  } else {
    sum(c, x, y, k) = -std::numeric_limits<float>::infinity();
    sum(c, x, y, k) = strict_float(select(tap > sum(c, x, y, k), tap, sum(c, x, y, k)));
    value = sum(c, x, y, k);
  }
  result.operands = {input};
  result.sum = sum;
  finish(result, spec, value, {c, x, y, k}, {block, window.size[0], window.size[1], window.size[2]});
  return result;
}

static KernelWork work(const KernelSpec &spec) {
  const double blocks = static_cast<double>(spec.at("size", 2)) * spec.at("block");
  const double outputs = static_cast<double>(spec.at("size", 0)) * spec.at("size", 1) * blocks;
  const double inputs = static_cast<double>(spec.at("in_size", 0)) * spec.at("in_size", 1) * blocks;
  return {outputs * spec.at("kernel", 0) * spec.at("kernel", 1), 4 * (inputs + epilogueImages(spec) * outputs)};
}

static RegisterAlgorithm registeredMax("max_pool", [](const KernelSpec &s) { return pool(s, false); }, work);
static RegisterAlgorithm registeredAverage("avg_pool", [](const KernelSpec &s) { return pool(s, true); }, work);

}  // namespace resnetc
