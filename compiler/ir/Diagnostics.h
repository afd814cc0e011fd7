// Messages for the user: collected, never printed by the library. The codes and exit statuses are a contract with scripts.
//   resnet.onnx: error: [R031] operator 'Resize' is not supported
//     node  /neck/Resize (graph node 118 of 122)
//     fix   cut the model before it
#pragma once
#include <string>
#include <vector>

namespace resnetc {

enum class Severity { Error, Warning, Remark };

struct Diagnostic {
  Severity severity = Severity::Error;
  std::string code;  // "R031"
  std::string text;  // what was found and what was wanted
  std::string node = {}, note = {}, fix = {};
};

// A name of the model for a message: a long one is cut. quote() also puts it in quotes.
std::string shorten(const std::string &name);
std::string quote(const std::string &name);

class Diagnostics {
public:
  explicit Diagnostics(std::string file) : file(std::move(file)) {}
  void add(Diagnostic d) { list.push_back(std::move(d)); }
  void error(std::string code, std::string text, std::string node = {}, std::string note = {}, std::string fix = {}) {
    add({Severity::Error, std::move(code), std::move(text), std::move(node), std::move(note), std::move(fix)});
  }
  bool hasErrors() const;
  // 0 without errors, else the exit status of the first error's code: 1 U, 2 R (file), 3 R014 and R03x, 4 V, 5 R06x and O, 70 I.
  int exitStatus() const;
  // All messages in order, and a count after more than one error; of very many only the first. Control bytes and what
  // is no UTF-8 are escaped.
  std::string format() const;
  const std::vector<Diagnostic> &all() const { return list; }

private:
  std::string file;
  std::vector<Diagnostic> list;
};

} // namespace resnetc
