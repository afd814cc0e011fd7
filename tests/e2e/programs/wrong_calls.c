/* Calls that break the contract get the right status, and the next good call works. */
#include "net.h"
#include <stdio.h>
#include <string.h>

static float in[1 << 16], out[1 << 16];
static _Alignas(64) char scratch[1 << 24];

int main(void) {
  int32_t yes = 1;
  resnetc_exec old, cancelled;
  memset(&old, 0, sizeof old);
  memset(&cancelled, 0, sizeof cancelled);
  old.struct_size = 4;
  cancelled.struct_size = sizeof cancelled;
  cancelled.cancel = &yes;
  struct { const char *what; resnetc_status got, want; } calls[] = {
      {"no input", net_run(NULL, out, scratch), RESNETC_E_ARG},
      {"no output", net_run(in, NULL, scratch), RESNETC_E_ARG},
      {"no scratch", net_run(in, out, NULL), RESNETC_E_ARG},
      {"crooked scratch", net_run(in, out, scratch + 4), RESNETC_E_ALIGN},
      {"batch 0", net_run_ex(0, in, out, scratch, NULL), RESNETC_E_BATCH},
      {"batch -1", net_run_ex(-1, in, out, scratch, NULL), RESNETC_E_BATCH},
      {"exec of another size", net_run_ex(1, in, out, scratch, &old), RESNETC_E_ARG},
      {"cancelled", net_run_ex(1, in, out, scratch, &cancelled), RESNETC_E_CANCELLED},
      {"good", net_run(in, out, scratch), RESNETC_OK},
  };
  int wrong = net_scratch_bytes(1) > sizeof scratch;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i)
    if (calls[i].got != calls[i].want) {
      printf("%s: %s, expected %s\n", calls[i].what, resnetc_strerror(calls[i].got), resnetc_strerror(calls[i].want));
      wrong = 1;
    }
  if (!wrong) puts("every wrong call was refused");
  return wrong;
}
