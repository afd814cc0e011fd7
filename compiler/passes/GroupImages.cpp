// group-images: a batch goes through the network a few images at a time, so that what one step leaves the next stays in the
// caches, and needs memory for these images only.
//   for all images: s1; for all images: s2; ...   =   for each group of images: s1, s2, ...
// This holds where the tasks of an image touch no part of a buffer that belongs to another image. The first dimension of a
// grid only moves pointers, by the same distance for each image: where that distance times the images is the whole buffer,
// tasks that stay inside of the buffer for the first and for the last image stay inside of their own part for all.
#include "compiler/ir/Plan.h"
#include "compiler/passes/Passes.h"

namespace resnetc {
#define GEN_PASS_DEF_GROUPIMAGES
#include "compiler/passes/Passes.h.inc"

using namespace mlir;

namespace {

// As many as threads ever work on, one image each: more would need memory and save nothing.
constexpr int64_t kMostTogether = 16;

SmallVector<plan::RefAttr> refsOf(plan::StepOp step) {
  SmallVector<plan::RefAttr> refs;
  for (auto call : step.getOps<plan::CallOp>())
    llvm::append_range(refs, call.getOperands_().getAsRange<plan::RefAttr>());
  return refs;
}

struct GroupImages : impl::GroupImagesBase<GroupImages> {
  bool isByImage(plan::StepOp step, const SymbolTable &symbols) {
    if (step.getGrid().empty() || step.getGrid().front() < 2) // a batch of one
      return false;
    const int64_t images = step.getGrid().front();
    return llvm::all_of(refsOf(step), [&](plan::RefAttr ref) {
      auto buffer = symbols.lookup<plan::BufferOp>(ref.getBuffer().getValue());
      return buffer.getSpace() == plan::Space::Weights || // nobody writes them
             ref.getSteps().front() * images == static_cast<int64_t>(buffer.getBytes());
    });
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    const SymbolTable symbols(module);
    for (auto step : module.getOps<plan::StepOp>())
      step.setImages(isByImage(step, symbols));
    for (auto [name, images] : imagesOfBuffers(module))
      if (auto buffer = symbols.lookup<plan::BufferOp>(name); images && buffer.getSpace() == plan::Space::Arena)
        shrink(buffer, images);
  }

  // How many images the only section that names a buffer goes through; 0 where several sections name it, or where that one goes
  // through none.
  llvm::MapVector<StringAttr, int64_t> imagesOfBuffers(ModuleOp module) {
    llvm::DenseMap<StringAttr, size_t> sectionOf;
    llvm::MapVector<StringAttr, int64_t> images;
    for (const auto &[number, section] : llvm::enumerate(plan::sectionsOf(module)))
      for (plan::StepOp step : section.steps)
        for (plan::RefAttr ref : refsOf(step)) {
          StringAttr name = ref.getBuffer().getAttr();
          const bool isOnly = sectionOf.try_emplace(name, number).first->second == number;
          images[name] = isOnly ? section.images : 0;
        }
    return images;
  }

  void shrink(plan::BufferOp buffer, int64_t images) {
    const int64_t together = std::min(images, kMostTogether);
    buffer.setTogether(together);
    buffer.setBytes(buffer.getBytes() / images * together);
    ++numGrouped;
  }
};

} // namespace
} // namespace resnetc
