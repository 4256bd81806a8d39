#pragma once

// For inner loops: compiled for several processors, of which the best one is chosen when the program starts.
#if defined(__x86_64__)
#define NOEMA_VECTORIZED __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define NOEMA_VECTORIZED
#endif

#if defined(__clang__)
#pragma clang fp reassociate(on)  // sums may be split over the lanes of a register
#endif
