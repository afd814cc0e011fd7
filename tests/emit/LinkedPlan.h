// Plans in text form, one for each batch, emitted for this machine, linked with the runtime and loaded into the test.
#pragma once
#include "compiler/emit/Emit.h"
#include "runtime/resnetc_runtime.h"
#include <string>

class LinkedPlan {
public:
  // Kernels in the text have readable names; they are replaced by those of their specs.
  explicit LinkedPlan(llvm::ArrayRef<const char *> texts, unsigned jobs = 1, bool flushDenormals = true);
  ~LinkedPlan();
  LinkedPlan(const LinkedPlan &) = delete;

  template <class Type> Type *function(const char *name) const { return reinterpret_cast<Type *>(symbol(name)); }

  resnetc::Emitted emitted;

private:
  void *symbol(const char *name) const;
  void *library = nullptr;
};
