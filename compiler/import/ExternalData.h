// Files of weights beside a model. The names come from an untrusted file: this is the only place that opens them, and
// only regular files beneath the given directory, reached without a link.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace onnx {
class TensorProto;
}

namespace resnetc {

class ExternalData {
public:
  ExternalData(std::string directory, Diagnostics &diagnostics)
      : directory(std::move(directory)), diagnostics(diagnostics) {}
  ~ExternalData();
  ExternalData(const ExternalData &) = delete;
  ExternalData &operator=(const ExternalData &) = delete;

  // The bytes of a tensor that needs `size` of them; nothing after an error (which may come with reportMissing).
  std::optional<std::string> read(const onnx::TensorProto &tensor, int64_t size, const std::string &node);
  // One message per file that could not be opened, with the number of tensors that wanted it.
  void reportUnopened();
  std::vector<std::string> filesRead() const; // below the directory, sorted

private:
  struct File {
    int descriptor = -1;
    int64_t size = 0;
    std::string code, text, fix, firstTensor; // why it is not open
    int64_t tensors = 0;
  };
  File &open(const std::string &location);

  std::string directory;
  Diagnostics &diagnostics;
  std::map<std::string, File> files;
  int root = -1;
};

} // namespace resnetc
