// Files of weights beside a model. The names come from an untrusted file: this is the only place that opens them, and
// only regular files beneath the given directory, reached without a link.
//
// With one exception: in Hugging Face's cache the model and its data are links into one folder of blobs. A link into
// the folder of the file that the model's own path leads to is followed.
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
  ExternalData(std::string directory, std::string linkedDirectory, Diagnostics &diagnostics)
      : directory(std::move(directory)), linkedDirectory(std::move(linkedDirectory)), diagnostics(diagnostics) {}
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
  int openLinked(const std::string &location) const;

  std::string directory, linkedDirectory;
  Diagnostics &diagnostics;
  std::map<std::string, File> files;
  int root = -1;
};

} // namespace resnetc
