// Registers of tiles: four of sums; where those are two of pixels by two of channels, two of pixels and two of weights; where they are four by one,
// three of pixels in turns and one of weights. Sums begin as the bias and end on the stack, from where Halide's function takes them.
#include "schedules/TileProducts.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicsX86.h"
#include "llvm/IR/Module.h"
#include <algorithm>
#include <functional>

using namespace llvm;

namespace resnetc {
namespace {

constexpr int64_t Word = 4, Line = 64, Tile = 1024; // bytes
constexpr int64_t MostRows = 16;                    // of a tile
constexpr int Registers = 8;

// The sizes of a kernel; strides in bytes.
struct Sizes {
  explicit Sizes(const KernelSpec &s)
      : width(s.at("size")), height(s.at("size", 1)), blocks(s.at("size", 2)), px(s.at("tile")), rows(s.at("tile", 1)), nb(s.at("tile", 2)),
        pairs(s.at("pairs")), x(Word * s.at("in_strides")), y(Word * s.at("in_strides", 1)), part(Word * s.at("in_strides", 2)),
        pair(Word * s.at("in_strides", 3)), taps(s.list("taps")), firstPx(s.at("first")), firstRows(s.at("first", 1)), rowPixels(tileRowPixels(s)),
        soon(s.has("soon") ? s.at("soon") : 0) {}

  const int64_t width, height, blocks, px, rows, nb, pairs, x, y, part, pair;
  const std::vector<int64_t> taps;
  const int64_t firstPx, firstRows, rowPixels, soon; // the last one in bytes

  bool isBelow() const { return firstRows < rows; } // tiles lie below the first, else beside it
  int64_t tiles() const { return isBelow() ? (rows + firstRows - 1) / firstRows : (px + firstPx - 1) / firstPx; }
  int64_t inputOf(int64_t tile) const { return tile * (isBelow() ? firstRows * y : firstPx * x); }
  int64_t sumsOf(int64_t tile) const { return tile * Line * (isBelow() ? firstRows * rowPixels : firstPx); }
  int64_t pixelsOf(int64_t tile) const {
    const auto pixels = [&](int64_t width, int64_t height) { return (height - 1) * rowPixels + width; };
    return isBelow() ? pixels(px, std::min(firstRows, rows - tile * firstRows)) : pixels(std::min(firstPx, px - tile * firstPx), rows);
  }
  // The last tile may be smaller and has a register of its own.
  int sumsIn(int64_t tile, int64_t block) const { return static_cast<int>(nb == 2 ? 2 * tile + block : tile); }
  int pixelsIn(int64_t tile) const { return static_cast<int>(nb == 2 ? 4 + tile : tile == tiles() - 1 ? 6 : 4 + tile % 2); }
  int weightsIn(int64_t block) const { return static_cast<int>(nb == 2 ? 6 + block : 7); }

  int64_t steps() const { return pairs * static_cast<int64_t>(taps.size()); }
  int64_t stepBytes() const { return nb * Tile; } // of one part
  int64_t partBytes() const { return steps() * stepBytes(); }
  int64_t weightBytes() const { return 3 * partBytes(); } // of a tile of channels
  int64_t sumBlock() const { return Line * rows * rowPixels; }
  int64_t tilesOfCall() const { return width / px * (height / rows); }
};

class Kernel {
public:
  Kernel(Module &module, const KernelSpec &spec)
      : module(module), spec(spec), s(spec), end(*module.getFunction(spec.name() + TileFunctionSuffix)),
        function(*Function::Create(FunctionType::get(Type::getInt32Ty(module.getContext()), std::vector<Type *>(end.arg_size() + 2, PointerType::get(module.getContext(), 0)), false),
                                   GlobalValue::ExternalLinkage, spec.name(), module)),
        ir(BasicBlock::Create(module.getContext(), "entry", &function)) {}

  void build() {
    end.setLinkage(GlobalValue::InternalLinkage);
    for (const char *name : {"target-cpu", "tune-cpu"})
      if (end.hasFnAttribute(name))
        function.addFnAttr(end.getFnAttribute(name));
    function.addFnAttr("target-features", end.getFnAttribute("target-features").getValueAsString().str() + ",+amx-tile,+amx-bf16");
    function.addFnAttr(Attribute::NoUnwind);

    AllocaInst *memory = ir.CreateAlloca(ir.getInt8Ty(), ir.getInt64(s.nb * s.sumBlock()));
    memory->setAlignment(Align(Line));
    sums = memory;
    for (size_t i = 1; i < end.arg_size(); ++i)
      descriptors.push_back(ir.CreateAlloca(ir.getInt64Ty(), ir.getInt64(DescriptorBytes / 8)));
    pixels = hostOf(function.getArg(1)), weights = hostOf(function.getArg(2)), bias = hostOf(function.getArg(3));
    for (unsigned i = FirstOfEpilogue; i < function.arg_size(); ++i)
      hosts.push_back(hostOf(function.getArg(i)));
    ir.CreateStore(sums, at(descriptors[0], HostOffset));
    ir.CreateIntrinsic(Intrinsic::x86_ldtilecfg, {}, {configuration()});
    loop(s.blocks / s.nb, [&](Value *k) {
      loop(s.height / s.rows, [&](Value *y) { loop(s.width / s.px, [&](Value *x) { computeTile(x, y, k); }); });
    });
    ir.CreateIntrinsic(Intrinsic::x86_tilerelease, ArrayRef<Type *>(), {});
    ir.CreateRet(ir.getInt32(0));
  }

private:
  static constexpr int64_t DescriptorBytes = 56, HostOffset = 16; // of Halide's halide_buffer_t
  static constexpr unsigned FirstOfEpilogue = 4;                  // argument, behind the context, pixels, weights and bias

