// read-image: an input becomes an image as programs have it; what the network wants is computed from it.
//   @main(%x : tensor<1x3x224x224xf32>)  ->  @main(%pixels : tensor<1x224x224x3xui8>), %x = image(%pixels)
//   image = ((pixel - mean) / std), channels in front, their order reversed for bgr
// A network that wants its channels last gets a transpose, which cancels with the one that it begins with.
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_READIMAGE
#include "compiler/passes/Passes.h.inc"

namespace {

constexpr int64_t kMostChannels = 4; // of a picture: grey, RGB, with opacity

struct ReadImagePass : impl::ReadImageBase<ReadImagePass> {
  using ReadImageBase::ReadImageBase;

  InFlightDiagnostic refuse() { return getOperation().emitError() << "[U018] --input-format: "; }

  static std::string nameOf(func::FuncOp function, unsigned i) {
    auto name = function.getArgAttrOfType<StringAttr>(i, rn::kNameAttr);
    return name ? name.str() : "";
  }

  // The argument that is meant; an unnamed one is the only input.
  std::optional<unsigned> findInput(func::FuncOp function) {
    std::string names;
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      names += (i ? "', '" : "'") + nameOf(function, i);
      if (input == nameOf(function, i) || (input.empty() && function.getNumArguments() == 1))
        return i;
    }
    refuse() << (input.empty() ? std::string("say which input is an image") : "no input is called '" + input + "'")
             << ": the inputs are " << names << "'";
    return std::nullopt;
  }

  // One value for each channel; one for all when one is given.
  bool spread(ArrayRef<double> given, double otherwise, int64_t channels, const char *what, SmallVector<double> &to) {
    if (given.size() > 1 && static_cast<int64_t>(given.size()) != channels) {
      refuse() << given.size() << " values of --" << what << " for " << channels << " channels";
      return false;
    }
    to.assign(channels, given.empty() ? otherwise : given[0]);
    if (given.size() > 1)
      to.assign(given.begin(), given.end());
    return true;
  }

  std::string note(ArrayRef<double> means, ArrayRef<double> deviations) {
    auto list = [](ArrayRef<double> values) {
      return "[" + llvm::join(llvm::map_range(values, [](double v) { return llvm::formatv("{0}", v).str(); }), ", ") +
             "]";
    };
    std::string text = bgr ? "channels reversed" : "";
    if (!mean.empty() || !deviation.empty())
      text += std::string(text.empty() ? "" : ", ") + "(x - " + list(means) + ") / " + list(deviations) +
              " is computed inside";
    return text;
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    std::optional<unsigned> index = findInput(function);
    if (!index)
      return signalPassFailure();
    BlockArgument argument = function.getArgument(*index);
    RankedTensorType wanted = typeOf(argument);
    if (wanted.getRank() != 4 || !wanted.getElementType().isF32()) {
      refuse() << "'" << nameOf(function, *index) << "' is no image of floats: its shape is "
               << toString(wanted.getShape());
      return signalPassFailure();
    }
    ArrayRef<int64_t> shape = wanted.getShape();
    const bool channelsLast = shape[3] <= kMostChannels && shape[1] > kMostChannels;
    const Shape planes = channelsLast ? Shape{shape[0], shape[3], shape[1], shape[2]} : Shape(shape);
    SmallVector<double> means, deviations;
    if (!spread(mean, 0, planes[1], "mean", means) || !spread(deviation, 1, planes[1], "std", deviations))
      return signalPassFailure();

    OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
    const Shape given = nhwc ? Shape{planes[0], planes[2], planes[3], planes[1]} : planes;
    Type element = bytes ? IntegerType::get(&getContext(), 8, IntegerType::Unsigned) : wanted.getElementType();
    argument.setType(RankedTensorType::get(given, element));
    auto image = rn::ImageOp::create(builder, argument.getLoc(), RankedTensorType::get(planes, wanted.getElementType()),
                                     argument, means, deviations, nhwc, bgr);
    Value value = image;
    if (channelsLast)
      value = rn::TransposeOp::create(builder, argument.getLoc(), wanted, value, ArrayRef<int64_t>{0, 2, 3, 1});
    argument.replaceAllUsesExcept(value, image);
    function.setFunctionType(builder.getFunctionType(function.getBody().getArgumentTypes(), function.getResultTypes()));
    function.setArgAttr(*index, "rn.layout", builder.getStringAttr(nhwc ? "NHWC" : "NCHW"));
    function.setArgAttr(*index, "rn.note", builder.getStringAttr(note(means, deviations)));
  }
};

} // namespace
} // namespace resnetc
