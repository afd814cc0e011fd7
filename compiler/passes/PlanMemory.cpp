// plan-memory: one arena for all buffers between the inputs and the outputs.
//   life of a buffer = from the first step that names it to the last one. A section that goes through its steps once for each
//                      group of images is one moment for the buffers that hold the whole batch
//   in place         = a buffer takes the memory of its may_alias when that one's life ends where its own begins
//   offsets          = largest buffers first, each at the lowest place that no buffer alive at the same time covers
#include "compiler/ir/Plan.h"
#include "compiler/passes/Passes.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace resnetc {
#define GEN_PASS_DEF_PLANMEMORY
#include "compiler/passes/Passes.h.inc"

using namespace mlir;

namespace {

constexpr int64_t kAlign = 64;

struct Piece { // one or several buffers that share memory one after the other
  int64_t first = -1, last = -1, bytes = 0, offset = 0;
};

struct PlanMemory : impl::PlanMemoryBase<PlanMemory> {
  void live(StringAttr name, int64_t from, int64_t to) {
    auto it = pieces.find(name);
    if (it == pieces.end())
      return;
    Piece &piece = it->second;
    piece.first = piece.first < 0 ? from : std::min(piece.first, from);
    piece.last = std::max(piece.last, to);
  }

  // Steps in program order decide the lives.
  void collectLives(ModuleOp module) {
    for (auto buffer : module.getOps<plan::BufferOp>())
      if (buffer.getSpace() == plan::Space::Arena)
        pieces[buffer.getSymNameAttr()].bytes = static_cast<int64_t>(llvm::alignTo(buffer.getBytes(), kAlign));
    for (auto buffer : module.getOps<plan::BufferOp>())
      roomOf[buffer.getSymNameAttr()] = buffer.getTogether();
    const SymbolTable symbols(module);
    int64_t now = 0;
    for (const plan::Section &section : plan::sectionsOf(module)) {
      const int64_t begin = now, end = begin + static_cast<int64_t>(section.steps.size()) - 1;
      for (plan::StepOp step : section.steps) {
        step.walk([&](plan::CallOp call) {
          for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>()) {
            const bool isWhole = !symbols.lookup<plan::BufferOp>(ref.getBuffer().getValue()).getTogether();
            live(ref.getBuffer().getAttr(), isWhole ? begin : now, isWhole ? end : now);
          }
        });
        ++now;
      }
    }
  }

  StringAttr ownerOf(StringAttr name) {
    for (auto it = owner.find(name); it != owner.end(); it = owner.find(name))
      name = it->second;
    return name;
  }

  void shareInPlace(ModuleOp module) {
    for (auto buffer : module.getOps<plan::BufferOp>()) {
      auto other = buffer.getMayAliasAttr();
      if (!other || !pieces.contains(buffer.getSymNameAttr()))
        continue;
      StringAttr target = ownerOf(other.getAttr());
      auto it = pieces.find(target);
      Piece &own = pieces[buffer.getSymNameAttr()];
      if (it == pieces.end() || it->second.last != own.first || it->second.bytes != own.bytes)
        continue;
      if (roomOf[target] != roomOf[buffer.getSymNameAttr()]) // images that lie elsewhere
        continue;
      it->second.last = own.last;
      owner[buffer.getSymNameAttr()] = target;
      ++numInPlace;
    }
  }

  // Greedy by size (Pisarchyk and Lee 2020, arXiv 2001.03288, "greedy by size for offset calculation").
  int64_t assignOffsets() {
    SmallVector<Piece *> order;
    for (auto &[name, piece] : pieces)
      if (!owner.contains(name) && piece.first >= 0)
        order.push_back(&piece);
    llvm::stable_sort(order, [](const Piece *a, const Piece *b) { return a->bytes > b->bytes; });
    SmallVector<Piece *> placed; // by offset
    int64_t arena = 0;
    for (Piece *piece : order) {
      int64_t offset = 0;
      for (const Piece *other : placed)
        if (other->first <= piece->last && piece->first <= other->last && other->offset < offset + piece->bytes)
          offset = std::max(offset, other->offset + other->bytes);
      piece->offset = offset;
      placed.insert(llvm::upper_bound(placed, piece, [](const Piece *a, const Piece *b) { return a->offset < b->offset; }),
                    piece);
      arena = std::max(arena, offset + piece->bytes);
    }
    return arena;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    collectLives(module);
    shareInPlace(module);
    Builder builder(&getContext());
    module->setAttr(plan::kArenaBytesAttr, builder.getI64IntegerAttr(assignOffsets()));
    for (auto buffer : llvm::make_early_inc_range(module.getOps<plan::BufferOp>())) {
      auto it = pieces.find(ownerOf(buffer.getSymNameAttr()));
      if (it == pieces.end())
        continue;
      if (it->second.first < 0)
        buffer.erase(); // nothing reads or writes it
      else
        buffer.setOffsetAttr(builder.getI64IntegerAttr(it->second.offset));
    }
  }

  llvm::MapVector<StringAttr, Piece> pieces;
  llvm::DenseMap<StringAttr, std::optional<uint64_t>> roomOf; // images that a buffer holds; nothing: all
  llvm::DenseMap<StringAttr, StringAttr> owner; // buffer -> the one whose memory it took
};

} // namespace
} // namespace resnetc