  Value *at(Value *base, Value *bytes) { return ir.CreateGEP(ir.getInt8Ty(), base, bytes); }
  Value *at(Value *base, int64_t bytes) { return at(base, ir.getInt64(bytes)); }
  Value *times(Value *v, int64_t factor) { return ir.CreateMul(v, ir.getInt64(factor)); }
  Value *hostOf(Value *descriptor) { return ir.CreateLoad(ir.getPtrTy(), at(descriptor, HostOffset)); }

  // body(i) for i = 0, 1, ... count - 1; values that change by a constant each time go through `moving`.
  void loop(int64_t count, const std::function<void(Value *)> &body) {
    loop(count, {}, [&](Value *i, ArrayRef<Value *>) { body(i); });
  }
  struct Moving {
    Value *start;
    int64_t bytes;
  };
  void loop(int64_t count, const std::vector<Moving> &moving, const std::function<void(Value *, ArrayRef<Value *>)> &body) {
    BasicBlock *before = ir.GetInsertBlock(), *head = BasicBlock::Create(ir.getContext(), "loop", &function),
               *after = BasicBlock::Create(ir.getContext(), "after", &function);
    ir.CreateBr(head);
    ir.SetInsertPoint(head);
    PHINode *i = ir.CreatePHI(ir.getInt64Ty(), 2);
    i->addIncoming(ir.getInt64(0), before);
    SmallVector<Value *> values;
    for (const Moving &m : moving) {
      PHINode *phi = ir.CreatePHI(ir.getPtrTy(), 2);
      phi->addIncoming(m.start, before);
      values.push_back(phi);
    }
    body(i, values);
    BasicBlock *last = ir.GetInsertBlock();
    Value *next = ir.CreateAdd(i, ir.getInt64(1));
    i->addIncoming(next, last);
    for (auto [value, m] : zip(values, moving))
      cast<PHINode>(value)->addIncoming(at(value, m.bytes), last);
    ir.CreateCondBr(ir.CreateICmpULT(next, ir.getInt64(count)), head, after);
    ir.SetInsertPoint(after);
  }

  template <class Visit> void forEachSum(Visit visit) {
    for (int i = 0; i < s.tiles(); ++i)
      for (int j = 0; j < s.nb; ++j)
        visit(i, j);
  }
  void access(Intrinsic::ID what, int tile, Value *where, int64_t stride) {
    ir.CreateIntrinsic(what, {}, {ir.getInt8(tile), where, ir.getInt64(stride)});
  }

  void computeTile(Value *x, Value *y, Value *k) {
    Value *biasOfTile = at(bias, times(k, Line * s.nb));
    forEachSum([&](int i, int j) { access(Intrinsic::x86_tileloadd64, s.sumsIn(i, j), at(biasOfTile, Line * j), 0); });
    Value *first = at(pixels, ir.CreateAdd(times(x, s.px * s.x), times(y, s.rows * s.y)));
    Value *weightsOfTile = at(weights, times(k, s.weightBytes()));
    if (s.soon && s.tilesOfCall() > 1)
      choose(ir.CreateICmpEQ(ir.CreateOr(x, y), ir.getInt64(0)), [&](bool isFirst) { reduce(first, weightsOfTile, isFirst); });
    else
      reduce(first, weightsOfTile, s.soon != 0);
    forEachSum([&](int i, int j) { access(Intrinsic::x86_tilestored64, s.sumsIn(i, j), at(sums, j * s.sumBlock() + s.sumsOf(i)), Line); });
    finish(x, y, k);
  }

  void choose(Value *condition, const std::function<void(bool)> &body) {
    BasicBlock *branches[2], *after = BasicBlock::Create(ir.getContext(), "after", &function);
    for (BasicBlock *&branch : branches)
      branch = BasicBlock::Create(ir.getContext(), "choice", &function);
    ir.CreateCondBr(condition, branches[1], branches[0]);
    for (bool is : {false, true}) {
      ir.SetInsertPoint(branches[is]);
      body(is);
      ir.CreateBr(after);
    }
    ir.SetInsertPoint(after);
  }

  void reduce(Value *first, Value *weightsOfTile, bool asks) {
    const auto taps = static_cast<int64_t>(s.taps.size());
    loop(s.pairs, {{first, s.pair}, {weightsOfTile, taps * s.stepBytes()}}, [&](Value *, ArrayRef<Value *> at) {
      for (int64_t tap = 0; tap < taps; ++tap)
        step(at[0], at[1], tap, asks);
    });
  }

