#include "compiler/driver/Report.h"
#include "compiler/driver/ReportParts.h"

namespace resnetc {

std::string reportText(const Compiled &compiled, const Machine &machine, const Options &options) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "resnetc " RESNETC_VERSION ": " << options.modelFile << " as " << options.name << "\n"
     << "target " << machine.triple << " " << machine.level << ", " << options.flags << "\n";
  reportFolds(os, compiled);
  reportLayers(os, compiled.plan);
  reportMemory(os, compiled.plan, compiled.object);
  return text;
}

} // namespace resnetc
