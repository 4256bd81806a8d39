#pragma once

#include <string>

namespace noema {

/// What this machine can do at best, measured now: what a workload's figures are held against.
struct Machine {
  std::string processor;         ///< its name
  int threads = 1;               ///< that were used
  double bandwidth_gb_s = 0.0;   ///< of memory, read by a matrix times a vector
  double compute_gflop_s = 0.0;  ///< fp32 matrix products
};

/// Measures with the number of threads that libtorch has now; takes about half a second.
Machine measure_machine();

}  // namespace noema
