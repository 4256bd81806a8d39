#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace noema {

/// Calls work(first, last) for stretches of [begin, end) of at least `grain` numbers each, on the threads that the
/// library computes on; within another such call, and where that is shorter than two grains, on the calling thread
/// alone. An exception goes on to the caller when all stretches have ended.
///
/// This is at::parallel_for, which is a template and runs on threads only where it is compiled with OpenMP. clang would
/// bring a runtime of its own, whose threads and the library's would wait for each other's processors.
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  c10::function_ref<void(std::int64_t, std::int64_t)> work);

}  // namespace noema
