/* One sentence for each status. */
#include "resnetc_runtime.h"

const char *resnetc_strerror(resnetc_status status) {
  switch (status) {
  case RESNETC_OK:
    return "success";
  case RESNETC_E_ARG:
    return "an argument is null or out of range, or a resnetc_exec has the wrong struct_size";
  case RESNETC_E_ALIGN:
    return "the scratch memory or a tensor is not aligned as the model's header asks";
  case RESNETC_E_BATCH:
    return "the model was not compiled for this batch size";
  case RESNETC_E_CPU:
    return "this CPU lacks instructions that the model was compiled for";
  case RESNETC_E_NOMEM:
    return "out of memory or threads";
  case RESNETC_E_CANCELLED:
    return "the call was cancelled";
  }
  return "unknown resnetc status";
}
