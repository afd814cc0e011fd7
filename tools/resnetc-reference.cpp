// resnetc-reference MODEL.onnx [--input NAME=F.npy]... --save OUT_PREFIX [--shape NAME=1x3x8x8]... [--batch N]
//
// Imports a model and evaluates it in plain float64 loops: what the compiled code is measured against. Writes each
// output, in order, as PREFIX0.npy, PREFIX1.npy, ... in float64. Inputs not given are zero.
#include "compiler/import/Importer.h"
#include "compiler/ir/Reference.h"
#include "compiler/ir/Rn.h"
#include "tools/Npy.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace resnetc;
using llvm::StringRef;
namespace cl = llvm::cl;

static cl::opt<std::string> modelFile(cl::Positional, cl::Required, cl::desc("MODEL.onnx"));
static cl::list<std::string> inputFiles("input", cl::desc("an input: NAME=FILE.npy"));
static cl::list<std::string> shapes("shape", cl::desc("a shape: NAME=1x3x224x224"));
static cl::opt<int64_t> batch("batch", cl::init(1), cl::desc("first dimension of every input"));
static cl::opt<std::string> save("save", cl::Required, cl::desc("prefix of the files to write"));

static int fail(const llvm::Twine &text) {
  llvm::errs() << "resnetc-reference: error: " << text << '\n';
  return 1;
}

// Version 1.0 of numpy's format, whose header is padded to a multiple of 64 bytes.
static llvm::Error writeDoubles(const std::string &path, const Tensor &tensor) {
  std::string shape;
  for (int64_t extent : tensor.shape)
    shape += std::to_string(extent) + ",";
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize((header.size() + 11 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  std::error_code error;
  llvm::raw_fd_ostream out(path, error);
  if (error)
    return llvm::createFileError(path, error);
  char size[2];
  llvm::support::endian::write16le(size, static_cast<uint16_t>(header.size()));
  out << StringRef("\x93NUMPY\1\0", 8) << StringRef(size, 2) << header;
  out.write(reinterpret_cast<const char *>(tensor.data.data()), tensor.data.size() * sizeof(double));
  out.close();
  return out.has_error() ? llvm::createFileError(path, out.error()) : llvm::Error::success();
}

static llvm::Expected<std::vector<Tensor>> readArguments(mlir::func::FuncOp function) {
  std::vector<Tensor> arguments;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto type = llvm::cast<mlir::RankedTensorType>(function.getArgument(i).getType());
    Tensor tensor{Shape(type.getShape()), std::vector<double>(type.getNumElements(), 0.0)};
    const std::string name = function.getArgAttrOfType<mlir::StringAttr>(i, rn::kNameAttr).str();
    for (StringRef given : inputFiles) {
      if (given.rsplit('=').first != name)
        continue;
      auto array = readNpy(given.rsplit('=').second);
      if (!array)
        return array.takeError();
      if (ShapeRef(array->shape) != ShapeRef(tensor.shape))
        return llvm::createStringError(given + " has shape " + toString(array->shape) + ", want " +
                                       toString(tensor.shape));
      tensor.data.assign(array->data.begin(), array->data.end());
    }
    arguments.push_back(std::move(tensor));
  }
  return arguments;
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv, "evaluate an ONNX model in float64\n");
  auto bytes = llvm::MemoryBuffer::getFile(modelFile);
  if (!bytes)
    return fail(modelFile + ": " + bytes.getError().message());
  ImportOptions options;
  if (batch.getNumOccurrences())
    options.batch = batch;
  options.dataDirectory = llvm::sys::path::parent_path(modelFile).str();
  if (options.dataDirectory.empty())
    options.dataDirectory = ".";
  for (StringRef text : shapes) {
    auto [name, extents] = text.rsplit('=');
    llvm::SmallVector<StringRef> parts;
    extents.split(parts, 'x');
    for (StringRef part : parts)
      if (int64_t extent; part.getAsInteger(10, extent))
        return fail("bad shape " + text);
      else
        options.shapes[name.str()].push_back(extent);
  }
  mlir::MLIRContext context;
  Diagnostics diagnostics(llvm::sys::path::filename(modelFile).str());
  auto module = importOnnx(context, (*bytes)->getBuffer(), options, diagnostics);
  llvm::errs() << diagnostics.format();
  if (!module)
    return diagnostics.exitStatus();
  auto function = *module->getOps<mlir::func::FuncOp>().begin();
  auto arguments = readArguments(function);
  if (!arguments)
    return fail(llvm::toString(arguments.takeError()));
  auto results = evaluate(function, std::move(*arguments));
  if (mlir::failed(results))
    return fail("the model cannot be evaluated");
  for (auto [i, tensor] : llvm::enumerate(*results))
    if (llvm::Error error = writeDoubles(save + std::to_string(i) + ".npy", tensor))
      return fail(llvm::toString(std::move(error)));
  return 0;
}
