// What the floating-point units of this core can do at best: the yardstick of "% of peak".
#pragma once
#include <string>

namespace resnetc {

// CPU time of the calling thread in milliseconds: others may use the machine.
double threadMs();

// GFLOP/s of one core with the vectors of a level (Machine::level): independent multiply-adds that wait for nothing but
// their units, for about half a millisecond. 0 if the level is not one of this architecture.
double measurePeakGflops(const std::string &level);

}  // namespace resnetc
