#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace noema {

/// Waits until somebody listens at an address, for so long. Returns the address of this machine, as a number, on the
/// way there: where the others reach it. Throws Error for a name that does not resolve, and when the time is over.
std::string reach(const std::string& address, std::uint16_t port, std::chrono::seconds patience);

}  // namespace noema
