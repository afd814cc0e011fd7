#include "tools/LoadedModel.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <dlfcn.h>

using namespace llvm;

namespace resnetc {

char ToolError::ID = 0;

void ToolError::log(raw_ostream &os) const {
  if (text.empty())
    return;
  os << file << ": error: [" << code << "] " << text << "\n";
  if (!fix.empty())
    os << "  fix   " << fix << "\n";
}

static Error unreadable(StringRef path, StringRef code, const Twine &text, StringRef fix = "") {
  return make_error<ToolError>(2, path.str(), code.str(), text.str(), fix.str());
}

/// The names of the defined functions *_model among the dynamic symbols.
static Expected<std::vector<std::string>> findModels(StringRef path) {
  auto binary = object::ObjectFile::createObjectFile(path);
  if (!binary) {
    const std::error_code code = errorToErrorCode(binary.takeError());
    if (code.category() == std::generic_category() || code.category() == std::system_category())
      return unreadable(path, "R010", code.message());
    return unreadable(path, "R013", "this is not a shared object");
  }
  auto *elf = dyn_cast<object::ELFObjectFileBase>(binary->getBinary());
  if (!elf)
    return unreadable(path, "R013", "this is not an ELF shared object");
  std::vector<std::string> found;
  for (const object::ELFSymbolRef &symbol : elf->getDynamicSymbolIterators()) {
    Expected<StringRef> name = symbol.getName();
    Expected<uint32_t> flags = symbol.getFlags();
    if (name && flags && name->ends_with("_model") && symbol.getELFType() == ELF::STT_FUNC &&
        !(*flags & object::SymbolRef::SF_Undefined))
      found.push_back(name->str());
    consumeError(name.takeError());
    consumeError(flags.takeError());
  }
  llvm::sort(found); // the order of a hash table until here
  return found;
}

/// The one symbol that is meant.
static Expected<std::string> chooseSymbol(StringRef path, StringRef wanted) {
  Expected<std::vector<std::string>> found = findModels(path);
  if (!found)
    return found.takeError();
  std::string list;
  for (const std::string &name : *found) {
    if (name == wanted || name == (wanted + "_model").str())
      return name;
    list += (list.empty() ? "" : ", ") + name;
  }
  if (found->empty())
    return unreadable(path, "R013", "no function of this object is called *_model",
                      "make the object with: resnetc MODEL.onnx -o MODEL.so");
  if (!wanted.empty())
    return make_error<ToolError>(1, path.str(), "U021", ("there is no model '" + wanted + "' in this object").str(),
                                 "it has: " + list);
  if (found->size() > 1)
    return make_error<ToolError>(1, path.str(), "U022", "this object has several models",
                                 "choose one with --symbol: " + list);
  return found->front();
}

Expected<const resnetc_model *> loadModel(StringRef path, StringRef wanted) {
  Expected<std::string> symbol = chooseSymbol(path, wanted);
  if (!symbol)
    return symbol.takeError();
  SmallString<256> absolute(path); // dlopen looks a bare file name up elsewhere
  sys::fs::make_absolute(absolute);
  void *handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return unreadable(path, "R010", "it cannot be loaded: " + Twine(dlerror()));
  auto describe = reinterpret_cast<const resnetc_model *(*)()>(dlsym(handle, symbol->c_str()));
  const resnetc_model *model = describe ? describe() : nullptr;
  if (!model || model->abi != RESNETC_ABI || model->struct_size < sizeof(resnetc_model))
    return unreadable(path, "R014", *symbol + " does not describe a model of runtime ABI " + Twine(RESNETC_ABI),
                      "compile the model again with the resnetc of this version");
  return model;
}

Expected<const resnetc_model *> compileAndLoad(StringRef onnx, StringRef compiler, bool verify) {
  if (!sys::fs::can_execute(compiler))
    return make_error<ToolError>(1, onnx.str(), "U023", "there is no compiler at " + compiler.str(),
                                 "install resnetc beside resnetc-run, or compile the model to a .so first");
  SmallString<128> folder, object;
  if (std::error_code code = sys::fs::createUniqueDirectory("resnetc-run", folder))
    return make_error<ToolError>(5, onnx.str(), "O011", "cannot make a temporary folder: " + code.message());
  scope_exit cleanUp([&] { sys::fs::remove_directories(folder); });
  object = folder;
  sys::path::append(object, "model.so");
  std::string problem;
  std::vector<StringRef> arguments{compiler};
  if (verify)
    arguments.insert(arguments.end(), {"--progress=none", "--verify"}); // its remark is what was asked for
  else
    arguments.push_back("-q");
  arguments.insert(arguments.end(), {"--name=model", onnx, "-o", object});
  const int code = sys::ExecuteAndWait(compiler, arguments, /*Env=*/std::nullopt, /*Redirects=*/{}, /*SecondsToWait=*/0,
                                       /*MemoryLimit=*/0, &problem);
  if (code < 0)
    return make_error<ToolError>(70, onnx.str(), "I001", "the compiler did not end well: " + problem);
  if (code != 0)
    return make_error<ToolError>(code);
  return loadModel(object, "");
}

} // namespace resnetc
