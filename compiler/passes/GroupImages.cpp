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

struct GroupImages : impl::GroupImagesBase<GroupImages> {
  plan::BufferOp bufferOf(plan::RefAttr ref) { return symbols->lookup<plan::BufferOp>(ref.getBuffer().getValue()); }

  // Guards, one for each reason.
  bool isByImage(plan::StepOp step) {
    if (step.getGrid().empty() || step.getGrid().front() < 2) // a batch of one
      return false;
    return !step
                .walk([&](plan::CallOp call) {
                  for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>()) {
                    plan::BufferOp buffer = bufferOf(ref);
                    const bool isRead = buffer.getSpace() == plan::Space::Weights; // by all images, or in whatever order
                    if (!isRead && ref.getSteps().front() * step.getGrid().front() != static_cast<int64_t>(buffer.getBytes()))
                      return WalkResult::interrupt();
                  }
                  return WalkResult::advance();
                })
                .wasInterrupted();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    const SymbolTable table(module);
    symbols = &table;
    for (auto step : module.getOps<plan::StepOp>())
      step.setImages(isByImage(step));
    llvm::MapVector<StringAttr, int64_t> sectionOf; // of a buffer; -1: of several
    const SmallVector<plan::Section> sections = plan::sectionsOf(module);
    for (auto [number, section] : llvm::enumerate(sections))
      for (plan::StepOp step : section.steps)
        step.walk([&, number = static_cast<int64_t>(number)](plan::CallOp call) {
          for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>())
            if (int64_t &of = sectionOf.try_emplace(ref.getBuffer().getAttr(), number).first->second; of != number)
              of = -1;
        });
    for (auto [name, section] : sectionOf)
      if (section >= 0 && sections[section].images)
        shrink(table.lookup<plan::BufferOp>(name), sections[section].images);
  }

  // Nobody outside of the section reads the buffer.
  void shrink(plan::BufferOp buffer, int64_t images) {
    if (buffer.getSpace() != plan::Space::Arena)
      return;
    const int64_t together = std::min(images, kMostTogether);
    buffer.setTogether(together);
    buffer.setBytes(buffer.getBytes() / images * together);
    ++numGrouped;
  }

  const SymbolTable *symbols = nullptr;
};

} // namespace
} // namespace resnetc