  // The products of parts, in an order in which each needs one new operand. Small ones come before large ones as far as that allows. What is
  // asked for ahead of time is spread among them: the processor has few buffers for lines on their way.
  void step(Value *x, Value *w, int64_t tap, bool asks) {
    constexpr int order[][2] = {{0, 2}, {0, 1}, {1, 1}, {1, 0}, {2, 0}, {0, 0}};
    std::pair<int, int> held[Registers]; // which tile of pixels or block of weights, and which part of it
    std::fill(std::begin(held), std::end(held), std::pair(-1, -1));
    const auto hold = [&](int where, int what, int part, Value *from, int64_t stride) {
      if (held[where] != std::pair(what, part))
        access(Intrinsic::x86_tileloadd64, where, from, stride);
      held[where] = {what, part};
    };
    const auto part = [&](int64_t q) { return at(w, tap * s.stepBytes() + q * s.partBytes()); };
    const int64_t products = int64_t(std::size(order)) * s.tiles() * s.nb, ofPart = s.stepBytes() / Line, lines = asks ? 3 * ofPart : 0;
    int64_t done = 0, asked = 0;
    for (const auto &[p, q] : order)
      for (int i = 0; i < s.tiles(); ++i) {
        hold(s.pixelsIn(i), i, p, at(x, Word * s.taps[tap] + p * s.part + s.inputOf(i)), s.x);
        for (int j = 0; j < s.nb; ++j) {
          hold(s.weightsIn(j), j, q, at(part(q), j * Tile), Line);
          ir.CreateIntrinsic(Intrinsic::x86_tdpbf16ps, {}, {ir.getInt8(s.sumsIn(i, j)), ir.getInt8(s.pixelsIn(i)), ir.getInt8(s.weightsIn(j))});
          for (++done; asked < lines * done / products; ++asked)
            prefetch(at(part(2 - asked / ofPart), s.soon + asked % ofPart * Line));
        }
      }
  }

  void prefetch(Value *address) {
    constexpr int read = 0, keepInL1 = 3, data = 1;
    ir.CreateIntrinsic(Intrinsic::prefetch, {address->getType()}, {address, ir.getInt32(read), ir.getInt32(keepInL1), ir.getInt32(data)});
  }

  // How far an operand of the epilogue is from its first element, in bytes.
  Value *moved(const char *strides, Value *x, Value *y, Value *k) {
    const auto step = [&](size_t i, int64_t count) { return Word * spec.at(strides, i) * count; };
    return ir.CreateAdd(ir.CreateAdd(times(x, step(0, s.px)), times(y, step(1, s.rows))), times(k, step(2, s.nb)));
  }

  // Halide's function, with the operands of the epilogue at this tile.
  void finish(Value *x, Value *y, Value *k) {
    std::vector<Value *> offsets;
    if (spec.has("res_strides"))
      offsets.push_back(moved("res_strides", x, y, k));
    if (spec.has("preact_strides"))
      offsets.insert(offsets.end(), 2, times(k, Line * s.nb));
    for (const char *strides : {"out_strides", "preact_strides"})
      if (spec.has(strides))
        offsets.push_back(moved(strides, x, y, k));
    std::vector<Value *> arguments = {function.getArg(0), descriptors[0]};
    for (size_t i = 0; i < offsets.size(); ++i) {
      ir.CreateStore(at(hosts[i], offsets[i]), at(descriptors[1 + i], HostOffset));
      arguments.push_back(descriptors[1 + i]);
    }
    ir.CreateCall(&end, arguments);
  }

  // The shapes of all tiles, as the processor reads them: a palette, then bytes in a row from offset 16 on, rows from 48 on.
  Constant *configuration() {
    std::vector<uint8_t> bytes(64, 0);
    bytes[0] = 1;
    const auto shape = [&](int tile, int64_t rows) {
      bytes[16 + 2 * tile] = Line;
      bytes[48 + tile] = static_cast<uint8_t>(rows);
    };
    for (int tile = 0; tile < Registers; ++tile)
      shape(tile, MostRows); // of weights, and those that nothing uses
    for (int i = 0; i < s.tiles(); ++i) {
      shape(s.pixelsIn(i), s.pixelsOf(i));
      for (int j = 0; j < s.nb; ++j)
        shape(s.sumsIn(i, j), s.pixelsOf(i));
    }
    Constant *value = ConstantDataArray::get(module.getContext(), bytes);
    auto *global = new GlobalVariable(module, value->getType(), true, GlobalValue::PrivateLinkage, value, "tiles");
    global->setAlignment(Align(Line));
    return global;
  }

  Module &module;
  const KernelSpec &spec;
  const Sizes s;
  Function &end, &function;
  IRBuilder<> ir;
  Value *sums = nullptr, *pixels = nullptr, *weights = nullptr, *bias = nullptr;
  std::vector<Value *> descriptors, hosts; // of the arguments of `end`, the sums first; of the epilogue's operands
};

} // namespace

void addTileProducts(Module &module, const KernelSpec &spec) {
  if (spec.kind == "split_product")
    Kernel(module, spec).build();
}

} // namespace resnetc
